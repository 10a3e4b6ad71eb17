"""MaxPool2d: keep the largest value of every small window."""

from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import compact, need_image
from netlab.options import Size


class MaxPool2d(Layer):
    """Largest value of each window, so that an image shrinks and small shifts matter less.

    Shapes: x (B, C, H, W) → y (B, C, ⌊(H − kernel) / stride⌋ + 1, …).
    """

    category = "Convolution"
    aliases = ("pooling", "max pool", "downsample")
    torch_name = "torch.nn.MaxPool2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("Smaller feature maps.")
    kernel_size = Size((2, 2), min=1, max=1024, unit="pixels", help="Height and width of a window.")
    stride = Size((2, 2), min=1, max=1024, unit="pixels", help="How far the window moves at a time.")

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "MaxPool2d")
        fitting = [min(kernel, x.size(i)) for i, kernel in zip((2, 3), self.kernel_size, strict=True)]
        if fitting != list(self.kernel_size):
            message = (
                f"The window is {self.kernel_size[0]} × {self.kernel_size[1]} pixels but the image only "
                f"{x.size(2)} × {x.size(3)}. Use a smaller kernel_size, or pool less often before."
            )
            label = f"Set kernel_size to {fitting[0]} × {fitting[1]}"
            fix = Fix(label, "set_option", {"name": "kernel_size", "value": fitting})
            raise ShapeError(message, port="x", fixes=(fix,))
        for i in (0, 1):
            x = x.replace(2 + i, (x.size(2 + i) - self.kernel_size[i]) // self.stride[i] + 1)
        return x

    def code(self, x: Shape) -> Code:
        more = "" if self.stride == self.kernel_size else f", stride={compact(self.stride)}"
        return Code(forward=f"F.max_pool2d({{x}}, {compact(self.kernel_size)}{more})")

    cases = [
        Case(x="B C=6 H=28 W=28", y="B C=6 H=14 W=14"),
        Case(x="B C=6 H=15 W=7", kernel_size=[3, 3], y="B C=6 H=7 W=3"),
        Case(x="B C=6 H=1 W=7", error="smaller kernel_size"),
    ]
