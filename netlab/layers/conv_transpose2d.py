"""ConvTranspose2d: every pixel paints a learned filter onto a larger image."""

from netlab.layers._convolution import TransposedConvolution
from netlab.layers.layer import Case, Input, Output
from netlab.options import Bool, Int, Size


class ConvTranspose2d(TransposedConvolution):
    """Transposed convolution of images: y[o] = b[o] + Σᵢ Σₚ x[i, p] · w[i, o] placed at stride·p − padding.

    Shapes: x (B, C, H, W) → y (B, out_channels, H′, W′) with
    H′ = (H − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1, and likewise W′.
    For decoders and generators. A kernel_size that stride divides avoids a chequered pattern.
    """

    category = "Convolution"
    aliases = ("deconvolution", "upsampling", "transposed convolution", "decoder", "generator", "segmentation")
    paper = "Zeiler et al. 2010, https://doi.org/10.1109/CVPR.2010.5539957"
    torch_name = "torch.nn.ConvTranspose2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("Larger feature maps: B × out_channels × H′ × W′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many feature maps it makes.")
    kernel_size = Size((2, 2), min=1, max=1024, unit="pixels", help="Height and width of a filter.")
    stride = Size((2, 2), min=1, max=1024, unit="pixels", help="How far apart the filters are placed.")
    padding = Size((0, 0), min=0, max=1024, unit="pixels", help="How much is cut off on each side.")
    output_padding = Size(
        (0, 0), min=0, max=1024, unit="pixels", help="Rows and columns added at one side; less than stride or dilation."
    )
    bias = Bool(True, help="Add a learned offset to every feature map.")
    dilation = Size((1, 1), min=1, max=1024, unit="pixels", help="Distance between the points of a filter.")
    groups = Int(
        1, min=1, max=65536, help="Groups of channels that do not see each other; divides in and out channels."
    )

    cases = [
        Case(x="B C=3 H=8 W=8", y="B C=16 H=16 W=16"),
        Case(
            x="B C=4 H=7 W=5",
            out_channels=6,
            kernel_size=[3, 4],
            stride=[2, 3],
            padding=[1, 0],
            output_padding=[1, 2],
            dilation=[1, 2],
            groups=2,
            bias=False,
            y="B C=6 H=14 W=21",
        ),
        Case(x="B C=3 H=8 W=8", output_padding=[2, 0], error="Set output_padding to 1 × 0"),
        Case(x="B C=3 H=1 W=8", padding=[1, 1], error="cuts everything off along H"),
        Case(x="B C=3 H=8 W=8", groups=3, error="Set groups to 1 or out_channels to 18"),
        Case(x="B 784", error="axes"),
    ]
