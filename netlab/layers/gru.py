"""GRU: a recurrent network with two gates."""

from netlab.layers._recurrent import Recurrent, check_state
from netlab.layers.layer import Case, Code, Shape, Shapes


class GRU(Recurrent):
    """Gated recurrent unit: h ← (1 − z) ⊙ n + z ⊙ h, with an update gate z and a new state n that a reset gate governs.

    Shapes: x (B, T, d), h0 (B, hidden_size) → y (B, T, hidden_size), h (B, hidden_size), twice as wide when
    bidirectional. Remembers almost as well as an LSTM with three quarters of its weights.
    """

    key = "gru"
    aliases = ("gated recurrent unit", "recurrent", "rnn", "memory", "sequence")
    paper = "Cho et al. 2014, https://arxiv.org/abs/1406.1078"
    torch_name = "torch.nn.GRU"

    def shapes(self, x: Shape, h0: Shape | None) -> dict[str, Shape]:
        made = self.made(x, "h")
        check_state(h0, x, self.hidden_size, "GRU", "h0")
        return made

    def weights(self, x: Shape, h0: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.all_weights(3, x)

    def code(self, x: Shape, h0: Shape | None) -> Code:
        return Code(
            init=f"GRU({self.arguments(x)})",
            forward="{self}({x})" if h0 is None else "{self}({x}, {h0})",
            imports=("from netlab.nn.recurrent import GRU",),
        )

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return self.all_kept(6, inputs["x"])  # what torch keeps on the CPU, measured

    cases = [
        Case(x="B T 8", y="B T 64", h="B 64"),
        Case(x="B T 8", hidden_size=5, h0="B 5", y="B T 5", h="B 5"),
        Case(x="B T 8", hidden_size=5, num_layers=2, dropout=0.1, bidirectional=True, y="B T 10", h="B 10"),
        Case(x="B T 8", h0="B T 64", error="one vector a sample"),
        Case(x="B 8", error="wants a sequence"),
    ]
