"""A mixture of mixtures: a primary gate chooses groups, and each group has a gate of
its own.

Shazeer et al. (2017), arXiv:1701.06538, appendix B. With a groups of b experts, an
example is compared with a + k b of them instead of a b.

    (12)  y = Σ_i Σ_j G_primary(x)_i G_i(x)_j E_ij(x)
    (13)  Importance(X)_ij = Σ_x G_primary(x)_i G_i(x)_j
    (14)  Load(X)_ij = Load_primary(X)_i Load_i(X^(i))_j / |X^(i)|,   X^(i) the examples that group i was chosen for

Idea. To the experts nothing changes: an example has k_primary · k_secondary of them,
and the weight of each is a product. So the gates are new, and the dispatch is that of
`mixture_of_experts`.

Read `HierarchicalMixture.forward` for (12), then `HierarchicalRouting` for (13) and
(14).

Deviations from the paper: those of `mixture_of_experts`; and the logits of all groups
are computed, in one product, although only those of the chosen groups are used. With as
few experts as one machine holds, that is the quicker way.
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
    noisy_top_k,
)


@dataclass(frozen=True, eq=False)
class HierarchicalRouting:
    """What two levels of gates decided for T examples; it can stand wherever
    `balance_loss` wants a routing.

    Args:
        primary: which groups, of a.
        secondary: which experts in them, of b, for the T · k_primary pairs of example
            and group, in the order of `primary.chosen`.
    """

    primary: Routing
    secondary: Routing

    @property
    def chosen(self) -> Tensor:
        """Experts of each example, (T, k_primary · k_secondary), numbered through:
        expert j of group i is i b + j.
        """
        groups, b = (
            self.primary.chosen.flatten()[:, None],
            self.secondary.clean.shape[1],
        )
        return (groups * b + self.secondary.chosen).view(len(self.primary.chosen), -1)

    @property
    def weights(self) -> Tensor:
        """G_primary(x)_i G_i(x)_j of these, same shape; each row adds up to one."""
        return (self.primary.weights.flatten()[:, None] * self.secondary.weights).view(
            len(self.primary.weights), -1
        )

    def dense(self) -> Tensor:
        """The weights with their zeros, (T, a b)."""
        experts = self.primary.clean.shape[1] * self.secondary.clean.shape[1]
        return self.weights.new_zeros(len(self.weights), experts).scatter(
            1, self.chosen, self.weights
        )

    def counts(self) -> Tensor:
        """Examples that each expert gets, (a b,) integers."""
        return torch.bincount(
            self.chosen.flatten(),
            minlength=self.primary.clean.shape[1] * self.secondary.clean.shape[1],
        )

    def importance(self) -> Tensor:
        """(a b,)."""
        return self.dense().sum(0)  # eq. 13

    def load(self) -> Tensor:
        """(a b,); without noise the number of examples of each expert, which has no
        gradient.
        """
        group, size = self.primary.chosen.flatten(), self.primary.counts()  # |X^(i)|
        P = self.secondary.probabilities()  # (T k_primary, b)
        within = P.new_zeros(len(size), P.shape[1]).index_add(
            0, group, P
        )  # Load_i(X^(i)), (a, b)
        return (
            self.primary.load()[:, None] * within / size.clamp_min(1)[:, None]
        ).flatten()  # eq. 14


class HierarchicalMixture(nn.Module):
    """The layer with two levels of gates.

    Args:
        width: d, of an example.
        groups: a, and how many experts each has: b.
        k: groups for an example, and experts in each of these.
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
        self.secondary = NoisyTopKGate(
            width * a, b, k[1], noise=noise
        )  # the gates of all groups, one below the other
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
        """Answers (…, out) to examples x (…, d), and how the T examples, flattened,
        were routed; errors as in `MixtureOfExperts`.
        """
        rows = as_rows(x, len(self.primary.W_g))
        primary = self.primary(rows, generator)
        routing = HierarchicalRouting(
            primary, self._secondary(rows, primary, generator)
        )
        y = self.experts(rows, routing.chosen, routing.weights)  # eq. 12
        return y.view(*x.shape[:-1], -1), routing

    def _secondary(
        self, x: Tensor, primary: Routing, generator: torch.Generator | None
    ) -> Routing:
        """The choices inside the chosen groups: a row for each pair of example and
        group.
        """
        pairs = (
            torch.arange(len(x), device=x.device)[:, None],
            primary.chosen,
        )  # (T, 1) and (T, k_primary)

        def of_chosen(W: Tensor) -> Tensor:
            logits = torch.einsum(
                "td,adb->tab", x, W.view(primary.clean.shape[1], x.shape[1], -1)
            )
            return logits[pairs].flatten(0, 1)  # (T k_primary, b)

        gate = self.secondary
        scale = (
            None
            if primary.scale is None or gate.W_noise is None
            else softplus(of_chosen(gate.W_noise))
        )
        return noisy_top_k(of_chosen(gate.W_g), scale, gate.k, generator)
