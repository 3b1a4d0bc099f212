"""Gumbel noise: a categorical choice as a path that a gradient can follow.

Kusner & Hernández-Lobato, "GANs for Sequences of Discrete Elements with the
Gumbel-softmax Distribution" (2016), arXiv:1611.04051, use the relaxation of Jang et al.
(arXiv:1611.01144) and Maddison et al. (arXiv:1611.00712).

    (1)  g = −log(−log u),  u ~ U(0, 1)            Gumbel noise
    (2)  b = onehot(argmax_i (h_i + g_i))          P(b = i) = softmax(h)_i, exactly
    (3)  y = softmax((h + g) / τ)                  the relaxed choice
    (4)  z = θ + log u − log(1 − u)                the same for two choices:
    (5)  b = 1 if z > 0,  y = σ(z / τ)             P(b = 1) = σ(θ)

Idea. In (2) all chance is in g, and h is only added to it. So h is on a path from the
noise to the choice. The argmax still has no useful derivative. (3) has one, because the
softmax takes the place of the argmax. τ → 0 makes y one-hot, τ → ∞ makes y uniform.

`hard=True` is the straight-through Gumbel-softmax: forward it is b of (2), backward its
derivative is that of (3). `straight_through` needs no Gumbel noise: forward b, backward
the derivative of the probabilities (Bengio et al. 2013, arXiv:1308.3432).

Read `gumbel_softmax`.

Deviations: u is kept away from 0 and 1 by the smallest numbers of its precision, so
that no noise is infinite.
"""

from __future__ import annotations

import torch
from torch import Tensor


def inside_unit(u: Tensor) -> Tensor:
    """u in the open interval (0, 1): 0 and 1 become the nearest numbers inside."""
    numbers = torch.finfo(u.dtype)
    return u.clamp(numbers.tiny, 1 - numbers.eps / 2)


def gumbel_of(u: Tensor) -> Tensor:
    """Gumbel noise of u ~ U(0, 1)."""
    return -torch.log(-torch.log(inside_unit(u)))  # eq. 1


def logistic_of(u: Tensor) -> Tensor:
    """Logistic noise of u ~ U(0, 1): the difference of two Gumbel draws, in law."""
    u = inside_unit(u)
    return torch.log(u) - torch.log1p(-u)  # eq. 4


def gumbel_noise(logits: Tensor, generator: torch.Generator) -> Tensor:
    """Gumbel noise in the shape and precision of the logits."""
    u = torch.rand(
        logits.shape, generator=generator, dtype=logits.dtype, device=logits.device
    )  # ~ U(0, 1)
    return gumbel_of(u)


def gumbel_argmax(
    logits: Tensor,
    generator: torch.Generator | None = None,
    noise: Tensor | None = None,
) -> Tensor:
    """A choice from softmax(h), eq. 2, as one-hot vectors without a derivative.

    Args:
        logits: h, (…, K).
        generator: draws the noise; or
        noise: g, as `gumbel_noise` draws it.
    """
    return one_hot_of(noisy_logits(logits, generator, noise).detach())


def gumbel_softmax(
    logits: Tensor,
    temperature: float,
    generator: torch.Generator | None = None,
    noise: Tensor | None = None,
    *,
    hard: bool = False,
) -> Tensor:
    """The relaxed choice y, eq. 3, (…, K); each y is positive and adds up to one.

    Args:
        logits: h, (…, K).
        temperature: τ.
        generator: draws the noise; or
        noise: g, as `gumbel_noise` draws it.
        hard: forward the one-hot choice of eq. 2, backward the derivative of y.

    Raises:
        ValueError: τ is not positive; not exactly one of generator and noise is given;
            or the noise has another shape than the logits.
    """
    z = noisy_logits(logits, generator, noise)
    y = torch.softmax(z / checked_temperature(temperature), dim=-1)  # eq. 3
    return value_and_slope(one_hot_of(z.detach()), y) if hard else y


def relaxed_bernoulli(
    logits: Tensor, temperature: float, noise: Tensor, *, hard: bool = False
) -> Tensor:
    """The relaxed choice between 0 and 1, eq. 5, for each of the logits.

    Args:
        logits: θ, any shape.
        temperature: τ.
        noise: log u − log(1 − u), as `logistic_of` computes it; its shape may have
            further dimensions in front.
        hard: forward b, backward the derivative of y.

    Raises:
        ValueError: τ is not positive.
    """
    z = logits + noise  # eq. 4
    y = torch.sigmoid(z / checked_temperature(temperature))  # eq. 5
    return value_and_slope((z.detach() > 0).to(y.dtype), y) if hard else y


def straight_through(b: Tensor, probabilities: Tensor) -> Tensor:
    """Forward the choice b, backward the derivative of its probabilities.

    Args:
        b: a choice, as zeros and ones.
        probabilities: of the entries of b; b may have further dimensions in front.
    """
    return value_and_slope(b, probabilities)


def value_and_slope(value: Tensor, slope: Tensor) -> Tensor:
    """Forward exactly `value`, backward the derivative of `slope`."""
    return value.detach() + (slope - slope.detach())


def noisy_logits(
    logits: Tensor, generator: torch.Generator | None, noise: Tensor | None
) -> Tensor:
    """h + g.

    Raises:
        ValueError: not exactly one of generator and noise is given, or the noise has
            another shape.
    """
    if (generator is None) == (noise is None):
        raise ValueError(
            "pass generator=torch.Generator() or noise=gumbel_noise(…), and not both"
        )
    if noise is None:
        assert generator is not None
        noise = gumbel_noise(logits, generator)
    if noise.shape != logits.shape:
        raise ValueError(
            f"noise must have the shape of the logits, {tuple(logits.shape)}; got "
            f"{tuple(noise.shape)}"
        )
    return logits + noise


def one_hot_of(z: Tensor) -> Tensor:
    """onehot(argmax z) over the last dimension, in the precision of z."""
    return torch.zeros_like(z).scatter(-1, z.argmax(-1, keepdim=True), 1.0)


def checked_temperature(temperature: float) -> float:
    """τ, if it is positive and finite.

    Raises:
        ValueError: it is not.
    """
    if not 0 < temperature < float("inf"):  # nan is refused, too
        raise ValueError(f"temperature must be positive and finite; got {temperature}")
    return temperature
