"""What the recurrent cells, one step each, share."""

from netlab.language import tr
from netlab.layers._fixes import select_time
from netlab.layers.layer import Input, Layer, Output, Shape, ShapeError
from netlab.options import Bool, Int


class Cell(Layer):
    """Ports and options of one step of a recurrent network."""

    category = "Recurrent"
    x = Input("What arrives at this step: B × d.")
    h0 = Input("The hidden state before the step: B × hidden_size. Open: zeros.", optional=True)
    h = Output("The hidden state after the step: B × hidden_size.")
    hidden_size = Int(64, min=1, max=16384, unit="features", help="Width of the hidden state.")
    bias = Bool(True, help="Add learned offsets.")

    def step(self, x: Shape) -> Shape:
        """The shape of the new state."""
        x.need_float(self.title())
        if x.rank != 2:
            message = tr(
                "{layer} takes one step, B × d, but gets {count} axes: {shape}. "
                "Select a step of a sequence, or use a whole RNN, GRU or LSTM.",
                layer=tr(self.title()),
                count=x.rank,
                shape=x,
            )
            raise ShapeError(message, fixes=(select_time(),) if x.rank == 3 else (), port="x")
        return x.replace_last(self.hidden_size)

    def weights_of(self, all_weights: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        """Without the offsets if they are switched off."""
        return {name: shape for name, shape in all_weights.items() if self.bias or not name.startswith("bias")}

    def arguments(self, x: Shape, own: str = "") -> str:
        """What the constructor is called with, `own` arguments included."""
        return f"{x.last}, {self.hidden_size}{'' if self.bias else ', bias=False'}{own}"
