"""ConvTranspose3d: every voxel paints a learned filter into a larger volume."""

from netlab.layers._convolution import TransposedConvolution
from netlab.layers.layer import Case, Input, Output
from netlab.options import Bool, Int, Size


class ConvTranspose3d(TransposedConvolution):
    """Transposed convolution of volumes: y[o] = b[o] + Σᵢ Σₚ x[i, p] · w[i, o] placed at stride·p − padding.

    Shapes: x (B, C, D, H, W) → y (B, out_channels, D′, H′, W′) with
    D′ = (D − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1, and likewise H′ and W′.
    For decoders of volumes and films.
    """

    category = "Convolution"
    aliases = ("deconvolution", "upsampling", "transposed convolution", "decoder", "volume", "video")
    paper = "Zeiler et al. 2010, https://doi.org/10.1109/CVPR.2010.5539957"
    torch_name = "torch.nn.ConvTranspose3d"
    dims = 3
    x = Input("Volumes: B × C × D × H × W.")
    y = Output("Larger volumes: B × out_channels × D′ × H′ × W′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many channels it makes.")
    kernel_size = Size((2, 2, 2), min=1, max=1024, unit="voxels", help="Depth, height and width of a filter.")
    stride = Size((2, 2, 2), min=1, max=1024, unit="voxels", help="How far apart the filters are placed.")
    padding = Size((0, 0, 0), min=0, max=1024, unit="voxels", help="How much is cut off on each side.")
    output_padding = Size(
        (0, 0, 0), min=0, max=1024, unit="voxels", help="Voxels added at one side; less than stride or dilation."
    )
    bias = Bool(True, help="Add a learned offset to every channel.")
    dilation = Size((1, 1, 1), min=1, max=1024, unit="voxels", help="Distance between the points of a filter.")
    groups = Int(
        1, min=1, max=65536, help="Groups of channels that do not see each other; divides in and out channels."
    )

    cases = [
        Case(x="B C=3 D=4 H=8 W=8", y="B C=16 D=8 H=16 W=16"),
        Case(
            x="B C=4 D=3 H=4 W=5",
            out_channels=6,
            kernel_size=[1, 3, 3],
            stride=[1, 2, 2],
            padding=[0, 1, 0],
            output_padding=[0, 1, 1],
            dilation=[1, 1, 2],
            groups=2,
            bias=False,
            y="B C=6 D=3 H=8 W=14",
        ),
        Case(x="B C=3 D=4 H=8 W=8", output_padding=[2, 0, 1], error="Set output_padding to 1 × 0 × 1"),
        Case(x="B C=3 D=1 H=8 W=8", padding=[1, 1, 1], error="cuts everything off along D"),
        Case(x="B C=3 H=8 W=8", error="wants a volume"),
    ]
