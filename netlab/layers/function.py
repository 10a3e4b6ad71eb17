"""Function: one of the usual functions of one number."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Choice

FUNCTIONS = "abs ceil cos erf floor log log1p nan_to_num neg reciprocal round rsqrt sign sin sqrt square".split()
ABOVE_ZERO = ("log", "log1p", "rsqrt", "sqrt")


class Function(Layer):
    """One function for every number: y = f(x), with f such as log, √, sine or the error function.

    Shapes: x (…) → y (…), element by element. Log and the roots want x above zero. Nan_to_num puts 0 for what is no
    number. Activations, powers and exp are layers of their own.
    """

    category = "Basic"
    aliases = (*FUNCTIONS, "logarithm", "sine", "cosine", "root", "absolute", "negative", "math")
    torch_name = "torch.sqrt"
    x = Input("Any numbers.")
    y = Output("The same shape.")
    function = Choice("log", tuple(FUNCTIONS), help="Which function.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Function")

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.{self.function}()")

    cases = [Case(x="B 8", function=name, y="B 8") for name in FUNCTIONS if name not in ABOVE_ZERO] + [
        Case(x="int B T", error="Embedding")
    ]
