"""LSTM: reads a sequence step by step and carries a memory along."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.layers.shape import need_sequence
from netlab.options import Bool, Float, Int


class LSTM(Layer):
    """Long short-term memory: gates decide what to forget, store and show: c ← f ⊙ c + i ⊙ g, h = o ⊙ tanh(c).

    Shapes: x (B, T, d) → y (B, T, hidden_size), twice as wide when bidirectional.
    """

    key = "lstm"
    category = "Recurrent"
    aliases = ("recurrent", "rnn", "memory", "sequence")
    paper = "Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735"
    torch_name = "torch.nn.LSTM"
    x = Input("Sequences: B × T × d.")
    y = Output("The hidden state after every step: B × T × hidden_size.")
    hidden_size = Int(64, min=1, max=16384, unit="features", help="Width of the hidden state.")
    num_layers = Int(1, min=1, max=64, unit="layers", help="How many LSTMs are stacked.")
    bidirectional = Bool(False, help="Also read the sequence backwards and join both.")
    dropout = Float(0.0, min=0.0, max=0.99, help="Dropout between stacked layers; no effect with one.")

    def shapes(self, x: Shape) -> Shape:
        return need_sequence(x, "LSTM").replace_last(self.hidden_size * (2 if self.bidirectional else 1))

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        directions = ("", "_reverse") if self.bidirectional else ("",)
        width = x.last
        for layer in range(self.num_layers):
            for direction in directions:
                end = f"l{layer}{direction}"
                found[f"weight_ih_{end}"] = (4 * self.hidden_size, width)
                found[f"weight_hh_{end}"] = (4 * self.hidden_size, self.hidden_size)
                found[f"bias_ih_{end}"] = (4 * self.hidden_size,)
                found[f"bias_hh_{end}"] = (4 * self.hidden_size,)
            width = self.hidden_size * len(directions)
        return found

    def code(self, x: Shape) -> Code:
        more = f", num_layers={self.num_layers}" if self.num_layers > 1 else ""
        more += f", dropout={self.dropout}" if self.num_layers > 1 and self.dropout else ""
        more += ", bidirectional=True" if self.bidirectional else ""
        return Code(init=f"nn.LSTM({x.last}, {self.hidden_size}{more}, batch_first=True)", forward="{self}({x})[0]")

    cases = [
        Case(x="B T 8", y="B T 64"),
        Case(x="B T 8", hidden_size=5, num_layers=2, bidirectional=True, y="B T 10"),
        Case(x="B 8", error="axes"),
    ]
