"""A mixture of mixtures: a primary gate chooses groups, and each group has a gate of
its own.

Shazeer et al. (2017), arXiv:1701.06538, appendix B. With a groups of b experts, an
example is compared with a + k b of them instead of a b.

    (12)  y = Σ_i Σ_j G_primary(x)_i G_i(x)_j E_ij(x)
    (13)  Importance(X)_ij = Σ_x G_primary(x)_i G_i(x)_j
    (14)  Load(X)_ij = Load_primary(X)_i Load_i(X^(i))_j / |X^(i)|
          X^(i): the examples that group i was chosen for

Idea. To the experts nothing changes: an example has k_primary · k_secondary of them,
and the weight of each is a product. So the gates are new, and the dispatch is that of
`mixture_of_experts`.

Read `HierarchicalMixture.forward` for (12), then `HierarchicalRouting` for (13) and
(14).

Deviations from the paper: those of `mixture_of_experts`; and the logits of all groups
are computed, in one product, although only the logits of the chosen groups are used.
With as few experts as one machine holds, that is the quicker way.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from lecture_code.gradients.mixture_of_experts import (
    Experts,
    NoisyTopKGate,
    Routing,
    as_rows,
    at_precision_of,
    noisy_top_k,
)


@dataclass(frozen=True, eq=False)
class HierarchicalRouting:
    """The choices of two levels of gates for T examples; it can stand wherever
    `balance_loss` wants a routing.

    Args:
        primary: the choice of groups, of a.
        secondary: the choice of experts inside them, of b, with a row for each of the
            T · k_primary pairs of example and group, in the order of `primary.chosen`.
    """

    primary: Routing
    secondary: Routing

    @property
    def experts(self) -> int:
        """a b, the number of experts in all groups."""
        return self.primary.clean.shape[1] * self.secondary.clean.shape[1]

    @property
    def chosen(self) -> Tensor:
        """Experts of each example, (T, k_primary · k_secondary), numbered through:
        expert j of group i is i b + j.
        """
        groups = self.primary.chosen.flatten()
        b = self.secondary.clean.shape[1]
        numbers = groups[:, None] * b + self.secondary.chosen
        return numbers.view(len(self.primary.chosen), -1)

    @property
    def weights(self) -> Tensor:
        """G_primary(x)_i G_i(x)_j of the chosen experts, in the shape of `chosen`; each
        row adds up to one.
        """
        products = self.primary.weights.flatten()[:, None] * self.secondary.weights
        return products.view(len(self.primary.weights), -1)

    def dense(self) -> Tensor:
        """The weights with their zeros, (T, a b)."""
        weights = self.weights
        zeros = weights.new_zeros(len(weights), self.experts)
        return zeros.scatter(1, self.chosen, weights)

    def counts(self) -> Tensor:
        """Number of examples of each expert, (a b,) integers."""
        return torch.bincount(self.chosen.flatten(), minlength=self.experts)

    def importance(self) -> Tensor:
        """Sum of each expert's weights over all examples, (a b,)."""
        return self.dense().sum(0)  # eq. 13

    def load(self) -> Tensor:
        """Expected number of examples of each expert, (a b,); without noise the number
        itself, which has no gradient.
        """
        group = self.primary.chosen.flatten()
        size = self.primary.counts()  # |X^(i)|
        P = self.secondary.probabilities()  # (T k_primary, b)
        within = P.new_zeros(len(size), P.shape[1]).index_add(0, group, P)
        # within: Load_i(X^(i)), (a, b)
        load = self.primary.load()[:, None] * within / size.clamp_min(1)[:, None]
        return load.flatten()  # eq. 14


class HierarchicalMixture(nn.Module):
    """The layer with two levels of gates.

    Args:
        width: d, the number of features of an example.
        groups: a, the number of groups, and b, the number of experts in each.
        k: number of groups for an example, and of experts in each of these groups.
        hidden, out, generator, noise, backend: as in `MixtureOfExperts`.

    Raises:
        ValueError: a size that is out of range, named.
    """

    def __init__(
        self,
        width: int,
        groups: tuple[int, int],
        k: tuple[int, int],
        hidden: int,
        out: int | None = None,
        *,
        generator: torch.Generator,
        noise: bool = True,
        backend: str = "auto",
    ) -> None:
        super().__init__()
        a, b = groups
        self.primary = NoisyTopKGate(width, a, k[0], noise=noise)
        # the gates of all groups, one below the other
        self.secondary = NoisyTopKGate(width * a, b, k[1], noise=noise)
        self.experts = Experts(
            a * b,
            width,
            hidden,
            width if out is None else out,
            generator=generator,
            backend=backend,
        )

    def forward(
        self, x: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, HierarchicalRouting]:
        """Answers (…, out) to examples x (…, d), and the routing of the T examples,
        flattened; errors as in `MixtureOfExperts`.
        """
        rows = as_rows(x, len(self.primary.W_g))
        primary = self.primary(rows, generator)
        secondary = self._secondary(rows, primary, generator)
        routing = HierarchicalRouting(primary, secondary)
        y = self.experts(rows, routing.chosen, routing.weights)  # eq. 12
        return y.view(*x.shape[:-1], -1), routing

    def _secondary(
        self, x: Tensor, primary: Routing, generator: torch.Generator | None
    ) -> Routing:
        """The choices inside the chosen groups: a row for each pair of example and
        group.
        """
        gate = self.secondary
        a = primary.clean.shape[1]
        x = at_precision_of(gate.W_g, x)
        example = torch.arange(len(x), device=x.device)[:, None]  # (T, 1)

        def logits_in_chosen_groups(W: Tensor) -> Tensor:
            logits = torch.einsum("td,adb->tab", x, W.view(a, x.shape[1], -1))
            return logits[example, primary.chosen].flatten(0, 1)  # (T k_primary, b)

        noise = None if primary.scale is None else gate.W_noise
        with torch.autocast(x.device.type, enabled=False):
            scale = None if noise is None else softplus(logits_in_chosen_groups(noise))
            clean = logits_in_chosen_groups(gate.W_g)
            return noisy_top_k(clean, scale, gate.k, generator)
