"""The sparsely-gated mixture of experts: a layer with n networks of which each example
pays for k.

Shazeer, Mirhoseini, Maziarz, Davis, Le, Hinton & Dean, "Outrageously Large Neural
Networks: The Sparsely-Gated Mixture-of-Experts Layer" (2017), arXiv:1701.06538,
sections 2 to 4 and appendix A. Equations (2) to (5) are the lecture's; "Per example
routing" is what they do.

     (1)  y = Σ_i G(x)_i E_i(x)                                       only where G(x)_i ≠ 0 is an expert asked
     (2)  G_σ(x) = Softmax(x W_g)                                     the dense gate: all experts are asked
     (3)  G(x) = Softmax(KeepTopK(H(x), k))                           the sparse one
     (4)  H(x)_i = (x W_g)_i + ε_i Softplus((x W_noise)_i),  ε ~ N(0, 1)
     (5)  KeepTopK(v, k)_i = v_i if v_i is among the k largest, −∞ otherwise
     (6)  Importance(X)_i = Σ_x G(x)_i
     (7)  L_importance = w_importance CV(Importance(X))²              CV: standard deviation / mean
     (8)  P(x, i) = Pr[expert i is among the k | the other ε as they are]
     (9)         = Φ(((x W_g)_i − kth_excluding(H(x), k, i)) / Softplus((x W_noise)_i))
    (10)  Load(X)_i = Σ_x P(x, i)
    (11)  L_load = w_load CV(Load(X))²

Idea. Who answers is a discrete choice, and nobody differentiates it: the gradient
travels through the *weights* of the k experts that were chosen, so with k ≥ 2 they
compete, and the gate learns which of them to trust. What it never compares are experts
that it did not ask; the noise of (4) makes it ask others now and then, and turns the
number of examples of an expert, which has no derivative, into an expectation that has
one (9).

Read `noisy_top_k` for (3) to (5), `Routing` for (6) and (10), `prob_in_top_k` for (9),
and `Experts.forward` for (1) at the price of k.

Deviations from the paper:
* Experts have one hidden layer with ReLU and no biases; no dropout, and no sigmoid on
  the layer's output.
* Standard deviations in (9) are at least `LEAST_SCALE`; the paper has no such bound.
* With k = n every P(x, i) is one, and without noise the load is the plain number of
  examples: a constant, as far as gradients are concerned.
* One machine: no all-to-all exchange between devices, and no capacity beyond which
  examples are dropped.

Not for `torch.compile` in one graph: how many examples an expert gets is known only
while it runs. It compiles with breaks, and gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from lecture_code.learning.grouped import BACKENDS, grouped_network

LEAST_SCALE = 1e-6


@dataclass(frozen=True, eq=False)
class Routing:
    """What a gate decided for T examples.

    Args:
        chosen: the k experts of each example, the best first, (T, k) integers.
        weights: G(x) of these, (T, k); each row adds up to one.
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
        """Examples that each expert gets, (n,) integers."""
        return torch.bincount(self.chosen.flatten(), minlength=self.clean.shape[1])

    def importance(self) -> Tensor:
        """How much each expert is trusted in all, (n,)."""
        return self.dense().sum(0)  # eq. 6

    def probabilities(self) -> Tensor:
        """P(x, i), (T, n); without noise it is certain who is chosen: ones and zeros,
        which have no gradient.
        """
        if self.scale is None:
            return torch.zeros_like(self.clean).scatter(1, self.chosen, 1.0)
        return prob_in_top_k(self.clean, self.noisy, self.scale, self.chosen)

    def load(self) -> Tensor:
        """How many examples each expert may expect, (n,)."""
        return self.probabilities().sum(0)  # eq. 10


def keep_top_k(v: Tensor, k: int) -> Tensor:
    """The k largest of each row of v (T, n), and −∞ elsewhere."""
    top = v.topk(k, dim=-1)
    return torch.full_like(v, -torch.inf).scatter(-1, top.indices, top.values)  # eq. 5


