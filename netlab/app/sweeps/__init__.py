"""Sweeps in the window: what to vary, how the trials go, and which was best."""
