"""One file a page of the preview of data; may import what the app may."""
