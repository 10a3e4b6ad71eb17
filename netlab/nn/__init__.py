"""Torch modules that generated code imports. May import torch only; one file a family, so that it can be inlined."""
