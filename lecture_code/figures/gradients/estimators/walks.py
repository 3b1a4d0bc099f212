"""Learners that follow a gradient of one bit: the first picture, and the race."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.gradients.discrete_choices import BERNOULLI, Loss
from lecture_code.gradients.estimator_descent import (
    DescentSettings,
    descend_logits,
    gradients,
)
from lecture_code.gradients.estimators import score_function
from lecture_code.gradients.rebar import relaxed_loss, with_control
from lecture_code.gradients.relaxations import gumbel_noise, gumbel_softmax
from lecture_code.show import METHOD_COLOURS, Picture, new_figure
from lecture_code.show.choice_simplex import START, ChoiceSimplex, choice_simplex
from lecture_code.show.estimator_race import EstimatorRace, estimator_race

Floats = NDArray[np.float64]
GREYS = ("#b4b9bf", "#767c84")
"""Bars of b = 0 and b = 1."""
RUNS = 20
RACE_STEPS = 400
RACE_START = {"t": 0.4, "tau": 1.0, "rate": 1.0, "start": 0.9}
TWINS = {
    "REINFORCE": "REINFORCE",
    "optimal baseline": "REINFORCE, optimal",
    "Gumbel-softmax": "Gumbel-softmax",
    "straight-through Gumbel": "ST-Gumbel",
}
"""Racer -> its estimator in `estimator_descent`."""


def wrong_way(paths: Mapping[str, Floats], t: float) -> Picture:
    """The two losses, and P(b = 1) of all runs of three learners.

    Args:
        paths: learner -> P(b = 1) after each step, (steps + 1, runs).
        t: target of the loss (b − t)².
    """
    figure, (left, right) = new_figure(
        1, 2, height=3.3, gridspec_kw={"width_ratios": (1, 2.6)}
    )
    losses = [t**2, (1 - t) ** 2]
    left.bar([0, 1], losses, width=0.6, color=GREYS)
    for b, loss in enumerate(losses):
        left.text(b, loss + 0.008, f"{loss:.2f}", ha="center")
    left.set_xticks([0, 1], ["b = 0", "b = 1"])
    left.set(ylabel="loss", ylim=(0, 0.5))
    told = []
    for name, path in paths.items():
        colour = METHOD_COLOURS[name]
        right.plot(path, color=colour, alpha=0.3, linewidth=0.8)
        style = "--" if name == "exact" else "-"
        right.plot(path.mean(1), style, color=colour, label=name, zorder=3)
        told.append(f"{name} from {path[0].mean():.2f} to {path[-1].mean():.2f}")
    right.set(xlabel="steps", ylabel="P(b = 1)", ylim=(0, 0.5))
    right.legend(loc="upper left", fontsize=9.5, ncols=1)
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.17, top=0.96, wspace=0.36)
    runs = next(iter(paths.values())).shape[1]
    alt = (
        f"Left: two bars, the loss of b = 0 is {losses[0]:.2f} and the loss of b = 1 "
        f"is {losses[1]:.2f}. Right: P(b = 1) of {runs} runs of each learner: "
        f"{'; '.join(told)}."
    )
    caption = (
        f"Left: b = 0 has the lower loss. Right: {runs} runs of each learner, thick: "
        "their mean (exact: dashed). Each step has 10 draws; the rate is 2. The "
        "learner that follows the Gumbel-softmax gradient makes the worse choice more "
        "likely."
    )
    return Picture(figure, alt=alt, caption=caption)


def race_paths(generator: torch.Generator) -> dict[str, Floats]:
    """θ of each racer after each step, (RACE_STEPS + 1,), all with the same draws."""
    t, tau = RACE_START["t"], RACE_START["tau"]
    shape = (RACE_STEPS, 2, 1, 1)
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)

    def f(b: Tensor) -> Tensor:
        return (b[..., 0] - t) ** 2

    paths = {}
    for racer in (*TWINS, "constant baseline", "REBAR"):
        first = torch.tensor([RACE_START["start"]], dtype=torch.float64)
        thetas = [torch.logit(first)]
        for u, v in drawn:
            g = racer_gradient(racer, f, thetas[-1], u, v, tau)
            thetas.append(thetas[-1] - RACE_START["rate"] * g[0])
        paths[racer] = torch.cat(thetas).numpy()
    return paths


def racer_gradient(
    racer: str, f: Loss, logits: Tensor, u: Tensor, v: Tensor, tau: float
) -> Tensor:
    """The gradient of one draw, by the racer's name."""
    if racer in TWINS:
        settings = DescentSettings(TWINS[racer], rate=1.0, temperature=tau)
        return gradients(f, BERNOULLI, logits, u, v, settings)
    if racer == "constant baseline":
        middle = (f(torch.zeros(1)) + f(torch.ones(1))) / 2
        return score_function(f, BERNOULLI, logits, u, middle.double())
    control = relaxed_loss(f, BERNOULLI, tau, 1.0)
    return with_control(f, control, BERNOULLI, logits, u, v)


def race() -> EstimatorRace:
    """The race of the page: its sliders begin with `RACE_START`."""
    return estimator_race(
        race_paths(torch.Generator().manual_seed(0)),
        title="Six learners, one bit, the same noise",
        start=RACE_START,
    )


def simplex() -> ChoiceSimplex:
    """Three tokens with sliders for logits and temperature."""
    logits = torch.tensor([START[f"logit{i}"] for i in range(3)], dtype=torch.float64)
    rows = logits.expand(300, 3)
    generator = torch.Generator().manual_seed(0)
    noise = gumbel_noise(rows, generator)
    points = gumbel_softmax(rows, START["tau"], noise=noise).numpy()
    return choice_simplex(points, title="One choice among three tokens")


def first_walks(p: float, t: float, tau: float, steps: int) -> dict[str, Floats]:
    """P(b = 1) of 20 runs of three learners, (steps + 1, 20), by learner.

    Args:
        p: P(b = 1) before the first step.
        t: target of the loss (b − t)².
        tau: temperature of the soft bit.
        steps: of each run, at a rate of 2 with 10 draws each.
    """
    logits = torch.logit(torch.full((RUNS, 1), p, dtype=torch.float64))

    def f(b: Tensor) -> Tensor:
        return (b[..., 0] - t) ** 2

    paths = {}
    for name in ("Gumbel-softmax", "REINFORCE", "exact"):
        settings = DescentSettings(name, rate=2.0, temperature=tau)
        generator = torch.Generator().manual_seed(0)
        states = descend_logits(f, BERNOULLI, logits, settings, generator)
        thetas = [logits, *(state.logits for state in islice(states, steps))]
        paths[name] = torch.sigmoid(torch.stack(thetas)[..., 0]).numpy()
    return paths
