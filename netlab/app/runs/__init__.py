"""The panel of runs: a list to search, curves on the same axes, and what differs."""
