"""Gather: pick the vectors at given places of a sequence."""

from netlab.language import tr
from netlab.layers._axes import same_length
from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape, ShapeError
from netlab.layers.shape import INT, need_sequence


class Gather(Rearranging):
    """Picks the vectors at given places of a sequence: y[b, s] = x[b, index[b, s]].

    Shapes: x (B, T, d), index (B) → y (B, d); index (B, S) → y (B, S, d). Use it for the last word before the
    padding, for masked places, or for pointers.
    """

    category = "Sequence"
    aliases = ("index", "lookup", "pick", "pointer", "take along axis", "last valid step")
    torch_name = "torch.gather"
    x = Input("Sequences: B × T × d.")
    index = Input("Which steps: indices of shape B or B × S, from 0 to T − 1.")
    y = Output("The vectors there: B × d or B × S × d.")

    def shapes(self, x: Shape, index: Shape) -> Shape:
        need_sequence(x, "Gather")
        if index.dtype != INT:
            message = tr(
                "Gather wants indices at index but gets {kind} ({shape}). Wire it to an index field.",
                kind=index.dtype,
                shape=index,
            )
            raise ShapeError(message, port="index")
        index.need_rank((1, 2), "Gather", "index")
        if not same_length(x[0], index[0]):
            message = tr(
                "{layer} wants the same batch twice but gets {a} and {b}. Wire both to the same data.",
                layer=tr("Gather"),
                a=x,
                b=index,
            )
            raise ShapeError(message, port="index")
        return Shape((*index.axes, x[-1]))

    def code(self, x: Shape, index: Shape) -> Code:
        if index.rank == 1:
            return Code(forward=f"{{x}}.gather(1, {{index}}[:, None, None].expand(-1, -1, {x.last})).squeeze(1)")
        return Code(forward=f"{{x}}.gather(1, {{index}}[..., None].expand(-1, -1, {x.last}))")

    cases = [
        Case(x="B T 64", index="int B", y="B 64"),
        Case(x="B T 64", index="int B S", y="B S 64"),
        Case(x="B T=4 3", index="int B 2", y="B 2 3"),
        Case(x="B T 64", index="B", error="wants indices"),
        Case(x="B 64", index="int B", error="sequence"),
        Case(x="B T 64", index="int B S 1", error="axes"),
        Case(x="B T 64", index="int 3", error="same batch"),
    ]
