"""The engine: one process, one job. May import torch, nn, and every room below; never Qt.

Read `train` first: it is the loop, from top to bottom.
"""
