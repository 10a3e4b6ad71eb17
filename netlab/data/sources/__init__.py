"""One file a kind of data, found by `netlab.catalogue`."""
