"""The gate of a mixture of experts: noisy top-k choice, and the losses that keep all
experts at work.

Shazeer et al. (2017), arXiv:1701.06538, section 2.1, section 4 and appendix A; the
experts, and where to start reading, are in `mixture_of_experts.py`.

     (2)  G_σ(x) = Softmax(x W_g)            the dense gate: all experts are asked
     (3)  G(x) = Softmax(KeepTopK(H(x), k))  the sparse gate; for the k chosen experts
          G(x)_i = exp H(x)_i / Σ_j exp H(x)_j, j over the chosen; 0 for all others
     (4)  H(x)_i = (x W_g)_i + ε_i Softplus((x W_noise)_i),  ε ~ N(0, 1)
     (5)  KeepTopK(v, k)_i = v_i if v_i is among the k largest, −∞ otherwise
     (6)  Importance(X)_i = Σ_x G(x)_i
     (7)  L_importance = w_importance CV(Importance(X))²
          CV: standard deviation / mean
     (8)  P(x, i) = Pr[expert i is among the k | the other ε as they are]
     (9)         = Φ(((x W_g)_i − kth_excluding(H(x), k, i)) / Softplus((x W_noise)_i))
    (10)  Load(X)_i = Σ_x P(x, i)
    (11)  L_load = w_load CV(Load(X))²

Idea. The choice of the k experts is discrete and has no derivative. The gradient passes
through the *weights* of the chosen experts, so with k ≥ 2 they compete, and the gate
learns which of them to trust. The gate never compares experts that it did not ask; the
noise of (4) makes it ask other experts now and then. The noise also turns the number of
examples of an expert, which has no derivative, into an expectation that has one (9).

Read `noisy_top_k` for (3) to (5), `Routing` for (6) and (10), `prob_in_top_k` and
`kth_excluding` for (9).

Deviations from the paper:
* Standard deviations in (9) are at least `LEAST_SCALE`; the paper has no such bound.
* With k = n every P(x, i) is one, and without noise the load is the plain number of
  examples: a constant, as far as gradients are concerned.
* Under `torch.autocast` the gate keeps the precision of its matrices: in 8 or 11 bits
  many logits are equal, and the choice between equal logits is arbitrary.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

LEAST_SCALE = 1e-6


@dataclass(frozen=True, eq=False)
class Routing:
    """The experts of T examples, and the numbers from which the gate chose them.

    Args:
        chosen: the k experts of each example, the best first, (T, k) integers.
        weights: G(x) of the chosen experts, (T, k); each row adds up to one.
        clean: x W_g, (T, n).
        noisy: H(x), (T, n); the same as `clean` without noise.
        scale: Softplus(x W_noise), (T, n); None without noise.
    """

    chosen: Tensor
    weights: Tensor
    clean: Tensor
    noisy: Tensor
    scale: Tensor | None = None

    def dense(self) -> Tensor:
        """G(x) with its zeros, (T, n)."""
        return torch.zeros_like(self.clean).scatter(1, self.chosen, self.weights)

    def counts(self) -> Tensor:
        """Number of examples of each expert, (n,) integers."""
        return torch.bincount(self.chosen.flatten(), minlength=self.clean.shape[1])

    def importance(self) -> Tensor:
        """Sum of each expert's weights over all examples, (n,)."""
        n = self.clean.shape[1]
        experts, weights = self.chosen.flatten(), self.weights.flatten()
        return weights.new_zeros(n).index_add(0, experts, weights)  # eq. 6

    def probabilities(self) -> Tensor:
        """P(x, i), (T, n); without noise the choice is certain: ones and zeros, which
        have no gradient.
        """
        if self.scale is None:
            return torch.zeros_like(self.clean).scatter(1, self.chosen, 1.0)
        return prob_in_top_k(self.clean, self.noisy, self.scale, self.chosen)

    def load(self) -> Tensor:
        """Expected number of examples of each expert, (n,)."""
        return self.probabilities().sum(0)  # eq. 10


def noisy_top_k(
    clean: Tensor, scale: Tensor | None, k: int, generator: torch.Generator | None
) -> Routing:
    """The choice of k experts for each example.

    Args:
        clean: x W_g, (T, n).
        scale: standard deviation of the noise, (T, n); None for no noise.
        k: experts of each example.
        generator: draws the noise.
    """
    H = clean  # x W_g
    if scale is not None:  # Softplus(x W_noise)
        epsilon = torch.randn(
            clean.shape, generator=generator, device=clean.device, dtype=clean.dtype
        )  # StandardNormal(): ~ N(0, 1)
        H = clean + epsilon * scale  # eq. 4
    kept, chosen = H.topk(k, dim=1)  # eq. 5: the k values that are not −∞
    G = kept.softmax(1)  # eq. 3, for the k chosen experts
    return Routing(chosen, G, clean, H, scale)