def noisy_top_k(
    clean: Tensor, scale: Tensor | None, k: int, generator: torch.Generator | None
) -> Routing:
    """The choice: from x W_g and the noise's standard deviation, each (T, n), to k
    experts for each example; no noise if `scale` is None.
    """
    noisy = clean
    if scale is not None:
        epsilon = torch.randn(
            clean.shape, generator=generator, device=clean.device, dtype=clean.dtype
        )  # ~ N(0, 1)
        noisy = clean + epsilon * scale  # eq. 4
    kept, chosen = noisy.topk(k, dim=1)  # eq. 5, without its −∞
    return Routing(
        chosen, kept.softmax(1), clean, noisy, scale
    )  # eq. 3: exp(−∞) = 0, so that only the kept ones count


def prob_in_top_k(
    clean: Tensor, noisy: Tensor, scale: Tensor, chosen: Tensor
) -> Tensor:
    """P(x, i): the chance that expert i would be chosen if only its own noise were
    drawn again.

    Args:
        clean, noisy, scale: x W_g, H(x) and the noise's standard deviation, each (T,
            n).
        chosen: who was chosen, (T, k).

    Returns:
        (T, n). Smooth in all arguments, the other experts' noisy logits included.
    """
    k, n = chosen.shape[1], clean.shape[1]
    if k == n:
        return torch.ones_like(clean)
    top = noisy.topk(k + 1, dim=1).values  # (T, k + 1)
    inside = torch.zeros_like(clean, dtype=torch.bool).scatter(1, chosen, True)
    kth_excluding = torch.where(
        inside, top[:, k, None], top[:, k - 1, None]
    )  # whom i must beat: without i, the k-th largest
    P: Tensor = torch.special.ndtr(
        (clean - kth_excluding) / scale.clamp_min(LEAST_SCALE)
    )  # eq. 9
    return P


def cv_squared(v: Tensor) -> Tensor:
    """(standard deviation / mean)² of a vector, with the population's deviation: 0 if
    and only if all are equal, whatever their scale.
    """
    return v.var(correction=0) / v.mean().square()


def balance_loss(
    routing: Routing, w_importance: float = 0.1, w_load: float = 0.1
) -> Tensor:
    """What is added to the task's loss so that no expert is forgotten, a scalar."""
    return w_importance * cv_squared(routing.importance()) + w_load * cv_squared(
        routing.load()
    )  # eq. 7 + eq. 11


