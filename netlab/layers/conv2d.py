"""Conv2d: the same small filter looks at every place of an image."""

from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import compact, need_image
from netlab.options import Bool, Int, Size


class Conv2d(Layer):
    """Convolution of images with learned filters: y[o] = b[o] + Σᵢ w[o, i] ⋆ x[i].

    Shapes: x (B, C, H, W) → y (B, out_channels, H′, W′) with H′ = ⌊(H + 2·padding − kernel) / stride⌋ + 1.
    Paper: LeCun et al. 1989, "Backpropagation Applied to Handwritten Zip Code Recognition".
    """

    category = "Convolution"
    aliases = ("convolution", "filter", "cnn")
    paper = "LeCun et al. 1989, https://doi.org/10.1162/neco.1989.1.4.541"
    torch_name = "torch.nn.Conv2d"
    x = Input("Images: B × C × H × W.")
    y = Output("Feature maps: B × out_channels × H′ × W′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many filters, and so feature maps.")
    kernel_size = Size((3, 3), min=1, max=1024, unit="pixels", help="Height and width of a filter.")
    stride = Size((1, 1), min=1, max=1024, unit="pixels", help="How far the filter moves at a time.")
    padding = Size((0, 0), min=0, max=1024, unit="pixels", help="Zeros added on each side.")
    bias = Bool(True, help="Add a learned offset to every feature map.")

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "Conv2d")
        for name, index, padding, kernel in zip("HW", (2, 3), self.padding, self.kernel_size, strict=True):
            if x.size(index) + 2 * padding < kernel:
                needed = tuple((k - 1) // 2 for k in self.kernel_size)
                message = (
                    f"The filter is {kernel} pixels along {name} but the padded image only "
                    f"{x.size(index) + 2 * padding}. Use a smaller kernel_size or more padding."
                )
                padded = {"name": "padding", "value": [*needed]}
                fix = Fix(f"Set padding to {needed[0]} × {needed[1]}", "set_option", padded)
                smaller = [min(k, x.size(i)) for k, i in zip(self.kernel_size, (2, 3), strict=True)]
                shrunk = {"name": "kernel_size", "value": smaller}
                shrink = Fix(f"Set kernel_size to {smaller[0]} × {smaller[1]}", "set_option", shrunk)
                fits = all(x.size(i) + 2 * p >= k for i, p, k in zip((2, 3), needed, self.kernel_size, strict=True))
                raise ShapeError(message, port="x", fixes=(fix, shrink) if fits else (shrink,))
        return x.replace(1, self.out_channels, "C").replace(2, self.slid(x, 0), "H").replace(3, self.slid(x, 1), "W")

    def slid(self, x: Shape, axis: int) -> int:
        """Size along H (0) or W (1) after the filter has slid over it."""
        return (x.size(2 + axis) + 2 * self.padding[axis] - self.kernel_size[axis]) // self.stride[axis] + 1

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        bias = {"bias": (self.out_channels,)} if self.bias else {}
        return {"weight": (self.out_channels, x.size(1), *self.kernel_size), **bias}

    def code(self, x: Shape) -> Code:
        arguments = [f"{x.size(1)}, {self.out_channels}, kernel_size={compact(self.kernel_size)}"]
        arguments += [f"stride={compact(self.stride)}"] if self.stride != (1, 1) else []
        arguments += [f"padding={compact(self.padding)}"] if self.padding != (0, 0) else []
        arguments += [] if self.bias else ["bias=False"]
        return Code(init=f"nn.Conv2d({', '.join(arguments)})")

    cases = [
        Case(x="B C=1 H=28 W=28", out_channels=6, kernel_size=[5, 5], padding=[2, 2], y="B C=6 H=28 W=28"),
        Case(x="B C=3 H=32 W=16", out_channels=8, stride=[2, 2], bias=False, y="B C=8 H=15 W=7"),
        Case(x="B C=3 H=4 W=4", kernel_size=[5, 5], error="padding"),
        Case(x="B 784", error="axes"),
    ]
