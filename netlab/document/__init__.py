"""The document: what a person edits, as one frozen value, and the ways to change, compare and keep it.

May import `netlab.options` and `netlab.catalogue`, msgspec and sqlite3. Knows no layer: a project with an
unknown layer still opens and is saved unharmed.
"""