def prob_in_top_k(
    clean: Tensor, noisy: Tensor, scale: Tensor, chosen: Tensor
) -> Tensor:
    """P(x, i): the chance that expert i is chosen if only its own noise is drawn again.

    Args:
        clean: x W_g, (T, n).
        noisy: H(x), (T, n).
        scale: standard deviation of the noise, (T, n).
        chosen: the experts with the k largest noisy logits, the best first, (T, k).

    Returns:
        (T, n). Smooth in all arguments, the other experts' noisy logits included.
    """
    k, n = chosen.shape[1], clean.shape[1]
    if k == n:
        return torch.ones_like(clean)
    margin = clean - kth_excluding(noisy, chosen)  # (T, n)
    P: Tensor = torch.special.ndtr(margin / scale.clamp_min(LEAST_SCALE))  # eq. 9
    return P


def kth_excluding(noisy: Tensor, chosen: Tensor) -> Tensor:
    """Logit that each expert must exceed to be chosen, (T, n): the k-th largest noisy
    logit of the *other* experts.

    For an expert outside of the k it is the smallest logit of the k. For an expert
    among the k it is the largest logit outside.

    Args:
        noisy: H(x), (T, n).
        chosen: the experts with the k largest noisy logits, the best first, (T, k);
            k < n.
    """
    # Without itself, an expert of the k competes for k places with k - 1 experts of the
    # k and all outside. So the k-th largest logit of the others is the largest outside.
    outside = noisy.detach().scatter(1, chosen, -torch.inf)
    kth = noisy.gather(1, chosen[:, -1:])  # (T, 1)
    next_best = noisy.gather(1, outside.argmax(1, keepdim=True))  # (T, 1)
    return kth.expand_as(noisy).scatter(1, chosen, next_best.expand_as(chosen))


def cv_squared(v: Tensor) -> Tensor:
    """(standard deviation / mean)² of a vector, with the population's deviation: 0 if
    and only if all entries are equal, whatever their scale.
    """
    return v.var(correction=0) / v.mean().square()


def balance_loss(
    routing: Routing, w_importance: float = 0.1, w_load: float = 0.1
) -> Tensor:
    """The sum of both balancing losses, a scalar to add to the task's loss, so that no
    expert is forgotten.
    """
    L_importance = w_importance * cv_squared(routing.importance())  # eq. 7
    L_load = w_load * cv_squared(routing.load())  # eq. 11
    return L_importance + L_load


class NoisyTopKGate(nn.Module):
    """The two matrices that choose k of n experts for each example.

    Both start at zero, so that at first chance alone decides, and all experts are
    chosen equally often.

    Args:
        width: d, the number of features of an example.
        experts: n.
        k: number of experts that answer each example.
        noise: draw the noise of (4) while training. Without it, and as long as `W_g` is
            zero, the first k experts get everything.

    Raises:
        ValueError: k is not between 1 and n, or a size is not positive.
    """

    def __init__(
        self,
        width: int,
        experts: int,
        k: int,
        *,
        noise: bool = True,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if width < 1 or experts < 1:
            raise ValueError(
                f"width and experts must be at least 1; got {width} and {experts}"
            )
        if not 1 <= k <= experts:
            raise ValueError(f"k must lie between 1 and the {experts} experts; got {k}")
        self.k = k
        self.W_g = nn.Parameter(torch.zeros(width, experts, device=device, dtype=dtype))
        self.W_noise = nn.Parameter(torch.zeros_like(self.W_g)) if noise else None

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Routing:
        """Choose for examples x (T, d); `generator` draws the noise, and is needed
        while training with noise.
        """
        noise = self.W_noise if self.training else None
        if noise is not None and generator is None:
            raise ValueError(
                "while it trains, the gate draws noise: pass "
                "generator=torch.Generator(), or call eval() first"
            )
        x = at_precision_of(self.W_g, x)
        with torch.autocast(x.device.type, enabled=False):
            scale = None if noise is None else softplus(x @ noise)
            return noisy_top_k(x @ self.W_g, scale, self.k, generator)


def at_precision_of(W: Tensor, x: Tensor) -> Tensor:
    """x in the precision of W under `torch.autocast`, where it may differ; else x."""
    return x.to(W.dtype) if torch.is_autocast_enabled(x.device.type) else x
