"""Losses that torch has not, or not in this form."""

import torch
from torch import Tensor
from torch.nn import functional as F


def ctc_loss(log_probs: Tensor, target: Tensor) -> Tensor:
    """CTC loss (Graves et al. 2006) of whole sequences, with class 0 as the blank and as the padding of the target.

    Shapes: log_probs (B, T, classes), target (B, S) → a scalar. A target that does not fit into T steps counts 0.
    """
    if log_probs.is_meta:  # torch has no rule for the shape
        return log_probs.sum()
    steps = torch.full((log_probs.shape[0],), log_probs.shape[1], device=log_probs.device)
    lengths = (target != 0).sum(1)
    return F.ctc_loss(log_probs.transpose(0, 1), target, steps, lengths, zero_infinity=True)


def info_nce(a: Tensor, b: Tensor, temperature: float = 0.1, symmetric: bool = False) -> Tensor:
    """InfoNCE loss (van den Oord et al. 2018): find for each row of a its partner among all rows of b.

    Shapes: a (B, d), b (B, d) → a scalar. `symmetric` also finds for each row of b its partner in a.
    """
    scores = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T / temperature  # (B, B)
    partner = torch.arange(len(scores), device=scores.device)
    if symmetric:
        return (F.cross_entropy(scores, partner) + F.cross_entropy(scores.T, partner)) / 2
    return F.cross_entropy(scores, partner)