class NoisyTopKGate(nn.Module):
    """Who answers.

    Both matrices start at zero, so that at first chance alone decides, and all experts
    alike.

    Args:
        width: d, of an example.
        experts: n.
        k: how many of them answer each example.
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
        if self.W_noise is None or not self.training:
            return noisy_top_k(x @ self.W_g, None, self.k, None)
        if generator is None:
            raise ValueError(
                "while it trains, the gate draws noise: pass "
                "generator=torch.Generator(), or call eval() first"
            )
        return noisy_top_k(x @ self.W_g, softplus(x @ self.W_noise), self.k, generator)


class Experts(nn.Module):
    """n networks of the same shape: `width` → `hidden`, ReLU → `out`.

    Args:
        experts, width, hidden, out: n, d, h and the width of the answer.
        generator: draws the start.
        backend: see `grouped_network`.
    """

    def __init__(
        self,
        experts: int,
        width: int,
        hidden: int,
        out: int,
        *,
        generator: torch.Generator,
        backend: str = "auto",
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if min(experts, width, hidden, out) < 1:
            raise ValueError(
                f"experts, width, hidden and out must be at least 1; got {experts}, "
                f"{width}, {hidden} and {out}"
            )
        if backend not in BACKENDS:
            raise ValueError(
                f"there is no backend {backend!r}; there are: {', '.join(BACKENDS)}"
            )
        self.backend = backend
        self.W_in = nn.Parameter(
            torch.empty(experts, width, hidden, device=device, dtype=dtype)
        )
        self.W_out = nn.Parameter(
            torch.empty(experts, hidden, out, device=device, dtype=dtype)
        )
        nn.init.normal_(
            self.W_in, std=(2 / width) ** 0.5, generator=generator
        )  # ~ N(0, 2/d): keeps the size through ReLU
        nn.init.normal_(
            self.W_out, std=(1 / hidden) ** 0.5, generator=generator
        )  # ~ N(0, 1/h)

    def forward(self, x: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        """y of (1) for examples x (T, d), their experts (T, k) and the weights of these
        (T, k): the work of k experts, whatever n is.
        """
        k, expert = chosen.shape[1], chosen.flatten()  # k entries for each example
        order = expert.argsort(
            stable=True
        )  # sort: the entries of expert 0, then those of expert 1, …
        example = order // k
        counts = torch.bincount(expert, minlength=len(self.W_in))
        answers = grouped_network(
            x.index_select(0, example), counts, (self.W_in, self.W_out), self.backend
        )  # (T k, out)
        weighted = answers * weights.flatten().index_select(0, order)[:, None]
        return x.new_zeros(len(x), answers.shape[1]).index_add_(
            0, example, weighted
        )  # eq. 1: back to where they came from

    def everyone(self, x: Tensor) -> Tensor:
        """The answers of all experts to all examples, (T, n, out): n / k times the
        work.
        """
        hidden = torch.einsum("td,ndh->tnh", x, self.W_in).relu()
        return torch.einsum("tnh,nho->tno", hidden, self.W_out)


def dense_mixture(experts: Experts, x: Tensor, G: Tensor) -> Tensor:
    """(1) to the letter, for x (T, d) and G (T, n): every expert is asked, and most
    answers are multiplied by zero. The oracle of `Experts.forward`.
    """
    return torch.einsum("tn,tno->to", G, experts.everyone(x))  # eq. 1


class MixtureOfExperts(nn.Module):
    """The layer: a gate, and the experts behind it.

        layer = MixtureOfExperts(64, experts=256, k=2, hidden=128,
        generator=torch.Generator().manual_seed(0)) y, routing = layer(x, generator)
        loss = task(y) + balance_loss(routing)

    Args:
        width: d, of an example.
        experts, k: n, and how many answer each example.
        hidden: of each expert.
        out: width of the answer; d if None.
        noise: see `NoisyTopKGate`.
        generator: draws the experts' start.
        backend: see `grouped_network`.

    Raises:
        ValueError: a size that is out of range, named.
    """

    def __init__(
        self,
        width: int,
        experts: int,
        k: int,
        hidden: int,
        out: int | None = None,
        *,
        generator: torch.Generator,
        noise: bool = True,
        backend: str = "auto",
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.gate = NoisyTopKGate(
            width, experts, k, noise=noise, device=device, dtype=dtype
        )
        out = width if out is None else out
        self.experts = Experts(
            experts,
            width,
            hidden,
            out,
            generator=generator,
            backend=backend,
            device=device,
            dtype=dtype,
        )

    def forward(
        self, x: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Routing]:
        """Answers (…, out) to examples x (…, d), and how the T examples, flattened,
        were routed.

        Raises:
            ValueError: examples of another width, none at all, or values that are not
                finite; while training with noise, no generator.
        """
        rows = as_rows(x, len(self.gate.W_g))
        routing = self.gate(rows, generator)
        y = self.experts(rows, routing.chosen, routing.weights)
        return y.view(*x.shape[:-1], -1), routing


def as_rows(x: Tensor, width: int) -> Tensor:
    """Examples (…, d) as rows (T, d).

    Raises:
        ValueError: the width is not d, there is no example, or a value is not finite.
    """
    if x.ndim < 1 or x.shape[-1] != width:
        raise ValueError(f"examples must have shape (…, {width}); got {tuple(x.shape)}")
    if x.numel() == 0:
        raise ValueError(
            f"there must be at least one example; got shape {tuple(x.shape)}"
        )
    if not x.isfinite().all():
        raise ValueError(
            f"examples must be finite; {int((~x.isfinite()).sum())} of {x.numel()} "
            "values are not"
        )
    return x.reshape(-1, width)
