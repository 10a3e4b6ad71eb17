"""The window. May import PySide6, pyqtgraph, numpy and every room below but engine and nn: torch never comes in here.

`session` holds what is open, `window` puts the panels together, `canvas` is where people live.
"""
