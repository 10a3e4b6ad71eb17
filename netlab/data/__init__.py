"""Data: sets to train on, tokenizers and tasks.

May import options and catalogue, and msgspec, numpy, polars, Pillow, tokenizers. One file a source in `sources`;
scikit-learn is imported only when a set of its is loaded.

How a file of the user's becomes data: `look.guess` finds the source for a path, `look.look` reads the whole file
once and writes what it found (`seen`: columns, classes, sizes, a content hash) into the source's options, which the
project saves. From then on `Source.fields` answers from those facts alone, so that a project opens without its
data; only `Source.load` opens the file again. What is wrong with single rows is in `Dataset.findings`.
"""
