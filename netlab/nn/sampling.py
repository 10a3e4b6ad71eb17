"""Random values that a gradient can pass."""

import torch
from torch import Tensor, nn


class Reparameterize(nn.Module):
    """A sample of the Gaussian with this mean and variance while training, its mean otherwise.

    Shapes: mean (…), log_var (…) → (…). The noise comes from outside, so that mean and log_var get gradients
    (Kingma and Welling 2013, "Auto-Encoding Variational Bayes").
    """

    def forward(self, mean: Tensor, log_var: Tensor) -> Tensor:
        if not self.training:
            return mean
        return mean + torch.exp(log_var / 2) * torch.randn_like(mean)
