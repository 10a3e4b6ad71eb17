"""Log-softmax: turn scores into logarithms of probabilities."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes


class LogSoftmax(Layer):
    """Logarithm of the softmax along the last axis: yᵢ = xᵢ − ln Σⱼ exp(xⱼ).

    Shapes: x (…, n) → y (…, n). Stays exact where the logarithm of a softmax would underflow. Cross-entropy loss
    wants the scores before it.
    """

    label = "Log-softmax"
    category = "Activation"
    needs = "output"
    aliases = ("log probabilities", "log likelihood", "nll", "activation")
    torch_name = "torch.nn.functional.log_softmax"
    x = Input("Scores (logits); classes along the last axis.")
    y = Output("Logarithms of probabilities, the same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Log-softmax").need_rank(tuple(range(2, 9)), "Log-softmax")

    def code(self, x: Shape) -> Code:
        return Code(forward="F.log_softmax({x}, dim=-1)")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 4 * outputs["y"].elements()  # maximum, exponential, sum and difference

    cases = [
        Case(x="B 10", y="B 10"),
        Case(x="B T T", y="B T T"),
        Case(x="B", error="axes"),
        Case(x="int B T", error="Embedding"),
    ]
