"""Data: sets to train on, tokenizers and tasks. May import options and catalogue, numpy, polars, Pillow, tokenizers.

One file a source in `sources`; scikit-learn is imported only when a set of its is loaded.
"""
