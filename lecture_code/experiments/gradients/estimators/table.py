"""`estimators_table`: bias and variance of every estimator, for one bit.

Protocol, written before the run. A bit is 1 with probability p, and its loss is
f(b) = (b − t)². `POINTS` holds eight pairs (p, t). The first two are those of the
chapter's brief; the third is where the first picture of the page starts. Each estimator
gets the same 10⁶ draws of u and v, for each of five seeds. So an estimator is measured
from 5 · 10⁶ draws, and a 95 % interval comes from the five seeds.

    bias        mean of the draws minus the exact gradient
    variance    of one draw

For Gumbel-softmax and straight-through Gumbel the result also holds the bias by
quadrature (`wrong_sign.propagated_gradient`), so the draws can be judged.

REBAR has η = 1, so its baseline m has no effect. Nothing is tuned or selected here.

Read `TableOfEstimators.advance`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.discrete_choices import BERNOULLI, Loss
from lecture_code.gradients.estimator_descent import DescentSettings, gradients
from lecture_code.gradients.estimators import exact_gradient
from lecture_code.gradients.wrong_sign import propagated_gradient

NAME = "estimators_table"
POINTS = (
    (0.5, 0.45),
    (0.3, 0.499),
    (0.1, 0.4),
    (0.1, 0.2),
    (0.5, 0.1),
    (0.5, 0.3),
    (0.9, 0.1),
    (0.9, 0.4),
)
"""P(b = 1) and t."""
SAMPLED = ("REINFORCE", "REINFORCE, optimal", "straight-through")
RELAXED = ("Gumbel-softmax", "ST-Gumbel", "REBAR")
"""Estimators that have a temperature."""


@dataclass(frozen=True)
class EstimatorTableSettings:
    """What is measured.

    Args:
        points: P(b = 1) and t.
        temperatures: τ of the estimators that have one.
        draws: of each seed.
        chunk: draws of one step of a run.
        seeds: one run each.
    """

    points: tuple[tuple[float, float], ...] = POINTS
    temperatures: tuple[float, ...] = (0.1, 0.5, 1.0, 2.0)
    draws: int = 1_000_000
    chunk: int = 100_000
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def estimator_rows(settings: EstimatorTableSettings) -> dict[str, DescentSettings]:
    """Name of a row -> its estimator: "REINFORCE", "REBAR, τ = 0.5"."""
    rows = {name: DescentSettings(name, rate=1.0) for name in SAMPLED}
    for name in RELAXED:
        for tau in settings.temperatures:
            row = DescentSettings(name, rate=1.0, temperature=tau)
            rows[f"{name}, τ = {tau:g}"] = row
    return rows


def bits_of(points: tuple[tuple[float, float], ...]) -> tuple[Tensor, Tensor, Loss]:
    """Logits and exact gradients of all points, (points, 1), and their loss."""
    p, t = torch.tensor(points, dtype=torch.float64).T

    def f(b: Tensor) -> Tensor:
        distance: Tensor = b[..., 0] - t
        return distance.square()

    logits = torch.logit(p)[:, None]
    return logits, exact_gradient(f, BERNOULLI, logits), f


class TableOfEstimators:
    """All estimators at all points with one seed."""

    def __init__(self, settings: EstimatorTableSettings, seed: int) -> None:
        self.settings = settings
        self.generator = torch.Generator().manual_seed(seed)
        self.seen = 0
        rows = estimator_rows(settings)
        size = len(settings.points)
        self.sums = {row: np.zeros((2, size)) for row in rows}  # of g − exact, squared

    @property
    def progress(self) -> float:
        """Share of the draws that are done."""
        return self.seen / self.settings.draws

    def advance(self) -> Record:
        """One chunk of draws. The record is the mean error of each row at point 0."""
        logits, exact, f = bits_of(self.settings.points)
        one = (2, self.settings.chunk, 1, 1)
        drawn = torch.rand(one, generator=self.generator, dtype=logits.dtype)
        u, v = drawn.expand(2, self.settings.chunk, *logits.shape)  # same for all
        record: dict[str, float] = {}
        for row, settings in estimator_rows(self.settings).items():
            g = gradients(f, BERNOULLI, logits, u, v, settings)
            error = (g - exact)[..., 0].numpy()
            self.sums[row] += np.stack([error.sum(0), np.square(error).sum(0)])
            record[row] = round(float(error[:, 0].mean()), 12)
        self.seen += self.settings.chunk
        return record

    def result(self) -> Record:
        """Bias and variance of each row at each point, (2, points)."""
        n = self.seen
        return {
            row: np.stack([first / n, (second - first**2 / n) / (n - 1)])
            for row, (first, second) in self.sums.items()
        }


def runs(settings: EstimatorTableSettings) -> dict[str, TableOfEstimators]:
    """One run for each seed."""
    return {f"seed {s}": TableOfEstimators(settings, s) for s in settings.seeds}


def expected_biases(settings: EstimatorTableSettings) -> dict[str, list[float]]:
    """Row -> exact bias at each point, for the two rows that propagate."""
    _, exact, _ = bits_of(settings.points)
    biases: dict[str, list[float]] = {}
    for row, choice in estimator_rows(settings).items():
        if choice.estimator not in ("Gumbel-softmax", "ST-Gumbel"):
            continue
        hard = choice.estimator == "ST-Gumbel"
        biases[row] = [
            propagated_at(p, t, choice.temperature, hard) - float(exact[at, 0])
            for at, (p, t) in enumerate(settings.points)
        ]
    return biases


def propagated_at(p: float, t: float, temperature: float, hard: bool) -> float:
    """Mean of the Gumbel-softmax gradient of (b − t)² at P(b = 1) = p."""

    def slope(s: NDArray[np.float64]) -> NDArray[np.float64]:
        return 2 * (s - t)

    theta = np.log(p / (1 - p))
    return float(propagated_gradient(slope, theta, temperature, hard=hard))


def summarise(
    settings: EstimatorTableSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Exact gradients; bias and variance by row, seed and point."""
    _, exact, _ = bits_of(settings.points)
    outcomes = [results[f"seed {seed}"] for seed in settings.seeds]
    rows = {
        row: {
            "bias": [outcome[row][0] for outcome in outcomes],
            "variance": [outcome[row][1] for outcome in outcomes],
        }
        for row in estimator_rows(settings)
    }
    return {
        "exact": exact[:, 0].tolist(),
        "rows": rows,
        "expected_bias": expected_biases(settings),
    }, {}


TABLE = EstimatorTableSettings()
SMOKE = EstimatorTableSettings(
    points=POINTS[:2], temperatures=(0.5,), draws=400, chunk=200, seeds=(0, 1)
)
EXPERIMENTS = (Experiment(NAME, TABLE, SMOKE, runs, summarise),)
