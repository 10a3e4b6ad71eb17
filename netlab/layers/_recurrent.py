"""What the recurrent layers and cells share: the options of stacked ones, state checks, weights and costs."""

from netlab.language import tr
from netlab.layers._fixes import select_time, set_option
from netlab.layers._masks import check_same
from netlab.layers.layer import Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import need_sequence
from netlab.options import Bool, Float, Int


def check_state(state: Shape | None, x: Shape, hidden_size: int, what: str, port: str) -> None:
    """Refuse a state that is not B × hidden_size; None is no state and fine."""
    if state is None:
        return
    state.need_float(what, port)
    if state.rank != 2:
        message = tr(
            "{layer} wants a state, B × {width}, but gets {count} axes: {shape}. Wire one vector a sample.",
            layer=tr(what),
            width=hidden_size,
            count=state.rank,
            shape=state,
        )
        raise ShapeError(message, port=port, fixes=(select_time(),) if state.rank == 3 else ())
    check_same(tr("Batch"), x[0], port, state[0])
    width = state.size(-1, port)
    if width != hidden_size:
        message = tr(
            "The state has {width} features but hidden_size is {hidden_size}. Set hidden_size to {width}.",
            width=width,
            hidden_size=hidden_size,
        )
        raise ShapeError(message, port=port, fixes=(set_option("hidden_size", width),))


def check_pair(h0: Shape | None, c0: Shape | None, what: str) -> None:
    """Refuse one state of an LSTM without the other."""
    if (h0 is None) != (c0 is None):
        given, other = ("h0", "c0") if c0 is None else ("c0", "h0")
        message = tr(
            "{layer} gets {given} but not {other}. Wire both states or none.", layer=tr(what), given=given, other=other
        )
        raise ShapeError(message, port=other)


def cell_weights(gates: int, input_size: int, hidden_size: int, end: str = "") -> dict[str, tuple[int, ...]]:
    """Weights of one layer in one direction, under torch's names."""
    rows = gates * hidden_size
    return {
        f"weight_ih{end}": (rows, input_size),
        f"weight_hh{end}": (rows, hidden_size),
        f"bias_ih{end}": (rows,),
        f"bias_hh{end}": (rows,),
    }


class Recurrent(Layer):
    """Ports and options of a recurrent layer that reads whole sequences."""

    category = "Recurrent"
    x = Input("Sequences: B × T × d.")
    h0 = Input("The first hidden state, for every layer: B × hidden_size. Open: zeros.", optional=True)
    y = Output("The hidden state after every step: B × T × hidden_size.")
    h = Output("The hidden state of the top layer after the last step: B × hidden_size.")
    hidden_size = Int(64, min=1, max=16384, unit="features", help="Width of the hidden state.")
    num_layers = Int(1, min=1, max=64, unit="layers", help="How many of them are stacked.")
    bidirectional = Bool(False, help="Also read the sequence backwards and join both.")
    dropout = Float(0.0, min=0.0, max=0.99, help="Dropout between stacked layers; no effect with one.")

    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    def made(self, x: Shape, *states: str) -> dict[str, Shape]:
        """The shapes of y and of the states that come out."""
        y = need_sequence(x, self.title()).replace_last(self.hidden_size * self.directions())
        return {"y": y} | dict.fromkeys(states, y.drop(1))

    def all_weights(self, gates: int, x: Shape) -> dict[str, tuple[int, ...]]:
        """Weights of all layers and directions, for so many gates."""
        found: dict[str, tuple[int, ...]] = {}
        width = x.last
        for layer in range(self.num_layers):
            for direction in ("", "_reverse")[: self.directions()]:
                found |= cell_weights(gates, width, self.hidden_size, f"_l{layer}{direction}")
            width = self.hidden_size * self.directions()
        return found

    def arguments(self, x: Shape, own: str = "") -> str:
        """What the constructor is called with, `own` arguments included."""
        more = f", num_layers={self.num_layers}" if self.num_layers > 1 else ""
        more += own
        more += f", dropout={self.dropout}" if self.num_layers > 1 and self.dropout else ""
        more += ", bidirectional=True" if self.bidirectional else ""
        return f"{x.last}, {self.hidden_size}{more}"

    def all_kept(self, gates: int, x: Shape) -> int:
        """The gates and what they make of the state, at every step of every layer and direction."""
        length = x[1].size or 1
        return (gates + 1) * self.hidden_size * length * self.num_layers * self.directions()
