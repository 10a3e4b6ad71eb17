"""Probes: what can be looked at while a model learns. One file each, found by `netlab.catalogue`.

May import protocol and options. Tensors come as arrays; a probe needs neither torch nor numpy of its own.
"""
