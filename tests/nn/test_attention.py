"""Multi-head attention against torch's own, its mask, and its weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from netlab.nn.attention import MultiHeadAttention

B, T, S, D, H = 2, 6, 9, 16, 4


@pytest.fixture(autouse=True)
def one_seed() -> None:
    torch.manual_seed(0)


def twins(d_key: int = D, d_value: int = D, bias: bool = True) -> tuple[MultiHeadAttention, nn.MultiheadAttention]:
    """Ours and torch's with the same weights."""
    ours = MultiHeadAttention(D, H, d_key=d_key, d_value=d_value, bias=bias)
    theirs = nn.MultiheadAttention(D, H, kdim=d_key, vdim=d_value, bias=bias, batch_first=True)
    projections = (ours.q_proj, ours.k_proj, ours.v_proj)
    with torch.no_grad():
        if theirs.in_proj_weight is not None:
            theirs.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
        else:
            for name, p in zip("qkv", projections, strict=True):
                getattr(theirs, f"{name}_proj_weight").copy_(p.weight)
        theirs.out_proj.weight.copy_(ours.out_proj.weight)
        if bias:
            theirs.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
            theirs.out_proj.bias.copy_(ours.out_proj.bias)
    return ours, theirs


@pytest.mark.parametrize("bias", [True, False])
def test_self_attention_equals_torch(bias: bool) -> None:
    ours, theirs = twins(bias=bias)
    x = torch.randn(B, T, D)
    wanted, weights = theirs(x, x, x, average_attn_weights=False)
    torch.testing.assert_close(ours(x), wanted, atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.attention_weights(x), weights, atol=1e-6, rtol=0)


def test_cross_attention_equals_torch() -> None:
    ours, theirs = twins(d_key=10, d_value=12)
    query, key, value = torch.randn(B, T, D), torch.randn(B, S, 10), torch.randn(B, S, 12)
    wanted, weights = theirs(query, key, value, average_attn_weights=False)
    torch.testing.assert_close(ours(query, key, value), wanted, atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.attention_weights(query, key, value), weights, atol=1e-6, rtol=0)


def test_causal_equals_torch() -> None:
    ours, theirs = twins()
    ours.causal = True
    x = torch.randn(B, T, D)
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    wanted, weights = theirs(x, x, x, attn_mask=future, average_attn_weights=False)
    torch.testing.assert_close(ours(x), wanted, atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.attention_weights(x), weights, atol=1e-6, rtol=0)


def test_the_future_does_not_matter_to_a_causal_one() -> None:
    causal, free = MultiHeadAttention(D, H, causal=True), MultiHeadAttention(D, H)
    x = torch.randn(B, T, D)
    changed = x.clone()
    changed[:, 3:] = torch.randn(B, T - 3, D)
    torch.testing.assert_close(causal(x)[:, :3], causal(changed)[:, :3])
    assert not torch.allclose(free(x)[:, :3], free(changed)[:, :3])
    assert not torch.allclose(causal(x)[:, 3:], causal(changed)[:, 3:])


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("cross", [True, False])
def test_the_weights_reproduce_forward(causal: bool, cross: bool) -> None:
    attention = MultiHeadAttention(D, H, causal=causal, dropout=0.5).eval()
    query = torch.randn(B, T, D)
    key = torch.randn(B, S, D) if cross else None
    weights = attention.attention_weights(query, key)
    source = query if key is None else key
    assert weights.shape == (B, H, T, source.size(1))
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, H, T))
    value: Tensor = attention.v_proj(source).unflatten(-1, (H, -1)).transpose(1, 2)
    again = attention.out_proj((weights @ value).transpose(1, 2).flatten(2))
    torch.testing.assert_close(attention(query, key), again, atol=1e-6, rtol=0)
    if causal:
        assert weights.triu(1).abs().max() == 0


def test_dropout_only_while_training() -> None:
    attention = MultiHeadAttention(D, H, dropout=0.5)
    x = torch.randn(B, T, D)
    assert not torch.equal(attention(x), attention(x))
    attention.eval()
    assert torch.equal(attention(x), attention(x))


def test_heads_have_to_divide_the_features() -> None:
    with pytest.raises(ValueError, match="multiple of num_heads"):
        MultiHeadAttention(10, 4)
