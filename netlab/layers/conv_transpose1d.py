"""ConvTranspose1d: every value of a signal paints a learned filter onto a longer signal."""

from netlab.layers._convolution import TransposedConvolution
from netlab.layers.layer import Case, Input, Output
from netlab.options import Bool, Int


class ConvTranspose1d(TransposedConvolution):
    """Transposed convolution of signals: y[o] = b[o] + Σᵢ Σₗ x[i, l] · w[i, o] placed at stride·l − padding.

    Shapes: x (B, C, L) → y (B, out_channels, L′) with
    L′ = (L − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1.
    The channels are the middle axis here. A sequence (B, T, d) has them last: Transpose swaps them.
    """

    category = "Convolution"
    aliases = ("deconvolution", "upsampling", "transposed convolution", "decoder", "audio synthesis")
    paper = "Zeiler et al. 2010, https://doi.org/10.1109/CVPR.2010.5539957"
    torch_name = "torch.nn.ConvTranspose1d"
    dims = 1
    x = Input("Signals: B × C × L. Of a sequence B × T × d, Transpose makes B × d × T.")
    y = Output("Longer signals: B × out_channels × L′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many channels it makes.")
    kernel_size = Int(2, min=1, max=65536, unit="steps", help="Length of a filter.")
    stride = Int(2, min=1, max=65536, unit="steps", help="How far apart the filters are placed.")
    padding = Int(0, min=0, max=65536, unit="steps", help="How much is cut off at each end.")
    output_padding = Int(
        0, min=0, max=65536, unit="steps", help="Steps added at the end; less than stride or dilation."
    )
    bias = Bool(True, help="Add a learned offset to every channel.")
    dilation = Int(1, min=1, max=65536, unit="steps", help="Distance between the points of a filter.")
    groups = Int(
        1, min=1, max=65536, help="Groups of channels that do not see each other; divides in and out channels."
    )

    cases = [
        Case(x="B C=3 L=20", y="B C=16 L=40"),
        Case(
            x="B C=4 L=10",
            out_channels=6,
            kernel_size=3,
            stride=3,
            padding=2,
            output_padding=1,
            dilation=2,
            groups=2,
            bias=False,
            y="B C=6 L=29",
        ),
        Case(x="B C=4 T", kernel_size=3, stride=1, padding=1, y="B C=16 T"),
        Case(x="B C=4 T", error="has to keep it"),
        Case(x="B C=4 T", kernel_size=3, stride=1, error="has to keep it"),
        Case(x="B C=3 L=20", output_padding=2, error="Set output_padding to 1"),
        Case(x="B C=3 L=2", padding=2, error="Set padding to 1"),
        Case(x="B C=3 L=20", groups=2, error="Set groups to 1"),
        Case(x="B T 8", error="Transpose"),
    ]
