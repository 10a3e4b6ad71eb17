"""RNN: reads a sequence step by step and mixes each step into its state."""

from netlab.layers._recurrent import Recurrent, check_state
from netlab.layers.layer import Case, Code, Shape, Shapes
from netlab.options import Choice


class RNN(Recurrent):
    """Simple recurrent network: h ← f(W x + U h + b), with f the tanh or the rectifier.

    Shapes: x (B, T, d), h0 (B, hidden_size) → y (B, T, hidden_size), h (B, hidden_size), twice as wide when
    bidirectional. It forgets soon; LSTM and GRU remember longer.
    """

    key = "rnn"
    aliases = ("recurrent", "elman", "vanilla rnn", "sequence", "time series")
    paper = "Elman 1990, https://doi.org/10.1207/s15516709cog1402_1"
    torch_name = "torch.nn.RNN"
    nonlinearity = Choice("tanh", ("tanh", "relu"), help="What bends the new state.")

    def shapes(self, x: Shape, h0: Shape | None) -> dict[str, Shape]:
        made = self.made(x, "h")
        check_state(h0, x, self.hidden_size, "RNN", "h0")
        return made

    def weights(self, x: Shape, h0: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.all_weights(1, x)

    def code(self, x: Shape, h0: Shape | None) -> Code:
        own = "" if self.nonlinearity == "tanh" else f', nonlinearity="{self.nonlinearity}"'
        return Code(
            init=f"RNN({self.arguments(x, own)})",
            forward="{self}({x})" if h0 is None else "{self}({x}, {h0})",
            imports=("from netlab.nn.recurrent import RNN",),
        )

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return self.all_kept(1, inputs["x"])

    cases = [
        Case(x="B T 8", y="B T 64", h="B 64"),
        Case(x="B T 8", hidden_size=5, nonlinearity="relu", h0="B 5", y="B T 5", h="B 5"),
        Case(x="B T 8", hidden_size=5, num_layers=2, dropout=0.1, bidirectional=True, h0="B 5", y="B T 10", h="B 10"),
        Case(x="B T 8", hidden_size=5, h0="B 6", error="Set hidden_size to 6"),
        Case(x="B 8", error="wants a sequence"),
    ]
