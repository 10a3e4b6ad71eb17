"""What is drawn anew in each epoch: the same for the same seed, epoch and row, and as often as it should be."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from netlab.data.draws import ChangeImages, DropTokens, MaskTokens
from netlab.engine.drawing import Dice, drawn

MASK = MaskTokens("tokens", "original", 0.15, mask=3, first=4, size=100)


def tokens(rows: int, length: int, seed: int) -> torch.Tensor:
    """Rows of CLS, words, SEP and padding, each of its own length."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randint(4, 100, (rows, length), generator=generator)
    ends = torch.randint(3, length, (rows, 1), generator=generator)
    places = torch.arange(length)[None]
    words[:, 0] = 1
    return torch.where(places < ends, words, torch.where(places == ends, 2, 0))


@settings(deadline=None, max_examples=40)
@given(
    share=st.floats(0.05, 0.6),
    length=st.integers(8, 64),
    seed=st.integers(0, 2**31 - 1),
    epoch=st.integers(0, 1000),
)
def test_masks_are_as_bert_was_trained(share: float, length: int, seed: int, epoch: int) -> None:
    plain = tokens(2000, length, seed % 1000)
    draw = MaskTokens("tokens", "original", share, mask=3, first=4, size=100)
    batch = drawn({"tokens": plain}, (draw,), seed, epoch, torch.arange(2000))
    shown, original = batch["tokens"], batch["original"]
    chosen, words = original > 0, plain >= 4
    assert not (chosen & ~words).any()  # padding and separators are never chosen
    assert torch.equal(original[chosen], plain[chosen])
    assert torch.equal(shown[~chosen], plain[~chosen])
    n = int(words.sum())

    def near(count: torch.Tensor, share: float, of: int) -> None:
        assert abs(int(count) - share * of) < 5 * (share * (1 - share) * of) ** 0.5 + 1

    near(chosen.sum(), share, n)
    k = int(chosen.sum())
    near((shown[chosen] == 3).sum(), 0.8, k)
    kept = 0.1 + 0.1 / 96  # another token may by chance be the same
    near((shown[chosen] == plain[chosen]).sum(), kept, k)
    assert shown[chosen].min() >= 3
    assert shown.max() < 100


def test_masks_are_drawn_from_what_was_masked_before() -> None:
    plain = tokens(500, 32, 0)
    once = drawn({"tokens": plain}, (MASK,), 0, 0, torch.arange(500))
    again = drawn(once, (MASK,), 0, 1, torch.arange(500))
    afresh = drawn({"tokens": plain}, (MASK,), 0, 1, torch.arange(500))
    assert all(torch.equal(again[name], afresh[name]) for name in again)
    assert not torch.equal(once["original"], again["original"])


IMAGES = ChangeImages("image", flip="both", shift=2, rotate=15, colour=0.3, noise=0.1, cutout=4)


@pytest.mark.parametrize("draw", [MASK, DropTokens("tokens", 0.3, 3, 4), IMAGES], ids=["mask", "drop", "images"])
def test_a_row_is_drawn_the_same_in_any_batch(draw: MaskTokens | DropTokens | ChangeImages) -> None:
    batch = {
        "tokens": tokens(64, 16, 1),
        "image": torch.randn(64, 3, 12, 12, generator=torch.Generator().manual_seed(0)),
    }
    rows = torch.arange(100, 164)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(1))
    whole = drawn(batch, (draw,), 7, 3, rows)
    shuffled = drawn({n: t[order] for n, t in batch.items()}, (draw,), 7, 3, rows[order])
    for name in whole:
        assert torch.allclose(whole[name][order], shuffled[name], atol=1e-6)
    for seed, epoch in ((8, 3), (7, 4)):
        other = drawn(batch, (draw,), seed, epoch, rows)
        assert not torch.equal(other[draw.field], whole[draw.field])


def test_dice_are_fair() -> None:
    numbers = Dice(3, 5, torch.arange(20_000)).uniform(0, 8)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert numbers.mean().item() == pytest.approx(0.5, abs=0.005)
    assert numbers.var().item() == pytest.approx(1 / 12, abs=0.002)
    correlations = torch.corrcoef(numbers.T) - torch.eye(8)
    assert correlations.abs().max() < 0.03
    along = torch.corrcoef(torch.stack([numbers[1:, 0], numbers[:-1, 0]]))[0, 1]
    assert abs(along.item()) < 0.03
    normal = Dice(3, 5, torch.arange(20_000)).normal(4, 4)
    assert normal.mean().item() == pytest.approx(0, abs=0.02)
    assert normal.std().item() == pytest.approx(1, abs=0.02)


def image() -> torch.Tensor:
    return torch.arange(2 * 3 * 8 * 8, dtype=torch.float32).reshape(2, 3, 8, 8).repeat(200, 1, 1, 1)


def changed(**options: object) -> torch.Tensor:
    x = image()
    return drawn({"image": x}, (ChangeImages("image", **options),), 0, 0, torch.arange(len(x)))["image"]  # type: ignore[arg-type]


def test_images_are_flipped_half_of_the_time() -> None:
    x, made = image(), changed(flip="horizontal")
    same = (made == x).flatten(1).all(1)
    mirrored = (made == x.flip(-1)).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 150 < int(same.sum()) < 250


def test_images_are_shifted_by_whole_pixels() -> None:
    x, made = image(), changed(shift=1)
    moved = {
        (dy, dx): (made[:, :, 2:6, 2:6] - x[:, :, 2 + dy : 6 + dy, 2 + dx : 6 + dx]).abs().flatten(1).amax(1) < 1e-3
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
    }
    assert torch.stack(list(moved.values())).any(0).all()
    assert all(hits.any() for hits in moved.values())


def test_images_are_turned_cut_out_coloured_and_blended() -> None:
    x = image()
    quarter = changed(rotate=90)
    assert not torch.allclose(quarter, x)
    assert quarter.min() >= x.min()
    assert quarter.max() <= x.max()
    hidden = (changed(cutout=4) == 0).sum((1, 2, 3))
    assert hidden.max() >= 3 * 16
    assert hidden.max() <= 3 * 25 + 1
    coloured = changed(colour=0.5)
    assert torch.allclose(coloured.argsort(-1), x.argsort(-1))  # what was brighter stays brighter
    noisy = changed(noise=0.5) - x
    assert noisy.std().item() == pytest.approx(0.5, abs=0.02)
    blended = changed(mixup=0.4)
    towards = (blended - x).abs().flatten(1).amax(1) / (x.roll(1, 0) - x).abs().flatten(1).amax(1)
    assert towards.max() <= 0.5 + 1e-5
    assert towards.min() >= 0
    assert towards.std() > 0.05


def test_dropped_tokens_are_as_many_as_wanted() -> None:
    plain = tokens(2000, 32, 2)
    made = drawn({"tokens": plain}, (DropTokens("tokens", 0.2, by=3, first=4),), 0, 0, torch.arange(2000))["tokens"]
    words = plain >= 4
    assert torch.equal(made[~words], plain[~words])
    assert (made[words] == 3).float().mean().item() == pytest.approx(0.2, abs=0.01)
