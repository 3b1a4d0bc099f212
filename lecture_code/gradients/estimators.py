"""Estimate or propagate? Gradients of an expectation over discrete choices.

The question: b ~ p_θ is discrete, f is a loss. What is ∇_θ E[f(b)]? Two families:

    estimate     (1)  g = (f(b) − c) ∇ log p_θ(b)        score function, REINFORCE
                      Williams (1992). E[g] = ∇E[f] for each c that does not depend on b
    propagate    (2)  g = ∇_θ f(y),  y = soft(z, τ)      Gumbel-softmax
                      (3)  f at hard(z), slope of y      straight-through Gumbel-softmax
                      (4)  f at hard(z), slope of p      straight-through
                      all three are biased in general

For Bernoulli and categorical logits ∇ log p_θ(b) = b − p. So (1) needs nothing of f but
its value. The baseline c only changes the variance:

    (5)  c* = E[f |∇ log p|²] / E[|∇ log p|²]            the best constant

For one bit c* = p f(0) + (1 − p) f(1), and the variance is exactly zero.

    (6)  ∇E[f] = Σ_b p_θ(b) f(b) (b − p)                 exact, by enumeration

Draws come first: logits (…, n), u ~ U(0, 1) of shape (N, …, n) and one gradient for
each draw, (N, …, n). For categorical choices n becomes (n, K). Double precision.

Read `score_function`, then `pathwise`, then `bias_and_variance`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lecture_code.gradients.discrete_choices import (
    Choices,
    Loss,
    check_logits,
    over_outcome,
)
from lecture_code.gradients.relaxations import straight_through, value_and_slope
from lecture_code.gradients.reward_baselines import leave_one_out


def expected_loss(f: Loss, choices: Choices, logits: Tensor) -> Tensor:
    """E[f(b)] for each run, (…), by enumeration."""
    check_logits(choices, logits)
    b = choices.outcomes(logits)
    p = torch.exp(choices.log_prob(logits, b))
    return (p * f(b)).sum(0)


def exact_gradient(f: Loss, choices: Choices, logits: Tensor) -> Tensor:
    """∇_θ E[f(b)], in the shape of the logits, by enumeration."""
    check_logits(choices, logits)
    b = choices.outcomes(logits)
    p = torch.exp(choices.log_prob(logits, b))
    terms = over_outcome(p * f(b), choices) * score_of(choices, logits, b)
    return terms.sum(0)  # eq. 6


def score_of(choices: Choices, logits: Tensor, b: Tensor) -> Tensor:
    """∇_θ log p_θ(b) = b − p."""
    return b - choices.probabilities(logits)


def score_function(
    f: Loss, choices: Choices, logits: Tensor, u: Tensor, baseline: Tensor | float = 0.0
) -> Tensor:
    """REINFORCE, one gradient for each draw.

    Args:
        f: the loss; only its values are used.
        choices: the kind of choices.
        logits: θ.
        u: ~ U(0, 1), with the draws in front.
        baseline: c, a number or one for each draw.
    """
    b = choices.hard(logits + choices.noise(u))
    gain = over_outcome(f(b) - baseline, choices)
    return gain * score_of(choices, logits, b)  # eq. 1


def loss_of_others(f: Loss, choices: Choices, logits: Tensor, u: Tensor) -> Tensor:
    """For each draw the mean loss of the other draws (leave one out), (N, …).

    Args:
        f: the loss; only its values are used.
        choices: the kind of choices.
        logits: θ.
        u: ~ U(0, 1); its first dimension is one batch of N ≥ 2 draws.

    Raises:
        ValueError: there is one draw only.
    """
    values = f(choices.hard(logits + choices.noise(u))).detach()
    others = leave_one_out(values.movedim(0, -1).numpy())
    return torch.from_numpy(others).movedim(-1, 0)


def optimal_baseline(f: Loss, choices: Choices, logits: Tensor) -> Tensor:
    """c*, the constant with the smallest total variance, for each run, (…)."""
    check_logits(choices, logits)
    b = choices.outcomes(logits)
    p = torch.exp(choices.log_prob(logits, b))
    squared = score_of(choices, logits, b).square()
    lengths = squared.sum(tuple(range(-choices.dims, 0)))  # |∇ log p|²
    return (p * f(b) * lengths).sum(0) / (p * lengths).sum(0)  # eq. 5


def pathwise(
    f: Loss,
    choices: Choices,
    logits: Tensor,
    u: Tensor,
    temperature: float,
    *,
    hard: bool = False,
) -> Tensor:
    """Gumbel-softmax, one gradient for each draw.

    Args:
        f: the loss, differentiable between the corners.
        choices: the kind of choices.
        logits: θ.
        u: ~ U(0, 1), with the draws in front.
        temperature: τ.
        hard: straight-through: f and its slope are taken at b, not at y.
    """
    theta = one_for_each(logits, u)
    z = theta + choices.noise(u)
    y = choices.soft(z, temperature)
    if hard:
        y = value_and_slope(choices.hard(z), y)  # eq. 3
    return gradient_of(f(y), theta)  # eq. 2


def through_probabilities(
    f: Loss, choices: Choices, logits: Tensor, u: Tensor
) -> Tensor:
    """Straight-through, one gradient for each draw: f at b, slope of p."""
    theta = one_for_each(logits, u)
    b = choices.hard(theta + choices.noise(u))
    y = straight_through(b, choices.probabilities(theta))
    return gradient_of(f(y), theta)  # eq. 4


def one_for_each(logits: Tensor, u: Tensor) -> Tensor:
    """The logits, a copy for each draw, so that each draw has its own gradient.

    Raises:
        ValueError: the last dimensions of u are not those of the logits.
    """
    if u.dim() <= logits.dim() or u.shape[-logits.dim() :] != logits.shape:
        raise ValueError(
            f"u must have draws in front of the logits' shape {tuple(logits.shape)}; "
            f"got {tuple(u.shape)}"
        )
    return logits.detach().expand(u.shape).clone().requires_grad_()


def gradient_of(values: Tensor, theta: Tensor) -> Tensor:
    """∂ values / ∂ theta, where each value depends on its own theta only."""
    return torch.autograd.grad(values.sum(), theta)[0]


@dataclass(frozen=True, eq=False)
class BiasAndVariance:
    """Bias and variance of an estimator, measured from N draws.

    Args:
        bias: mean minus exact gradient, in the shape of the logits.
        bias_error: its standard error, of the same shape.
        variance: of one draw, summed over the logits of one run, (…).
        variance_error: its standard error.
    """

    bias: Tensor
    bias_error: Tensor
    variance: Tensor
    variance_error: Tensor


def bias_and_variance(
    gradients: Tensor, exact: Tensor, choices: Choices
) -> BiasAndVariance:
    """Bias and variance of one gradient a draw, (N, …), beside the exact one, (…).

    Raises:
        ValueError: fewer than two draws, or another shape than the exact gradient.
    """
    N = len(gradients)
    if N < 2 or gradients.shape[1:] != exact.shape:
        raise ValueError(
            "gradients must be 2 draws or more of the exact gradient's shape "
            f"{tuple(exact.shape)}; got {tuple(gradients.shape)}"
        )
    mean = gradients.mean(0)
    own = tuple(range(-choices.dims, 0))
    distance = (gradients - mean).square().sum(own)  # (N, …)
    return BiasAndVariance(
        bias=mean - exact,
        bias_error=gradients.std(0) / N**0.5,
        variance=distance.sum(0) / (N - 1),
        variance_error=distance.std(0) / N**0.5,
    )
