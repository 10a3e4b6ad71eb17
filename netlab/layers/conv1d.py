"""Conv1d: the same small filter looks at every place of a signal."""

from netlab.layers._convolution import Convolution
from netlab.layers.layer import Case, Input, Output
from netlab.options import Bool, Int


class Conv1d(Convolution):
    """Convolution of signals with learned filters: y[o] = b[o] + Σᵢ w[o, i] ⋆ x[i].

    Shapes: x (B, C, L) → y (B, out_channels, L′) with
    L′ = ⌊(L + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    The channels are the middle axis here. A sequence (B, T, d) has them last: Transpose before and after it swaps
    them, or use CausalConv1d. An open L stays open with stride 1 and padding that keeps the length.
    """

    category = "Convolution"
    aliases = ("convolution", "filter", "signal", "audio", "time series", "temporal", "tdnn")
    paper = "Waibel et al. 1989, https://doi.org/10.1109/29.21701"
    torch_name = "torch.nn.Conv1d"
    dims = 1
    x = Input("Signals: B × C × L. Of a sequence B × T × d, Transpose makes B × d × T.")
    y = Output("Feature maps: B × out_channels × L′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many filters, and so feature maps.")
    kernel_size = Int(3, min=1, max=65536, unit="steps", help="Length of a filter.")
    stride = Int(1, min=1, max=65536, unit="steps", help="How far the filter moves at a time.")
    padding = Int(0, min=0, max=65536, unit="steps", help="Zeros added at each end.")
    bias = Bool(True, help="Add a learned offset to every feature map.")
    dilation = Int(1, min=1, max=65536, unit="steps", help="Distance between the points that a filter reads.")
    groups = Int(
        1, min=1, max=65536, help="Groups of channels that do not see each other; divides in and out channels."
    )

    cases = [
        Case(x="B C=3 L=20", y="B C=16 L=18"),
        Case(
            x="B C=4 L=20",
            out_channels=6,
            kernel_size=5,
            stride=2,
            padding=3,
            dilation=2,
            groups=2,
            bias=False,
            y="B C=6 L=9",
        ),
        Case(x="B C=8 T", padding=1, y="B C=16 T"),
        Case(x="B C=8 T", dilation=2, padding=2, y="B C=16 T"),
        Case(x="B C=8 T", error="has to keep it"),
        Case(x="B C=8 T", padding=1, stride=2, error="has to keep it"),
        Case(x="B C=3 L=2", error="more padding"),
        Case(x="B C=3 L=2", kernel_size=9, dilation=3, error="more padding"),
        Case(x="B C=6 L=20", groups=4, error="Set groups to 2"),
        Case(x="B T 8", error="Transpose"),
        Case(x="B 8", error="wants a signal"),
        Case(x="int B C=3 L=20", error="Embedding"),
    ]
