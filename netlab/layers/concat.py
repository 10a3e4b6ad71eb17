"""Concat: put values one behind the other along an axis."""

from netlab.language import sentences, tr
from netlab.layers._axes import axis_index, joined, same_length, with_axis
from netlab.layers._fixes import insert, set_option
from netlab.layers._merging import TOGETHER, mixed, wired
from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.options import Int


class Concat(Rearranging):
    """Two to four values one behind the other along an axis: y = [a; b; c; d].

    Shapes: a (B, T, d₁), b (B, T, d₂) → y (B, T, d₁ + d₂); all axes but the one joined have to be equal. With axis 1
    it joins the channels of images (U-Net, DenseNet) or puts sequences behind each other.
    """

    category = "Merge"
    passes_gradient = True
    aliases = ("concatenate", "cat", "join", "skip connection", "u-net", "densenet")
    paper = "Huang et al. 2016, https://arxiv.org/abs/1608.06993"
    torch_name = "torch.cat"
    a = Input("The first value.")
    b = Input("The second, equal to the first but for the axis that is joined.")
    c = Input("A third, if wanted.", optional=True)
    d = Input("A fourth, if wanted.", optional=True)
    y = Output("All of them, one behind the other.")
    axis = Int(-1, min=-8, max=7, help="The axis to join: −1 is the last, 1 the first after the batch.")

    def shapes(self, a: Shape, b: Shape, c: Shape | None = None, d: Shape | None = None) -> Shape:
        given = wired(a=a, b=b, c=c, d=d)
        index = axis_index(a, self.axis, "Concat", port="a")
        for port, shape in given.items():
            if shape.dtype != a.dtype:
                fixes = (insert("embedding", "Embedding"),) if shape.dtype == "int" else ()
                raise mixed("Concat", ("a", a), (port, shape), fixes)
            if not _joins(a, shape, index):
                raise _refuse(given, port, index)
        return with_axis(a, index, joined(shape[index] for shape in given.values()))

    def code(self, a: Shape, b: Shape, c: Shape | None = None, d: Shape | None = None) -> Code:
        parts = ", ".join(f"{{{port}}}" for port in wired(a=a, b=b, c=c, d=d))
        return Code(forward=f"torch.cat(({parts}), dim={self.axis})")

    cases = [
        Case(a="B T 64", b="B T 32", y="B T 96"),
        Case(a="B C=3 H=8 W=8", b="B C=5 H=8 W=8", c="B C=1 H=8 W=8", axis=1, y="B C=9 H=8 W=8"),
        Case(a="int B T=3", b="int B T=4", d="int B T=1", y="int B T=8"),
        Case(a="B T 64", b="B T 32", axis=1, error="Set axis"),
        Case(a="B 64", b="B C=3 H=8 W=8", error="Flatten"),
        Case(a="B T 64", b="B 64", axis=1, error="Unsqueeze"),
        Case(a="B T 64", b="B S 64", error="Set axis to 1"),
        Case(a="B T 64", b="B S 32", error="Wire both"),
        Case(a="B 64", b="B 64", axis=0, error="batch"),
        Case(a="B 64", b="int B 64", error="one kind"),
    ]


def _joins(a: Shape, b: Shape, index: int) -> bool:
    """All axes but the one joined are equal."""
    return a.rank == b.rank and all(i == index or same_length(p, q) for i, (p, q) in enumerate(zip(a, b, strict=True)))


def _refuse(given: dict[str, Shape], port: str, index: int) -> ShapeError:
    a, b = given["a"], given[port]
    message = tr(
        "Concat wants shapes that differ only in axis {index}, but a is {a} and {port} is {b}.",
        index=index,
        a=a,
        port=port,
        b=b,
    )
    for other in range(a.rank - 1, 0, -1):
        if all(_joins(a, shape, other) for shape in given.values()):
            remedy = tr("Set axis to {axis}.", axis=other)
            return ShapeError(sentences(message, remedy), port=port, fixes=(set_option("axis", other),))
    if a.rank == 2 and b.rank > 2 and None not in b.sizes[1:]:
        remedy = tr("Put Flatten before {port}.", port=port)
        return ShapeError(sentences(message, remedy), port=port, fixes=(insert("flatten", "Flatten"),))
    if a.rank == b.rank + 1 and a.drop(index).fits(b):
        remedy = tr("Put Unsqueeze before {port}.", port=port)
        fix = insert("unsqueeze", "Unsqueeze", axis=index)
        return ShapeError(sentences(message, remedy), port=port, fixes=(fix,))
    return ShapeError(sentences(message, tr(TOGETHER)), port=port)
