"""Layers: one file each, found by `netlab.catalogue`. May import `netlab.options` and `netlab.catalogue` only.

`layer` says what a layer declares, `shape` has the named axes. Neither torch nor the document is known here.
"""
