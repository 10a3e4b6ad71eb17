"""Parameter: a learned tensor of its own."""

from netlab.layers._tensors import arguments, made
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Choice, Float, Ints


class Parameter(Layer):
    """A learned tensor that depends on no input: y = W. Add it, multiply by it, or join it to a sequence.

    Shapes: like (B, …) → y (B, *sizes), the same for every sample; with nothing wired to like, y (*sizes). Use it for
    class tokens, for positions, for scales, or for the queries of a pooling attention.
    """

    label = "Learned parameter"
    category = "Basic"
    needs = "nothing"
    stops_gradient = True
    aliases = ("weight", "variable", "class token", "position embedding", "nn.Parameter", "scale", "bias", "query")
    paper = "Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929"
    torch_name = "torch.nn.Parameter"
    like = Input("Something with a batch, so that every sample gets a copy. Open: no batch axis.", optional=True)
    y = Output("The learned numbers.")
    sizes = Ints((1, 64), min=1, help="The size of every axis, without the batch.")
    init = Choice("normal", ("normal", "zeros", "ones"), help="What it begins with.")
    std = Float(0.02, min=0.0, max=1e3, help="Standard deviation of the normal numbers it begins with.")

    def shapes(self, like: Shape | None) -> Shape:
        return made(self.sizes, like, "float")

    def weights(self, like: Shape | None) -> dict[str, tuple[int, ...]]:
        return {"weight": self.sizes}

    def code(self, like: Shape | None) -> Code:
        init = f'init="{self.init}"' if self.init != "normal" else ""
        std = f"std={self.std}" if self.init == "normal" and self.std != 0.02 else ""
        return Code(
            init=f"LearnedTensor({arguments(self.sizes, init, std)})",
            forward="{self}()" if like is None else "{self}({like})",
            imports=("from netlab.nn.tensors import LearnedTensor",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 0

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 0

    cases = [
        Case(y="1 64"),
        Case(sizes=[64], init="ones", y="64"),
        Case(like="B T 8", sizes=[1, 8], init="zeros", y="B 1 8"),
        Case(like="int B T", sizes=[5], std=1.0, y="B 5"),
    ]
