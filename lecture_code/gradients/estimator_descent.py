"""Descent with an estimated or a propagated gradient: one loop for all estimators.

The estimators, and what they are called here:

    exact               the enumerated gradient, a control
    REINFORCE           score function, no baseline
    REINFORCE, others   the baseline is the mean loss of the other draws
    REINFORCE, optimal  the baseline is the best constant, by enumeration
    straight-through    slope of p
    Gumbel-softmax      relaxed choice
    ST-Gumbel           hard choice, slope of the relaxed choice
    REBAR               the baseline m is the mean loss of the other draws
    RELAX               learnt control variate

`descent_step` is one turn:

    1  draw u and v ~ U(0, 1), N for each run; all estimators draw both
    2  one gradient g for each draw
    3  θ ← θ − rate × mean of g
    4  RELAX: c changes by one step that lowers the mean of |g|²

Runs are in the dimensions of the logits before those of one outcome. All take the same
steps at the same time, each with its own draws.

Read `descent_step`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lecture_code.gradients.discrete_choices import Choices, Loss, check_logits
from lecture_code.gradients.estimators import (
    exact_gradient,
    loss_of_others,
    optimal_baseline,
    pathwise,
    score_function,
    through_probabilities,
)
from lecture_code.gradients.rebar import (
    Surrogate,
    relax_gradients,
    relaxed_loss,
    with_control,
)
from lecture_code.gradients.relaxations import checked_temperature

ESTIMATORS = (
    "exact",
    "REINFORCE",
    "REINFORCE, others",
    "REINFORCE, optimal",
    "straight-through",
    "Gumbel-softmax",
    "ST-Gumbel",
    "REBAR",
    "RELAX",
)
COMPARES_DRAWS = ("REINFORCE, others", "REBAR")


@dataclass(frozen=True)
class DescentSettings:
    """How logits learn.

    Args:
        estimator: of `ESTIMATORS`.
        rate: step size.
        draws: N, for each step and run.
        temperature: τ of the relaxation; RELAX starts with it.
        eta: η of REBAR; RELAX starts with it.
        surrogate_rate: of Adam, for φ of RELAX.

    Raises:
        ValueError: the estimator is unknown, or a number is out of range.
    """

    estimator: str
    rate: float
    draws: int = 10
    temperature: float = 0.5
    eta: float = 1.0
    surrogate_rate: float = 0.01

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise ValueError(
                f"estimator must be one of {'; '.join(ESTIMATORS)}; got "
                f"{self.estimator!r}"
            )
        for name in ("rate", "surrogate_rate"):
            if not getattr(self, name) > 0:  # nan is refused, too
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        least = 2 if self.estimator in COMPARES_DRAWS else 1
        if self.draws < least:
            raise ValueError(
                f"{self.estimator} needs draws ≥ {least}; got {self.draws}"
            )
        checked_temperature(self.temperature)


@dataclass(frozen=True, eq=False)
class Descent:
    """Between two steps. Nothing that it holds is changed by a step.

    Args:
        logits: θ of all runs.
        steps: so far.
        surrogate: c_φ and its optimiser, for RELAX.
    """

    logits: Tensor
    steps: int = 0
    surrogate: tuple[Surrogate, torch.optim.Optimizer] | None = None


def initial_descent(
    f: Loss,
    choices: Choices,
    logits: Tensor,
    settings: DescentSettings,
    generator: torch.Generator,
) -> Descent:
    """Before the first step; the generator draws the first weights of RELAX."""
    check_logits(choices, logits)
    if settings.estimator != "RELAX":
        return Descent(logits)
    surrogate = Surrogate(
        f,
        choices,
        logits,
        generator,
        temperature=settings.temperature,
        eta=settings.eta,
    )
    optimiser = torch.optim.Adam(surrogate.parameters(), settings.surrogate_rate)
    return Descent(logits, 0, (surrogate, optimiser))


def descent_step(
    state: Descent,
    f: Loss,
    choices: Choices,
    settings: DescentSettings,
    generator: torch.Generator,
) -> Descent:
    """One step of all runs: lines 1 to 4."""
    shape = (2, settings.draws, *state.logits.shape)
    u, v = torch.rand(shape, generator=generator, dtype=state.logits.dtype)  # line 1
    surrogate = copy.deepcopy(state.surrogate)
    if surrogate is None:
        g = gradients(f, choices, state.logits, u, v, settings)  # line 2
    else:
        g = relax_gradients(*surrogate, state.logits, u, v)  # lines 2 and 4
    logits = state.logits - settings.rate * g.mean(0)  # line 3
    return Descent(logits, state.steps + 1, surrogate)


def gradients(
    f: Loss,
    choices: Choices,
    logits: Tensor,
    u: Tensor,
    v: Tensor,
    settings: DescentSettings,
) -> Tensor:
    """One gradient for each draw, (N, …), of an estimator without parameters.

    Args:
        f: the loss.
        choices: the kind of choices.
        logits: θ of all runs.
        u, v: ~ U(0, 1), with the draws in front.
        settings: estimator, temperature and η.
    """
    tau = settings.temperature
    match settings.estimator:
        case "exact":
            return exact_gradient(f, choices, logits)[None]
        case "REINFORCE":
            return score_function(f, choices, logits, u)
        case "REINFORCE, others":
            others = loss_of_others(f, choices, logits, u)
            return score_function(f, choices, logits, u, others)
        case "REINFORCE, optimal":
            best = optimal_baseline(f, choices, logits)
            return score_function(f, choices, logits, u, best)
        case "straight-through":
            return through_probabilities(f, choices, logits, u)
        case "Gumbel-softmax":
            return pathwise(f, choices, logits, u, tau)
        case "ST-Gumbel":
            return pathwise(f, choices, logits, u, tau, hard=True)
        case "REBAR":
            others = loss_of_others(f, choices, logits, u)
            c = relaxed_loss(f, choices, tau, settings.eta, others)
            return with_control(f, c, choices, logits, u, v)
        case _:
            raise ValueError(f"{settings.estimator} has parameters: see `descent_step`")


def descend_logits(
    f: Loss,
    choices: Choices,
    logits: Tensor,
    settings: DescentSettings,
    generator: torch.Generator,
) -> Iterator[Descent]:
    """Step after step, without end."""
    state = initial_descent(f, choices, logits, settings, generator)
    while True:
        state = descent_step(state, f, choices, settings, generator)
        yield state
