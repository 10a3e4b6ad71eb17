"""Torch's Transformer layers with bool masks in which True means: may look (Vaswani et al. 2017)."""

# pyright: reportIncompatibleMethodOverride=false

import torch
from torch import Tensor, nn


class EncoderLayer(nn.TransformerEncoderLayer):
    """`nn.TransformerEncoderLayer`, batch first: self-attention, then a feed-forward network.

    Shapes: x (B, T, d_model), mask (bool, stretched to (B, h, T, T), True means: may look) → (B, T, d_model).
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        causal: bool = False,
    ) -> None:
        more = {"batch_first": True, "norm_first": norm_first}
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, **more)
        self.causal = causal

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        blocked = blocked_where(mask, self.causal, self.self_attn.num_heads, x, x)
        return super().forward(x, src_mask=blocked, is_causal=self.causal and mask is None)


class DecoderLayer(nn.TransformerDecoderLayer):
    """`nn.TransformerDecoderLayer`, batch first: self-attention, a look at the memory, a feed-forward network.

    Shapes: x (B, T, d_model), memory (B, S, d_model), mask (bool, stretched to (B, h, T, T)), memory_mask (stretched to
    (B, h, T, S)) → (B, T, d_model).
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        causal: bool = False,
    ) -> None:
        more = {"batch_first": True, "norm_first": norm_first}
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, **more)
        self.causal = causal

    def forward(
        self, x: Tensor, memory: Tensor, mask: Tensor | None = None, memory_mask: Tensor | None = None
    ) -> Tensor:
        heads = self.self_attn.num_heads
        blocked = blocked_where(mask, self.causal, heads, x, x)
        unseen = blocked_where(memory_mask, False, heads, x, memory)
        return super().forward(x, memory, blocked, unseen, tgt_is_causal=self.causal and mask is None)


class Stack(nn.Module):
    """`num_layers` layers of one kind, each with weights of its own; `norm` adds a layer norm at the end."""

    kind: type[nn.Module]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        num_layers: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        causal: bool = False,
        norm: bool = False,
    ) -> None:
        super().__init__()
        options = (dim_feedforward, dropout, activation, norm_first, causal)
        self.layers = nn.ModuleList(self.kind(d_model, nhead, *options) for _ in range(num_layers))
        self.norm = nn.LayerNorm(d_model) if norm else None

    def forward(self, x: Tensor, *others: Tensor | None) -> Tensor:
        for layer in self.layers:
            x = layer(x, *others)
        return x if self.norm is None else self.norm(x)


class Encoder(Stack):
    """A stack of encoder layers.

    Shapes: x (B, T, d_model) → (B, T, d_model). Other arguments and the mask are those of `EncoderLayer`.
    """

    kind = EncoderLayer

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, mask)


class Decoder(Stack):
    """A stack of decoder layers.

    Shapes: x (B, T, d_model), memory (B, S, d_model) → (B, T, d_model). The rest is that of `DecoderLayer`.
    """

    kind = DecoderLayer

    def forward(
        self, x: Tensor, memory: Tensor, mask: Tensor | None = None, memory_mask: Tensor | None = None
    ) -> Tensor:
        return super().forward(x, memory, mask, memory_mask)


class Transformer(nn.Module):
    """An encoder reads the source, a decoder makes the target from it; both end in a layer norm, as `nn.Transformer`.

    Shapes: source (B, S, d_model), target (B, T, d_model) → (B, T, d_model). Masks are bool, True means: may look;
    source_mask is stretched to (B, h, S, S), target_mask to (B, h, T, T) and memory_mask to (B, h, T, S).
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        causal: bool = False,
    ) -> None:
        super().__init__()
        options = (dim_feedforward, dropout, activation, norm_first)
        self.encoder = Encoder(d_model, nhead, num_encoder_layers, *options, norm=True)
        self.decoder = Decoder(d_model, nhead, num_decoder_layers, *options, causal=causal, norm=True)

    def forward(
        self,
        source: Tensor,
        target: Tensor,
        source_mask: Tensor | None = None,
        target_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        memory = self.encoder(source, source_mask)
        return self.decoder(target, memory, target_mask, memory_mask)


def blocked_where(mask: Tensor | None, causal: bool, heads: int, query: Tensor, key: Tensor) -> Tensor | None:
    """The mask as torch wants it: True where a position must not look, (T, S) or (B · h, T, S).

    A position that may look nowhere, such as all of an empty sample, looks everywhere instead of making NaN.
    """
    batch, rows, columns = query.shape[0], query.shape[1], key.shape[1]
    if causal:
        earlier = torch.ones(rows, columns, dtype=torch.bool, device=query.device).tril()
        mask = earlier if mask is None else mask & earlier
    if mask is None:
        return None
    blocked = ~mask & mask.any(-1, keepdim=True)
    if mask.dim() > 2:
        return blocked.expand(batch, heads, rows, columns).flatten(0, 1)
    return blocked.expand(rows, columns)
