"""Masks and changed images, drawn on the device for a whole batch: a function of (seed, epoch, row), of nothing else.

The numbers come from a counter: each is a hash of seed, epoch, row and its place in the row. So a row gets the same
mask whatever batch it is in, on every device, and after any interruption.
"""

from __future__ import annotations

import math
from typing import assert_never

import torch
import torch.nn.functional as F

from netlab.data.draws import ChangeImages, Draw, DropTokens, MaskTokens

Batch = dict[str, torch.Tensor]
MASKED, CHANGED = 0.8, 0.9  # below the first hidden, below the second another token, above as it is


class Dice:
    """Random numbers for the rows of one batch, each rolled by name."""

    def __init__(self, seed: int, epoch: int, rows: torch.Tensor) -> None:
        self.rows = rows.to(torch.int64)
        self.key = _mixed(torch.tensor(seed * 1_000_003 + epoch, dtype=torch.int64)).item()

    def uniform(self, purpose: int, *sizes: int) -> torch.Tensor:
        """Numbers from 0 up to 1, float32 (rows, *sizes); other ones for each purpose."""
        count = math.prod(sizes)
        start = _mixed(_mixed(self.rows ^ self.key) + purpose)
        places = torch.arange(count, device=self.rows.device, dtype=torch.int64)
        bits = _mixed(start[:, None] + places[None] * -7046029254386353131)
        return (bits >> 40 & 0xFFFFFF).to(torch.float32).mul_(2.0**-24).reshape(len(self.rows), *sizes)

    def normal(self, purpose: int, *sizes: int) -> torch.Tensor:
        """Numbers of mean 0 and deviation 1 (Box and Muller 1958), float32 (rows, *sizes)."""
        radius = self.uniform(purpose, *sizes).clamp_min(2.0**-24).log_().mul_(-2).sqrt_()
        return radius * self.uniform(purpose + 1, *sizes).mul_(2 * math.pi).cos_()


def _mixed(x: torch.Tensor) -> torch.Tensor:
    """Scatter the bits of int64 numbers (the finalizer of splitmix64, Steele, Lea and Flood 2014)."""
    x = (x ^ (x >> 30 & 0x3FFFFFFFF)) * -4658895280553007687
    x = (x ^ (x >> 27 & 0x1FFFFFFFFF)) * -7723592293110705685
    return x ^ (x >> 31 & 0x1FFFFFFFF)


def drawn(batch: Batch, draws: tuple[Draw, ...], seed: int, epoch: int, rows: torch.Tensor) -> Batch:
    """The batch with everything drawn anew that its data wants so; `rows` are the numbers of its rows."""
    for place, draw in enumerate(draws):
        if draw.field in batch:
            dice = Dice(seed * 31 + place, epoch, rows.to(batch[draw.field].device))
            batch = batch | _apply(draw, batch, dice)
    return batch


def _apply(draw: Draw, batch: Batch, dice: Dice) -> Batch:
    match draw:
        case MaskTokens():
            return _mask(draw, batch, dice)
        case DropTokens():
            tokens = batch[draw.field]
            hit = (dice.uniform(0, tokens.shape[1]) < draw.share) & (tokens >= draw.first)
            return {draw.field: torch.where(hit, draw.by, tokens)}
        case ChangeImages():
            return {draw.field: _change(draw, batch[draw.field], dice)}
        case _:
            assert_never(draw)


def _mask(draw: MaskTokens, batch: Batch, dice: Dice) -> Batch:
    tokens, before = batch[draw.field], batch.get(draw.original)
    plain = tokens if before is None else torch.where(before > 0, before, tokens)
    length = plain.shape[1]
    chosen = (plain >= draw.first) & (dice.uniform(0, length) < draw.share)
    lot = dice.uniform(1, length)
    other = (draw.first + dice.uniform(2, length) * (draw.size - draw.first)).long()
    shown = torch.where(chosen & (lot < MASKED), draw.mask, plain)
    shown = torch.where(chosen & (lot >= MASKED) & (lot < CHANGED), other, shown)
    return {draw.field: shown, draw.original: torch.where(chosen, plain, 0)}


