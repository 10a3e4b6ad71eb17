"""Training as seen from the window: starting jobs, following runs, drawing curves."""
