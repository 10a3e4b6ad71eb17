"""One file a kind of dropped file; may import what the app may."""
