"""GlobalMaxPool: the largest value of every channel."""

from netlab.layers._pooling import GlobalPool
from netlab.layers.layer import Case, Input, Output


class GlobalMaxPool(GlobalPool):
    """Largest value of each channel over all its places: y[c] = max x[c, …].

    Shapes: x (B, C, …) → y (B, C) for one to three axes after C, of any size.
    Says whether a feature is anywhere, not where.
    """

    label = "Global max pool"
    category = "Pooling"
    aliases = ("pooling", "global max pooling", "max over time", "head of a cnn")
    torch_name = "torch.amax"
    method = "amax"
    x = Input("Feature maps: B × C and one to three more axes.")
    y = Output("One number a channel: B × C.")

    cases = [
        Case(x="B C=6 H=7 W=8", y="B C=6"),
        Case(x="B C=6 T", y="B C=6"),
        Case(x="B C=6 D=3 H=4 W=5", y="B C=6"),
        Case(x="B 784", error="one to three more axes"),
        Case(x="B T 8", error="Select over time"),
    ]
