"""GRUCell: one step of a GRU."""

from netlab.layers._cells import Cell
from netlab.layers._recurrent import cell_weights, check_state
from netlab.layers.layer import Case, Code, Shape, Shapes


class GRUCell(Cell):
    """One step of a gated recurrent unit: h = (1 − z) ⊙ n + z ⊙ h0, with an update gate z and a new state n.

    Shapes: x (B, d), h0 (B, hidden_size) → h (B, hidden_size). Use it to wire steps by hand.
    """

    key = "gru_cell"
    label = "GRU cell"
    aliases = ("gated recurrent unit", "recurrent", "one step", "unrolled", "state update")
    paper = "Cho et al. 2014, https://arxiv.org/abs/1406.1078"
    torch_name = "torch.nn.GRUCell"

    def shapes(self, x: Shape, h0: Shape | None) -> Shape:
        h = self.step(x)
        check_state(h0, x, self.hidden_size, "GRU cell", "h0")
        return h

    def weights(self, x: Shape, h0: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.weights_of(cell_weights(3, x.last, self.hidden_size))

    def code(self, x: Shape, h0: Shape | None) -> Code:
        forward = "{self}({x})" if h0 is None else "{self}({x}, {h0})"
        return Code(init=f"nn.GRUCell({self.arguments(x)})", forward=forward)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 4 * outputs["h"].elements()  # the gates as well

    cases = [
        Case(x="B 8", h="B 64"),
        Case(x="B 8", h0="B 5", hidden_size=5, bias=False, h="B 5"),
        Case(x="B 8", h0="B T 64", error="one vector a sample"),
        Case(x="int B 8", error="Embedding"),
    ]
