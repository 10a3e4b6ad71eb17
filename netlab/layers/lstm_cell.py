"""LSTMCell: one step of an LSTM."""

from netlab.layers._cells import Cell
from netlab.layers._recurrent import cell_weights, check_pair, check_state
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes


class LSTMCell(Cell):
    """One step of a long short-term memory: c = f ⊙ c0 + i ⊙ g, h = o ⊙ tanh(c), with gates f, i and o.

    Shapes: x (B, d), h0 and c0 (B, hidden_size) → h and c (B, hidden_size). Use it to wire steps by hand.
    """

    key = "lstm_cell"
    label = "LSTM cell"
    aliases = ("long short-term memory", "recurrent", "one step", "unrolled", "state update")
    paper = "Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735"
    torch_name = "torch.nn.LSTMCell"
    c0 = Input("The cell state before the step: B × hidden_size. Wired if and only if h0 is.", optional=True)
    c = Output("The cell state after the step: B × hidden_size.")

    def shapes(self, x: Shape, h0: Shape | None, c0: Shape | None) -> dict[str, Shape]:
        state = self.step(x)
        check_pair(h0, c0, "LSTM cell")
        check_state(h0, x, self.hidden_size, "LSTM cell", "h0")
        check_state(c0, x, self.hidden_size, "LSTM cell", "c0")
        return {"h": state, "c": state}

    def weights(self, x: Shape, h0: Shape | None, c0: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.weights_of(cell_weights(4, x.last, self.hidden_size))

    def code(self, x: Shape, h0: Shape | None, c0: Shape | None) -> Code:
        forward = "{self}({x})" if h0 is None else "{self}({x}, ({h0}, {c0}))"
        return Code(init=f"nn.LSTMCell({self.arguments(x)})", forward=forward)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 6 * outputs["h"].elements()  # the gates as well

    cases = [
        Case(x="B 8", h="B 64", c="B 64"),
        Case(x="B 8", h0="B 5", c0="B 5", hidden_size=5, bias=False, h="B 5", c="B 5"),
        Case(x="B 8", c0="B 64", error="both states or none"),
        Case(x="B T 8", error="one step"),
    ]
