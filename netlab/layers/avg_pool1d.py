"""AvgPool1d: the mean of every short stretch."""

from netlab.layers._pooling import Pool
from netlab.layers.layer import Case, Input, Output
from netlab.options import Int


class AvgPool1d(Pool):
    """Mean of each window, so that a signal gets shorter and smoother: y[l] = mean x[window of l].

    Shapes: x (B, C, L) → y (B, C, ⌊(L + 2·padding − kernel) / stride⌋ + 1).
    The channels are the middle axis here. A sequence (B, T, d) has them last: Transpose swaps them.
    """

    category = "Pooling"
    aliases = ("pooling", "average pool", "moving average", "smooth", "downsample", "signal")
    torch_name = "torch.nn.AvgPool1d"
    function = "avg_pool1d"
    dims = 1
    x = Input("Signals: B × C × L. Of a sequence B × T × d, Transpose makes B × d × T.")
    y = Output("Shorter signals.")
    kernel_size = Int(2, min=1, max=65536, unit="steps", help="Length of a window.")
    stride = Int(2, min=1, max=65536, unit="steps", help="How far the window moves at a time.")
    padding = Int(0, min=0, max=32768, unit="steps", help="Zeros added at each end, counted in the mean.")

    cases = [
        Case(x="B C=3 L=20", y="B C=3 L=10"),
        Case(x="B C=3 L=20", kernel_size=5, stride=3, padding=2, y="B C=3 L=7"),
        Case(x="B C=3 T", kernel_size=3, stride=1, padding=1, y="B C=3 T"),
        Case(x="B C=3 T", kernel_size=3, stride=1, error="has to keep it"),
        Case(x="B C=3 L=1", error="smaller kernel_size"),
        Case(x="B C=3 L=20", padding=2, error="Set padding to 1"),
        Case(x="B 8", error="wants a signal"),
    ]