def _change(draw: ChangeImages, x: torch.Tensor, dice: Dice) -> torch.Tensor:
    """Images (B, C, H, W) changed each in its own way."""
    n, c, h, w = x.shape
    if draw.flip != "no":
        x = torch.where(_coin(dice, 0), x.flip(-1), x)
    if draw.flip == "both":
        x = torch.where(_coin(dice, 1), x.flip(-2), x)
    if draw.rotate or draw.shift:
        x = _moved(x, dice, draw)
    if draw.colour:
        strength = 1 + draw.colour * (2 * dice.uniform(10, 2, 1, 1, 1) - 1)
        mean = x.mean((1, 2, 3), keepdim=True)
        x = (x - mean) * strength[:, 0] + mean + (strength[:, 1] - 1)
    if draw.noise:
        x = x + draw.noise * dice.normal(20, c, h, w)
    if draw.cutout:
        x = _cut_out(x, dice, draw.cutout)
    if draw.mixup and n > 1:
        x = _blend(x, dice, draw.mixup)
    return x


def _coin(dice: Dice, purpose: int) -> torch.Tensor:
    return dice.uniform(purpose, 1, 1, 1) < 0.5


def _moved(x: torch.Tensor, dice: Dice, draw: ChangeImages) -> torch.Tensor:
    """Turned and shifted; what comes in from outside repeats the border."""
    _, _, h, w = x.shape
    angle = math.radians(draw.rotate) * (2 * dice.uniform(30) - 1)
    step = (dice.uniform(31, 2) * (2 * draw.shift + 1)).floor() - draw.shift
    cos, sin = angle.cos(), angle.sin()
    right = torch.stack([cos, -sin * h / w, step[:, 0] * 2 / w], 1)
    down = torch.stack([sin * w / h, cos, step[:, 1] * 2 / h], 1)
    grid = F.affine_grid(torch.stack([right, down], 1).to(x.dtype), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _cut_out(x: torch.Tensor, dice: Dice, side: int) -> torch.Tensor:
    """A square at a random place, which may reach over the border, set to 0, the mean of normalised images."""
    _, _, h, w = x.shape
    middle = dice.uniform(40, 2)
    rows = torch.arange(h, device=x.device)[None, :] - (middle[:, :1] * h).floor()
    columns = torch.arange(w, device=x.device)[None, :] - (middle[:, 1:] * w).floor()
    inside = (rows.abs() * 2 <= side)[:, :, None] & (columns.abs() * 2 <= side)[:, None, :]
    return x.masked_fill(inside[:, None], 0.0)


def _blend(x: torch.Tensor, dice: Dice, alpha: float) -> torch.Tensor:
    """Each image with the one behind it in the batch, keeping the larger share λ ~ Beta(α, α)."""
    a, b = (_gamma_like(dice, 50 + 4 * i, alpha) for i in range(2))
    share = a / (a + b)
    share = torch.maximum(share, 1 - share)[:, None, None, None]
    return share * x + (1 - share) * x.roll(1, 0)


def _gamma_like(dice: Dice, purpose: int, alpha: float) -> torch.Tensor:
    """Gamma numbers of shape α (Jöhnk's for small α is slow in batches; the Wilson and Hilferty 1931 cube is not)."""
    boosted = alpha + 1 if alpha < 1 else alpha
    z = dice.normal(purpose)
    cube = (1 - 1 / (9 * boosted) + z / (3 * math.sqrt(boosted))).clamp_min(1e-3) ** 3
    gamma = boosted * cube
    if alpha < 1:
        gamma = gamma * dice.uniform(purpose + 2).clamp_min(1e-6) ** (1 / alpha)
    return gamma.clamp_min(1e-12)
