"""Conv3d: the same small filter looks at every place of a volume or film."""

from netlab.layers._convolution import Convolution
from netlab.layers.layer import Case, Input, Output
from netlab.options import Bool, Int, Size


class Conv3d(Convolution):
    """Convolution of volumes with learned filters: y[o] = b[o] + Σᵢ w[o, i] ⋆ x[i].

    Shapes: x (B, C, D, H, W) → y (B, out_channels, D′, H′, W′) with
    D′ = ⌊(D + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and likewise H′ and W′.
    For films, where D is time, and for scans of bodies and materials.
    """

    category = "Convolution"
    aliases = ("convolution", "volume", "video", "film", "scan", "voxel", "medical")
    paper = "Tran et al. 2015, https://arxiv.org/abs/1412.0767"
    torch_name = "torch.nn.Conv3d"
    dims = 3
    x = Input("Volumes: B × C × D × H × W.")
    y = Output("Feature maps: B × out_channels × D′ × H′ × W′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many filters, and so feature maps.")
    kernel_size = Size((3, 3, 3), min=1, max=1024, unit="voxels", help="Depth, height and width of a filter.")
    stride = Size((1, 1, 1), min=1, max=1024, unit="voxels", help="How far the filter moves at a time.")
    padding = Size((0, 0, 0), min=0, max=1024, unit="voxels", help="Zeros added on each side.")
    bias = Bool(True, help="Add a learned offset to every feature map.")
    dilation = Size((1, 1, 1), min=1, max=1024, unit="voxels", help="Distance between the points that a filter reads.")
    groups = Int(
        1, min=1, max=65536, help="Groups of channels that do not see each other; divides in and out channels."
    )

    cases = [
        Case(x="B C=3 D=8 H=8 W=8", y="B C=16 D=6 H=6 W=6"),
        Case(
            x="B C=4 D=8 H=9 W=6",
            out_channels=6,
            kernel_size=[1, 3, 3],
            stride=[1, 2, 1],
            padding=[0, 1, 2],
            dilation=[1, 1, 2],
            groups=2,
            bias=False,
            y="B C=6 D=8 H=5 W=6",
        ),
        Case(x="B C=3 D=2 H=8 W=8", error="more padding"),
        Case(x="B C=3 D=8 H=8 W=8", out_channels=4, groups=3, error="Set groups to 1 or out_channels to 6"),
        Case(x="B C=3 H=8 W=8", error="wants a volume"),
        Case(x="B C=3 T H=8 W=8", error="has to be known"),
    ]
