"""Transformer layers, attention, positions and recurrent layers against torch's own and against their formulas."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netlab.nn.additive_attention import AdditiveAttention
from netlab.nn.attention import GroupedQueryAttention, MultiHeadAttention
from netlab.nn.positional import LearnedPositionalEncoding, RotaryPositionalEncoding
from netlab.nn.recurrent import GRU, LSTM, RNN
from netlab.nn.scaled_dot_product_attention import ScaledDotProductAttention
from netlab.nn.self_attention import ALiBiAttention, LocalAttention, RelativeAttention
from netlab.nn.transformer import Decoder, DecoderLayer, Encoder, EncoderLayer, Transformer

B, T, S, D, H = 2, 6, 9, 16, 4
EARLIER = torch.ones(T, T, dtype=torch.bool).tril()


@pytest.fixture(autouse=True)
def one_seed() -> None:
    torch.manual_seed(0)


def equal(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def trained(module: Any) -> Any:
    """The module with random numbers everywhere, offsets and norms included."""
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)
    return module


def real_tokens(length: int) -> Tensor:
    """A padding mask (B, 1, 1, length): the second sample ends three steps earlier."""
    mask = torch.ones(B, 1, 1, length, dtype=torch.bool)
    mask[1, ..., -3:] = False
    return mask


@pytest.mark.parametrize("no_grad", [True, False])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("norm_first", [True, False])
def test_encoder_layer_equals_torch(norm_first: bool, causal: bool, no_grad: bool) -> None:
    ours = trained(EncoderLayer(D, H, 20, 0.1, "gelu", norm_first, causal)).eval()
    theirs = nn.TransformerEncoderLayer(D, H, 20, 0.1, "gelu", batch_first=True, norm_first=norm_first).eval()
    theirs.load_state_dict(ours.state_dict())
    x, real = torch.randn(B, T, D), real_tokens(T)
    future = ~EARLIER if causal else None
    with torch.set_grad_enabled(not no_grad):
        equal(ours(x), theirs(x, src_mask=future))
        padded = theirs(x, src_mask=future, src_key_padding_mask=~real[:, 0, 0])
        equal(ours(x, real), padded)
        equal(ours(x, real & EARLIER) if causal else ours(x, real.expand(B, H, T, T)), padded)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("norm_first", [True, False])
def test_decoder_layer_equals_torch(norm_first: bool, causal: bool) -> None:
    ours = trained(DecoderLayer(D, H, 20, 0.1, "relu", norm_first, causal)).eval()
    theirs = nn.TransformerDecoderLayer(D, H, 20, 0.1, "relu", batch_first=True, norm_first=norm_first).eval()
    theirs.load_state_dict(ours.state_dict())
    x, memory = torch.randn(B, T, D), torch.randn(B, S, D)
    future = ~EARLIER if causal else None
    equal(ours(x, memory), theirs(x, memory, future))
    real, read = real_tokens(T), real_tokens(S)
    wanted = theirs(
        x,
        memory,
        future,
        tgt_key_padding_mask=~real[:, 0, 0],
        memory_key_padding_mask=~read[:, 0, 0],
    )
    equal(ours(x, memory, real, read), wanted)


@pytest.mark.parametrize("causal", [True, False])
def test_stacks_equal_torch(causal: bool) -> None:
    x, memory = torch.randn(B, T, D), torch.randn(B, S, D)
    future = ~EARLIER if causal else None
    ours = trained(Encoder(D, H, 3, 20, causal=causal, norm=True)).eval()
    layer = nn.TransformerEncoderLayer(D, H, 20, batch_first=True)
    theirs = nn.TransformerEncoder(layer, 3, nn.LayerNorm(D), enable_nested_tensor=False).eval()
    theirs.load_state_dict(ours.state_dict())
    equal(ours(x), theirs(x, future))
    ours = trained(Decoder(D, H, 3, 20, causal=causal)).eval()
    theirs = nn.TransformerDecoder(nn.TransformerDecoderLayer(D, H, 20, batch_first=True), 3).eval()
    theirs.load_state_dict(ours.state_dict())
    equal(ours(x, memory), theirs(x, memory, future))


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("norm_first", [True, False])
def test_transformer_equals_torch(norm_first: bool) -> None:
    ours = trained(Transformer(D, H, 2, 3, 20, norm_first=norm_first, causal=True)).eval()
    theirs = nn.Transformer(D, H, 2, 3, 20, batch_first=True, norm_first=norm_first).eval()
    theirs.load_state_dict(ours.state_dict())
    source, target, read = torch.randn(B, S, D), torch.randn(B, T, D), real_tokens(S)
    equal(ours(source, target), theirs(source, target, tgt_mask=~EARLIER))
    blocked = ~read[:, 0, 0]
    wanted = theirs(source, target, tgt_mask=~EARLIER, src_key_padding_mask=blocked, memory_key_padding_mask=blocked)
    equal(ours(source, target, source_mask=read, memory_mask=read), wanted)
    equal(ours(source, target, source_mask=read, memory_mask=read, target_mask=EARLIER), wanted)


def test_the_layers_of_a_stack_start_with_different_weights() -> None:
    one, other = (weight for name, weight in Encoder(D, H, 2).named_parameters() if "linear1.weight" in name)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("no_grad", [True, False])
def test_an_empty_sample_makes_no_nan(no_grad: bool) -> None:
    mask = real_tokens(T)
    mask[1] = False
    x = torch.randn(B, T, D)
    modules: list[Any] = [
        Encoder(D, H, 1),
        MultiHeadAttention(D, H),
        GroupedQueryAttention(D, H, 2),
        LocalAttention(D, H, 2),
    ]
    with torch.set_grad_enabled(not no_grad):
        for module in modules:
            given: Any = (x, None, None, mask) if isinstance(module, MultiHeadAttention) else (x, mask)
            assert module.eval()(*given).isfinite().all(), module
            if not isinstance(module, Encoder):
                look: Any = module.attention_weights
                assert look(*given).isfinite().all(), module
    assert AdditiveAttention(D, D, 4)(x, x, mask).isfinite().all()


ATTENTIVE = [
    MultiHeadAttention(D, H, causal=True),
    GroupedQueryAttention(D, H, 2, causal=True),
    GroupedQueryAttention(D, H, 1, rotary=True, causal=True),
    LocalAttention(D, H, 3, causal=True),
    ALiBiAttention(D, H, causal=True),
    RelativeAttention(D, H, 8, 6, causal=True),
]
CAUSAL = [
    *ATTENTIVE,
    EncoderLayer(D, H, 20, causal=True),
    Encoder(D, H, 2, 20, causal=True, norm_first=True),
    RNN(D, D, 2),
    GRU(D, D, 2),
    LSTM(D, D, 2),
]


def name(module: Any) -> str:
    return type(module).__name__


@pytest.mark.parametrize("no_grad", [True, False])
@pytest.mark.parametrize("module", CAUSAL, ids=name)
def test_the_future_does_not_leak(module: nn.Module, no_grad: bool) -> None:
    trained(module).eval()
    x = torch.randn(B, T, D)
    changed = x.clone()
    changed[:, 3:] = torch.randn(B, T - 3, D)
    with torch.set_grad_enabled(not no_grad):
        before, after = module(x), module(changed)
    if isinstance(before, tuple):
        before, after = before[0], after[0]
    equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


def test_the_future_of_the_target_does_not_leak() -> None:
    x, memory = torch.randn(B, T, D), torch.randn(B, S, D)
    changed = x.clone()
    changed[:, 3:] = torch.randn(B, T - 3, D)
    for decoder in (DecoderLayer(D, H, 20, causal=True), Decoder(D, H, 2, 20, causal=True)):
        trained(decoder).eval()
        equal(decoder(x, memory)[:, :3], decoder(changed, memory)[:, :3])
    model = trained(Transformer(D, H, 2, 2, 20, causal=True)).eval()
    equal(model(memory, x)[:, :3], model(memory, changed)[:, :3])


@pytest.mark.parametrize("module", ATTENTIVE, ids=name)
@pytest.mark.parametrize("masked", [True, False])
def test_the_weights_reproduce_forward(module: Any, masked: bool) -> None:
    trained(module).eval()
    x, mask = torch.randn(B, T, D), real_tokens(T) if masked else None
    given: Any = (x, None, None, mask) if isinstance(module, MultiHeadAttention) else (x, mask)
    weights = module.attention_weights(*given)
    assert weights.shape == (B, H, T, T)
    equal(weights.sum(-1), torch.ones(B, H, T))
    assert weights.triu(1).max() == 0
    if masked:
        assert weights[1, ..., -3:].max() == 0
    v = module.v_proj(x).unflatten(-1, (-1, D // H)).transpose(1, 2)
    v = v.repeat_interleave(H // v.shape[1], 1)
    equal(module(*given), module.out_proj((weights @ v).transpose(1, 2).flatten(2)))


@pytest.mark.parametrize("causal", [True, False])
def test_attention_from_its_parts(causal: bool) -> None:
    attention = MultiHeadAttention(D, H, causal=causal)
    x, real = torch.randn(B, T, D), real_tokens(T)
    q, k, v = (
        p(x).view(B, T, H, D // H).transpose(1, 2) for p in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    allowed = real & EARLIER if causal else real.expand(B, 1, T, T)
    scores = (torch.matmul(q, k.mT) / math.sqrt(D // H)).masked_fill(~allowed, -torch.inf)
    found = torch.matmul(torch.softmax(scores, -1), v)
    equal(attention(x, x, x, real), attention.out_proj(found.transpose(1, 2).reshape(B, T, D)))
    alone = ScaledDotProductAttention(causal)
    equal(alone(q, k, v, real), found)
    equal(alone(q[:, 0], k[:, 0], v[:, 0], real), found[:, 0])


def test_a_mask_equals_torch() -> None:
    ours = MultiHeadAttention(D, H)
    theirs = nn.MultiheadAttention(D, H, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([p.weight for p in (ours.q_proj, ours.k_proj, ours.v_proj)]))
        theirs.in_proj_bias.copy_(torch.cat([p.bias for p in (ours.q_proj, ours.k_proj, ours.v_proj)]))
        theirs.out_proj.load_state_dict(ours.out_proj.state_dict())
    query, key, read = torch.randn(B, T, D), torch.randn(B, S, D), real_tokens(S)
    blocked = ~read[:, 0, 0]
    wanted, weights = theirs(query, key, key, key_padding_mask=blocked, average_attn_weights=False)
    equal(ours(query, key, key, read), wanted)
    equal(ours.attention_weights(query, key, key, read), weights)


def test_grouped_queries_with_all_heads_are_plain_attention() -> None:
    ours, plain = GroupedQueryAttention(D, H, H, causal=True), MultiHeadAttention(D, H, causal=True)
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(B, T, D)
    equal(ours(x), plain(x))
    equal(ours.attention_weights(x), plain.attention_weights(x))


def test_grouped_queries_share_keys_and_values() -> None:
    grouped, plain = GroupedQueryAttention(D, H, 2), MultiHeadAttention(D, H)
    repeated = {
        key: value.unflatten(0, (2, D // H)).repeat_interleave(H // 2, 0).flatten(0, 1) if key[0] in "kv" else value
        for key, value in grouped.state_dict().items()
    }
    plain.load_state_dict(repeated)
    x = torch.randn(B, T, D)
    equal(grouped(x), plain(x))


def test_rotary_equals_the_formula() -> None:
    x = torch.randn(B, T, D)
    turned = RotaryPositionalEncoding()(x)
    for t in range(T):
        for i in range(D // 2):
            angle = t / 10000 ** (2 * i / D)
            a, b = x[:, t, 2 * i], x[:, t, 2 * i + 1]
            equal(turned[:, t, 2 * i], a * math.cos(angle) - b * math.sin(angle))
            equal(turned[:, t, 2 * i + 1], a * math.sin(angle) + b * math.cos(angle))
    with_heads = torch.stack([x, 2 * x], 1)
    equal(RotaryPositionalEncoding()(with_heads)[:, 1], 2 * turned)
    attention = GroupedQueryAttention(2 * D, 2, 1, rotary=True)
    equal(attention.turn(with_heads), RotaryPositionalEncoding()(with_heads))


def test_rotary_tells_distances_only() -> None:
    q, k = torch.randn(D), torch.randn(D)
    rotary = RotaryPositionalEncoding(base=100.0)
    scores = rotary(q.expand(1, T, D)) @ rotary(k.expand(1, T, D)).mT
    for offset in range(-T + 1, T):
        diagonal = scores[0].diagonal(offset)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-5, rtol=0)


def test_learned_positions() -> None:
    positions = LearnedPositionalEncoding(D, max_len=T)
    x = torch.randn(B, T - 1, D)
    equal(positions(x) - x, positions.weight[: T - 1].expand_as(x))
    with pytest.raises(ValueError, match="Raise max_len"):
        positions(torch.randn(B, T + 1, D))


def test_a_window_ends() -> None:
    weights = LocalAttention(D, H, 2).attention_weights(torch.randn(B, S, D))
    distance = (torch.arange(S) - torch.arange(S)[:, None]).abs()
    assert torch.equal((weights > 0).all(0).all(0), distance <= 2)


def test_alibi_slopes_are_those_of_the_paper() -> None:
    assert ALiBiAttention(16, 8).slopes() == [2.0**-i for i in range(1, 9)]
    assert ALiBiAttention(12, 6).slopes() == [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]
    bias = ALiBiAttention(16, 8).distance_bias(torch.arange(4) - torch.arange(4)[:, None])
    assert bias[1, 3].tolist() == [-0.75, -0.5, -0.25, 0.0]


def test_distances_share_buckets() -> None:
    back = RelativeAttention(D, H, num_buckets=8, max_distance=16, causal=True)
    assert back.bucket(-torch.arange(6)).tolist() == [0, 1, 2, 3, 4, 4]
    assert back.bucket(torch.tensor([-15, -16, -1000, 5])).tolist() == [7, 7, 7, 0]
    both = RelativeAttention(D, H, num_buckets=8, max_distance=16)
    assert both.bucket(torch.tensor([-100, -1, 0, 1, 100])).tolist() == [3, 1, 0, 5, 7]


def test_additive_attention_equals_the_formula() -> None:
    attention = AdditiveAttention(5, 7, 3)
    query, key, read = torch.randn(B, T, 5), torch.randn(B, S, 7), real_tokens(S)
    found = attention(query, key, read)
    for b in range(B):
        for t in range(T):
            seen = key[b, read[b, 0, 0]]
            energy = attention.score(torch.tanh(attention.q_proj(query[b, t]) + attention.k_proj(seen)))
            equal(found[b, t], (energy.softmax(0) * seen).sum(0))
    equal(attention(query[:, 2], key, read), found[:, 2])
    assert attention.attention_weights(query[:, 2], key).shape == (B, 1, 1, S)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("given", [True, False])
def test_recurrent_layers_equal_torch(layers: int, bidirectional: bool, given: bool) -> None:
    x, h0, c0 = torch.randn(B, T, 5), torch.randn(B, D), torch.randn(B, D)
    directions = 2 if bidirectional else 1
    h_all, c_all = h0.expand(layers * directions, B, D).contiguous(), c0.expand(layers * directions, B, D).contiguous()
    for ours_type, theirs_type in ((RNN, nn.RNN), (GRU, nn.GRU), (LSTM, nn.LSTM)):
        ours = ours_type(5, D, layers, bidirectional=bidirectional)
        theirs = theirs_type(5, D, layers, batch_first=True, bidirectional=bidirectional)
        theirs.load_state_dict(ours.state_dict())
        if ours_type is LSTM:
            y, (h, c) = ours(x, h0, c0) if given else ours(x)
            wanted, (h_last, c_last) = theirs(x, (h_all, c_all)) if given else theirs(x)
            equal(c, torch.cat(list(c_last[-directions:]), -1))
        else:
            y, h = ours(x, h0) if given else ours(x)
            wanted, h_last = theirs(x, h_all) if given else theirs(x)
        equal(y, wanted)
        equal(h, torch.cat(list(h_last[-directions:]), -1))


def test_rnn_with_a_rectifier() -> None:
    ours, theirs = RNN(5, D, nonlinearity="relu"), nn.RNN(5, D, nonlinearity="relu", batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(B, T, 5)
    equal(ours(x)[0], theirs(x)[0])
    assert ours(x)[0].min() == 0


def test_cells_are_steps_of_the_layers() -> None:
    x = torch.randn(B, T, 5)
    for layer, cell in ((RNN(5, D), nn.RNNCell(5, D)), (GRU(5, D), nn.GRUCell(5, D)), (LSTM(5, D), nn.LSTMCell(5, D))):
        cell.load_state_dict({key.removesuffix("_l0"): value for key, value in layer.state_dict().items()})
        state = None
        for t in range(T):
            state = cell(x[:, t], state)
        y, last = layer(x)
        torch.testing.assert_close(state, last, atol=1e-6, rtol=0)
        equal(y[:, -1], last[0] if isinstance(last, tuple) else last)
