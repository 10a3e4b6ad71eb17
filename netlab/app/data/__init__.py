"""Data in the window: choosing it, looking at it, importing a file. May import what the app may.

Nothing here reads a file: `looker` asks a process of its own, so that the window never waits. What is shown of data
is a page in `pages`, one file each.
"""
