"""Matmul: the product of two matrices for each sample."""

from netlab.language import sentences, tr
from netlab.layers._axes import has_batch, same_length
from netlab.layers._fixes import insert, set_option, widen
from netlab.layers._merging import TOGETHER, meets, stretch_fixes
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import broadcast
from netlab.options import Bool


class Matmul(Layer):
    """Matrix product of the last two axes: y = a b, or a bᵀ.

    Shapes: a (B, …, T, k), b (B, …, k, S) → y (B, …, T, S); b is (B, …, S, k) when transposed. Two of them, with a
    Scale and a Softmax in between, are attention.
    """

    category = "Merge"
    aliases = ("matrix product", "bmm", "dot product", "attention scores", "bilinear")
    torch_name = "torch.matmul"
    a = Input("A matrix for each sample: B × T × k.")
    b = Input("The other: B × k × S, or B × S × k when it is transposed.")
    y = Output("The product: B × T × S.")
    transpose_b = Bool(False, help="Multiply by b with its last two axes swapped, as for scores of queries and keys.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        for port, x in (("a", a), ("b", b)):
            x.need_float("Matmul", port).need_rank(tuple(range(2, 9)), "Matmul", port)
        self._keep_batch(a, b)
        inner, width = (b[-1], b[-2]) if self.transpose_b else (b[-2], b[-1])
        if not same_length(a[-1], inner):
            raise self._refuse_inner(a, b)

        def refuse(why: str) -> ShapeError:
            message = tr("Matmul wants equal axes before the matrices but gets {a} and {b}: {why}.", a=a, b=b, why=why)
            return ShapeError(sentences(message, tr(TOGETHER)), port="b")

        front = broadcast(Shape(a.axes[:-2]), Shape(b.axes[:-2]), refuse)
        return Shape((*front, a[-2], width))

    def _keep_batch(self, a: Shape, b: Shape) -> None:
        """The batch is neither a row of b nor laid over another axis."""
        if b.rank == 2 and has_batch(b):
            message = tr(
                "Matmul wants a matrix for each sample as b, B × k × S, but gets one vector for each: {b}. "
                "Put Unsqueeze before it, or use a Linear.",
                b=b,
            )
            raise ShapeError(message, port="b", fixes=(insert("unsqueeze", "Unsqueeze", axis=-1),))
        (few, port), (many, _) = sorted(((a, "a"), (b, "b")), key=lambda pair: pair[0].rank)
        if few.rank < many.rank and has_batch(few):
            remedy = tr("Put Unsqueeze before {port}, so that both have {count} axes.", port=port, count=many.rank)
            one_less = few.rank == many.rank - 1
            fixes = (insert("unsqueeze", "Unsqueeze", axis=1),) if one_less else stretch_fixes(few, many)
            raise ShapeError(sentences(meets("Matmul", a, b, port), remedy), port=port, fixes=fixes)

    def _refuse_inner(self, a: Shape, b: Shape) -> ShapeError:
        wanted = b[-1] if self.transpose_b else b[-2]
        message = tr(
            "Matmul multiplies rows of a ({a}) by columns of b ({b}), but they are {row} and {column} long.",
            a=a,
            b=b,
            row=a[-1],
            column=wanted,
        )
        if same_length(a[-1], b[-2] if self.transpose_b else b[-1]):
            turned = not self.transpose_b
            remedy = tr("Set transpose_b to {turned}.", turned=turned)
            return ShapeError(sentences(message, remedy), port="b", fixes=(set_option("transpose_b", turned),))
        if wanted.size is None or a[-1].size is None:
            return ShapeError(sentences(message, tr(TOGETHER)), port="b")
        remedy = tr("Give the layer before {port} {width} outputs.", port="a", width=wanted.size)
        return ShapeError(sentences(message, remedy), port="a", fixes=(widen("a", wanted.size),))

    def code(self, a: Shape, b: Shape) -> Code:
        return Code(forward="{a} @ {b}.transpose(-2, -1)" if self.transpose_b else "{a} @ {b}")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 2 * (inputs["a"][-1].size or 1) * outputs["y"].elements()

    cases = [
        Case(a="B T S", b="B S 64", y="B T 64"),
        Case(a="B T 16", b="B S 16", transpose_b=True, y="B T S"),
        Case(a="B h=4 T 16", b="B h=4 S 16", transpose_b=True, y="B h=4 T S"),
        Case(a="B T 16", b="16 3", y="B T 3"),
        Case(a="B 16", b="16 3", y="B 3"),
        Case(a="B T 16", b="B S 16", error="transpose_b"),
        Case(a="B T 16", b="B 8 3", error="8 outputs"),
        Case(a="B T 16", b="B 16", error="one vector"),
        Case(a="B 16", b="B 16 3", error="Unsqueeze"),
        Case(a="B h=4 T 16", b="B h=2 16 3", error="belong together"),
    ]
