"""LSTM: reads a sequence step by step and carries a memory along."""

from netlab.layers._recurrent import Recurrent, check_pair, check_state
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes


class LSTM(Recurrent):
    """Long short-term memory: gates decide what to forget, store and show: c ← f ⊙ c + i ⊙ g, h = o ⊙ tanh(c).

    Shapes: x (B, T, d), h0 and c0 (B, hidden_size) → y (B, T, hidden_size), h and c (B, hidden_size), twice as wide
    when bidirectional.
    """

    key = "lstm"
    aliases = ("recurrent", "rnn", "memory", "sequence", "long short-term memory")
    paper = "Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735"
    torch_name = "torch.nn.LSTM"
    c0 = Input("The first cell state, for every layer: B × hidden_size. Wired if and only if h0 is.", optional=True)
    c = Output("The cell state of the top layer after the last step: B × hidden_size.")

    def shapes(self, x: Shape, h0: Shape | None, c0: Shape | None) -> dict[str, Shape]:
        made = self.made(x, "h", "c")
        check_pair(h0, c0, "LSTM")
        check_state(h0, x, self.hidden_size, "LSTM", "h0")
        check_state(c0, x, self.hidden_size, "LSTM", "c0")
        return made

    def weights(self, x: Shape, h0: Shape | None, c0: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.all_weights(4, x)

    def code(self, x: Shape, h0: Shape | None, c0: Shape | None) -> Code:
        return Code(
            init=f"LSTM({self.arguments(x)})",
            forward="{self}({x})" if h0 is None else "{self}({x}, {h0}, {c0})",
            targets="{y}, ({h}, {c})",
            imports=("from netlab.nn.recurrent import LSTM",),
        )

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return self.all_kept(25, inputs["x"])  # what torch keeps on the CPU, measured  # four gates and the cell state

    cases = [
        Case(x="B T 8", y="B T 64", h="B 64", c="B 64"),
        Case(x="B T 8", hidden_size=5, num_layers=2, bidirectional=True, y="B T 10", h="B 10", c="B 10"),
        Case(x="B T 8", hidden_size=5, h0="B 5", c0="B 5", y="B T 5", h="B 5", c="B 5"),
        Case(x="B T 8", hidden_size=5, num_layers=2, dropout=0.1, h0="B 5", c0="B 5", y="B T 5", h="B 5", c="B 5"),
        Case(x="B T 8", h0="B 64", error="both states or none"),
        Case(x="B T 8", h0="B 32", c0="B 32", error="Set hidden_size to 32"),
        Case(x="B 8", error="axes"),
    ]
