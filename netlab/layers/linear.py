"""Linear: every output is a weighted sum of the inputs."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Bool, Int


class Linear(Layer):
    """Fully connected layer over the last axis: y = x Wᵀ + b.

    Shapes: x (…, in_features) → y (…, out_features).
    """

    category = "Basic"
    aliases = ("dense", "fully connected", "fc", "affine", "perceptron")
    torch_name = "torch.nn.Linear"
    x = Input("Any shape whose last axis is fixed.")
    y = Output("The same shape with the last axis replaced.")
    out_features = Int(128, min=1, max=1048576, unit="features", help="How many outputs.")
    bias = Bool(True, help="Add a learned offset to every output.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Linear").need_rank(tuple(range(1, 9)), "Linear").replace_last(self.out_features)

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        bias = {"bias": (self.out_features,)} if self.bias else {}
        return {"weight": (self.out_features, x.last), **bias}

    def code(self, x: Shape) -> Code:
        bias = "" if self.bias else ", bias=False"
        return Code(init=f"nn.Linear({x.last}, {self.out_features}{bias})")

    cases = [
        Case(x="B 784", out_features=10, y="B 10"),
        Case(x="B T 64", bias=False, out_features=128, y="B T 128"),
        Case(x="int B T", error="Embedding"),
    ]
