"""GlobalAvgPool: one mean for every channel."""

from netlab.layers._pooling import GlobalPool
from netlab.layers.layer import Case, Input, Output


class GlobalAvgPool(GlobalPool):
    """Mean of each channel over all its places: y[c] = mean x[c, …].

    Shapes: x (B, C, …) → y (B, C) for one to three axes after C, of any size.
    Takes the place of Flatten and large Linear layers at the end of a convolutional model.
    """

    label = "Global average pool"
    category = "Pooling"
    needs = "nothing"
    aliases = ("gap", "pooling", "global average pooling", "mean pool", "head of a cnn")
    paper = "Lin et al. 2013, https://arxiv.org/abs/1312.4400"
    torch_name = "torch.mean"
    method = "mean"
    x = Input("Feature maps: B × C and one to three more axes.")
    y = Output("One number a channel: B × C.")

    cases = [
        Case(x="B C=6 H=7 W=8", y="B C=6"),
        Case(x="B C=6 T", y="B C=6"),
        Case(x="B C=6 D=3 H=4 W=5", y="B C=6"),
        Case(x="B 784", error="one to three more axes"),
        Case(x="B T 8", error="Select over time"),
    ]
