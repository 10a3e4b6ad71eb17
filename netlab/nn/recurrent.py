"""Torch's recurrent layers with states of shape (B, hidden_size) instead of one for every layer and direction."""

# pyright: reportIncompatibleMethodOverride=false

from torch import Tensor, nn


class RNN(nn.RNN):
    """`nn.RNN`, batch first; returns y and the last state h of the top layer, both directions side by side.

    Shapes: x (B, T, d), h0 (B, H), the first state of every layer → y (B, T, H), h (B, H); 2 H if bidirectional.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        more = {"dropout": dropout, "bidirectional": bidirectional}
        super().__init__(input_size, hidden_size, num_layers, nonlinearity, batch_first=True, **more)

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        y, h = super().forward(x, None if h0 is None else _for_all(self, h0))
        return y, _top(self, h)


class GRU(nn.GRU):
    """`nn.GRU`, batch first; returns y and the last state h of the top layer, both directions side by side.

    Shapes: x (B, T, d), h0 (B, H), the first state of every layer → y (B, T, H), h (B, H); 2 H if bidirectional.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        more = {"dropout": dropout, "bidirectional": bidirectional}
        super().__init__(input_size, hidden_size, num_layers, batch_first=True, **more)

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        y, h = super().forward(x, None if h0 is None else _for_all(self, h0))
        return y, _top(self, h)


class LSTM(nn.LSTM):
    """`nn.LSTM`, batch first; returns y and the last states (h, c) of the top layer, both directions side by side.

    Shapes: x (B, T, d), h0 and c0 (B, H), the first states of every layer → y (B, T, H), (h (B, H), c (B, H)); 2 H if
    bidirectional.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        more = {"dropout": dropout, "bidirectional": bidirectional}
        super().__init__(input_size, hidden_size, num_layers, batch_first=True, **more)

    def forward(
        self, x: Tensor, h0: Tensor | None = None, c0: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        first = None if h0 is None or c0 is None else (_for_all(self, h0), _for_all(self, c0))
        y, (h, c) = super().forward(x, first)
        return y, (_top(self, h), _top(self, c))


def _for_all(module: nn.RNNBase, state: Tensor) -> Tensor:
    """(B, H) → (layers · directions, B, H)"""
    return state.repeat(module.num_layers * (2 if module.bidirectional else 1), 1, 1)


def _top(module: nn.RNNBase, states: Tensor) -> Tensor:
    """(layers · directions, B, H) → (B, H), or (B, 2 H) if bidirectional"""
    return states[-2:].transpose(0, 1).flatten(1) if module.bidirectional else states[-1]
