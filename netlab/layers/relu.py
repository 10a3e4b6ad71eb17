"""ReLU: keep what is positive, drop the rest."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class ReLU(Layer):
    """Rectifier: y = max(0, x).

    Shapes: x (…) → y (…), element by element.
    """

    category = "Activation"
    needs = "output"
    key = "relu"
    aliases = ("rectifier", "activation", "nonlinearity")
    paper = "Nair and Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines"
    torch_name = "torch.nn.functional.relu"
    x = Input("Any shape.")
    y = Output("The same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("ReLU")

    def code(self, x: Shape) -> Code:
        return Code(forward="F.relu({x})")

    cases = [Case(x="B 128", y="B 128"), Case(x="B T 64", y="B T 64"), Case(x="int B T", error="Embedding")]
