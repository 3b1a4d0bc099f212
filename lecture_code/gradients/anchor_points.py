"""Anchor points: which earlier layers a layer reads, from a controller's states.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.3. The controller writes the layers of a network one after
the other. Its state h_i at the anchor point of layer i is compared with the states h_j
at the earlier anchor points:

    (1)  P(layer j is an input of layer i) = sigmoid(vᵀ tanh(W_prev h_j + W_curr h_i))

Idea. Each pair of layers gets a coin, and the bias of the coin comes from what the
controller has written about both. All pairs share W_prev, W_curr and v, so the number
of parameters does not depend on the number of layers. The coins are choices as all
others: their log-probabilities are added to those of the tokens.

Read `AnchorPoints.logits`, then `AnchorPoints.log_prob`. `architecture_space.repaired`
makes a network of any choice of inputs.

Choice where the paper says nothing: the states are given, all at once. In a controller
whose next state depends on the coins, call `logits` after each layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid


class AnchorPoints(nn.Module):
    """Which earlier layers a layer reads, from the controller's states.

    Args:
        hidden: size H of a state.
        generator: draws all weights uniformly from ±0.08, as the paper's controller.
    """

    def __init__(self, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.W_prev = nn.Parameter(torch.empty(hidden, hidden))
        self.W_curr = nn.Parameter(torch.empty(hidden, hidden))
        self.v = nn.Parameter(torch.empty(hidden))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.08, 0.08, generator=generator)

    def logits(self, states: Tensor) -> Tensor:
        """vᵀ tanh(W_prev h_j + W_curr h_i) for states (N, H) of N layers, (N, N): row
        i, column j. Only entries with j < i mean something.
        """
        previous = states @ self.W_prev.T  # (N, H), of layer j
        current = states @ self.W_curr.T  # (N, H), of layer i
        return torch.tanh(previous[None] + current[:, None]) @ self.v  # eq. 1

    def forward(self, states: Tensor) -> Tensor:
        """P(layer j is an input of layer i), (N, N); 0 where j is not before i."""
        return torch.sigmoid(self.logits(states)).tril(-1)

    def sample(self, states: Tensor, generator: torch.Generator) -> Tensor:
        """Choices (N, N), 0 or 1, each drawn for itself; `anchor_rows` gives them to
        `repaired`.
        """
        return torch.bernoulli(self(states), generator=generator)

    def log_prob(self, states: Tensor, choices: Tensor) -> Tensor:
        """Log-probability of choices (N, N): a sum over all pairs with j < i, ()."""
        signs = 2 * choices - 1  # P(no) = sigmoid(−logit)
        return logsigmoid(signs * self.logits(states)).tril(-1).sum()


def anchor_rows(choices: Tensor) -> list[list[int]]:
    """Choices (N, N) as `repaired` reads them: row i with its entries before i."""
    return [[int(choices[i, j]) for j in range(i)] for i in range(len(choices))]
