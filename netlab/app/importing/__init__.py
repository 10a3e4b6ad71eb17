"""Models and weights that come in by the window; may import what the app may."""
