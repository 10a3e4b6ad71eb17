"""Layers: one file each, found by `netlab.catalogue`. May import options, catalogue and language only.

`layer` says what a layer declares, `shape` has the named axes. Neither torch nor the document is known here.
"""
