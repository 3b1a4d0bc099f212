"""REBAR and RELAX: the score function, with a relaxation as its control variate.

Tucker, Mnih, Maddison, Lawson & Sohl-Dickstein (2017), arXiv:1703.07370; Grathwohl,
Choi, Wu, Roeder & Duvenaud (2018), arXiv:1711.00123. Equations (1) to (6) stand in
`estimators`.

    (7)  g = (f(b) − c(z̃)) ∇ log p_θ(b) + ∇c(z) − ∇c(z̃)
    (8)  z = θ + noise(u),  b = hard(z),  z̃ ~ p(z | b)
    (9)  REBAR: c(z) = m + η (f(soft(z, τ)) − m)         m: a baseline

Idea. The relaxed loss c(z) is close to f(b), and its gradient can be propagated. So
the score function only has to estimate the small rest f(b) − c(z̃). On average the last
two terms add exactly what c(z̃) takes away, so g has no bias for any c. z̃ is
needed because c(z) and b come from the same noise: given b, z̃ has the same law as z,
and log p_θ(b) no longer depends on the noise that is left. The conditional z̃ is a
path, too. With v ~ U(0, 1) and p = σ(θ), for a bit

    (10) z̃ = log(1 + v / ((1 − v)(1 − p)))        if b = 1
         z̃ = −log(1 + (1 − v) / (v p))            if b = 0

and for a symbol k, with p = softmax(θ),

    (11) z̃_k = −log(−log v_k)                     z̃ of the chosen symbol
         z̃_i = −log(−log v_i / p_i − log v_k)     of each other symbol i

Derivatives of z̃ hold b and v fixed. One equation is not on the page:

    (12) RELAX: c is learnt; each step goes down an estimate of ∇_φ E[|g|²]

Read `with_control`.

Deviations: v is drawn independently of u. The paper's REBAR has m = 0, and its τ can
be adapted during learning; here η and τ are fixed. The surrogate of RELAX is (9) plus a
small network of soft(z, 1); η, τ, m and the network learn. The logits of (11) are
normalised first, which changes neither b nor soft(z, τ).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from lecture_code.gradients.discrete_choices import Choices, Loss, over_outcome
from lecture_code.gradients.estimators import one_for_each, score_of
from lecture_code.gradients.relaxations import inside_unit

Control = Callable[[Tensor], Tensor]
"""c: noisy logits z, with the draws in front -> one number for each draw and run."""


def conditional_logistic(logits: Tensor, b: Tensor, v: Tensor) -> Tensor:
    """z̃ of bits: drawn like z = θ + logistic noise, given b.

    Args:
        logits: θ, (…, n).
        b: bits.
        v: ~ U(0, 1).
    """
    v = inside_unit(v)
    p = torch.sigmoid(logits)
    q = torch.sigmoid(-logits)  # 1 − p
    one = torch.log1p(v / ((1 - v) * q))
    zero = -torch.log1p((1 - v) / (v * p))
    return torch.where(b > 0.5, one, zero)  # eq. 10


def conditional_gumbel(logits: Tensor, b: Tensor, v: Tensor) -> Tensor:
    """z̃ of symbols: drawn like z = log p + Gumbel noise, given its argmax.

    Args:
        logits: θ, (…, n, K).
        b: one-hot symbols.
        v: ~ U(0, 1).
    """
    E = -torch.log(inside_unit(v))  # ~ Exponential(1)
    chosen = (b * E).sum(-1, keepdim=True)  # −log v_k
    p = torch.softmax(logits, -1)
    others = -torch.log(E / p + chosen)
    return torch.where(b > 0.5, -torch.log(chosen), others)  # eq. 11


def conditional(choices: Choices, logits: Tensor, b: Tensor, v: Tensor) -> Tensor:
    """z̃ given b, for both kinds of choices."""
    given_b = conditional_logistic if choices.dims == 1 else conditional_gumbel
    return given_b(logits, b, v)


def normalised(choices: Choices, logits: Tensor) -> Tensor:
    """Logits whose z has the law that `conditional` needs: log p for symbols."""
    return logits if choices.dims == 1 else torch.log_softmax(logits, -1)


def with_control(
    f: Loss,
    c: Control,
    choices: Choices,
    logits: Tensor,
    u: Tensor,
    v: Tensor,
    *,
    keep_graph: bool = False,
) -> Tensor:
    """One gradient for each draw, without bias for any c.

    Args:
        f: the loss; only its values at b are used.
        c: the control variate.
        logits: θ.
        u, v: ~ U(0, 1), independent, with the draws in front.
        keep_graph: so that the result can be differentiated with respect to c.
    """
    theta = one_for_each(logits, u)
    z = normalised(choices, theta) + choices.noise(u)  # eq. 8
    b = choices.hard(z)
    z_given_b = conditional(choices, theta, b, v)
    c_z = c(z)
    c_given_b = c(z_given_b)
    (path,) = torch.autograd.grad(
        (c_z - c_given_b).sum(), theta, create_graph=keep_graph
    )  # ∇c(z) − ∇c(z̃)
    rest = over_outcome(f(b) - c_given_b, choices)
    g = rest * score_of(choices, logits, b) + path  # eq. 7
    return g if keep_graph else g.detach()


def relaxed_loss(
    f: Loss,
    choices: Choices,
    temperature: float | Tensor,
    eta: float | Tensor,
    baseline: float | Tensor = 0.0,
) -> Control:
    """The control variate of REBAR.

    Args:
        f: the loss, differentiable between the corners.
        choices: the kind of choices.
        temperature: τ.
        eta: η; at 0 only the baseline is left, at 1 the baseline has no effect.
        baseline: m, a constant or one for each run.
    """

    def c(z: Tensor) -> Tensor:
        return baseline + eta * (f(choices.soft(z, temperature)) - baseline)  # eq. 9

    return c


class Surrogate(nn.Module):
    """The control variate of RELAX, with parameters φ of its own for each run.

    Args:
        f: the loss, differentiable between the corners.
        choices: the kind of choices.
        logits: of all runs; only their shape is used.
        generator: draws the first weights.
        hidden: units of the small network.
        temperature, eta: τ and η before learning.
    """

    def __init__(
        self,
        f: Loss,
        choices: Choices,
        logits: Tensor,
        generator: torch.Generator,
        *,
        hidden: int = 8,
        temperature: float = 0.5,
        eta: float = 1.0,
    ) -> None:
        super().__init__()
        self.f = f
        self.choices = choices
        runs = logits.shape[: logits.dim() - choices.dims]
        n = logits[(0,) * len(runs)].numel()
        first = torch.randn(
            *runs, n, hidden, generator=generator, dtype=logits.dtype
        )  # ~ N(0, 1/n)
        self.inward = nn.Parameter(first / n**0.5)
        self.outward = nn.Parameter(logits.new_zeros(*runs, hidden))
        start = torch.tensor(temperature, dtype=logits.dtype).log()
        self.log_temperature = nn.Parameter(start.expand(runs).clone())
        self.eta = nn.Parameter(logits.new_full(runs, eta))
        self.baseline = nn.Parameter(logits.new_zeros(runs))

    def forward(self, z: Tensor) -> Tensor:
        """c_φ(z)."""
        temperature = over_outcome(self.log_temperature.exp(), self.choices)
        c = relaxed_loss(self.f, self.choices, temperature, self.eta, self.baseline)
        inputs = self.choices.soft(z, 1.0).flatten(z.dim() - self.choices.dims) - 0.5
        units = torch.tanh(torch.einsum("...n,...nh->...h", inputs, self.inward))
        return c(z) + (units * self.outward).sum(-1)  # c of eq. 12


def relax_gradients(
    surrogate: Surrogate,
    optimiser: torch.optim.Optimizer,
    logits: Tensor,
    u: Tensor,
    v: Tensor,
) -> Tensor:
    """One gradient for each draw; then φ takes one step down |g|², in place.

    The gradients are computed before the step, so they have no bias.
    """
    f, choices = surrogate.f, surrogate.choices
    g = with_control(f, surrogate, choices, logits, u, v, keep_graph=True)
    squared = g.square().mean(0).sum()
    optimiser.zero_grad()
    squared.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return g.detach()
