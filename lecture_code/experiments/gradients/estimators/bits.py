"""`estimators_bits`: the noise of one logit's gradient against the number of bits.

Protocol, written before the run and after a trial with four n. The n bits do not
interact. Each is 1 with P = 0.3 and has the target 0.2, and all share one loss:

    f(b) = (1/n) Σ_i (b_i − t)²

The exact gradient of one logit is (1 − 2 t) p (1 − p) / n. Each of five seeds has 4,000
draws for each n, in batches of ten, as in the chain (`latents.py`). We report, for each
n and as shares of the exact gradient,

    spread    standard deviation of one draw, over the draws of all logits
    mean      mean of the same draws; 1 without bias

* "REINFORCE, others": the baseline is the mean loss of the nine other draws.
* "Gumbel-softmax": τ = 0.2, the temperature that was best in the chain.

Expected. With N draws in a batch and v = p (1 − p) the spread of REINFORCE is

    (1)  √(1/v − 5 + n + n / (N − 1))

so it grows with √n. The last term is the noise of the baseline. The slope of a bit's
own term does not depend on the other bits. So both numbers of Gumbel-softmax must be
the same for every n. p, t and τ are one choice that was made beforehand; nothing is
tuned. This is noise and bias of a draw. Which learner reaches a lower loss is not
measured here.

Read `BitsRun.advance`.
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
from lecture_code.gradients.discrete_choices import BERNOULLI
from lecture_code.gradients.estimator_descent import DescentSettings, gradients

ESTIMATORS_OF_BITS = ("REINFORCE, others", "Gumbel-softmax")


@dataclass(frozen=True)
class BitsSettings:
    """What is measured.

    Args:
        sizes: n, the numbers of bits.
        p: P(b = 1) of every bit.
        target: t of every bit.
        temperature: τ of Gumbel-softmax.
        batch: draws that share a baseline.
        batches: for each n and seed.
        seeds: one run each.
    """

    sizes: tuple[int, ...] = (1, 3, 10, 30, 100, 300, 1000)
    p: float = 0.3
    target: float = 0.2
    temperature: float = 0.2
    batch: int = 10
    batches: int = 400
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)

    def exact(self, n: int) -> float:
        """Exact gradient of one logit of n bits."""
        return (1 - 2 * self.target) * self.p * (1 - self.p) / n

    def spread_of_reinforce(self, n: int) -> float:
        """Spread of REINFORCE with baseline by calculation."""
        v = self.p * (1 - self.p)
        squared = 1 / v - 5 + n + n / (self.batch - 1)  # eq. 1
        return float(squared**0.5)


class BitsRun:
    """Both estimators for all n with one seed."""

    def __init__(self, settings: BitsSettings, seed: int) -> None:
        self.settings = settings
        self.generator = torch.Generator().manual_seed(seed)
        self.found: list[dict[str, float]] = []

    @property
    def progress(self) -> float:
        """Share of the sizes that are done."""
        return len(self.found) / len(self.settings.sizes)

    def advance(self) -> Record:
        """The next n: spread and mean of both estimators, from the same draws."""
        given = self.settings
        n = given.sizes[len(self.found)]
        p = torch.full((given.batches, n), given.p, dtype=torch.float64)
        shape = (given.batch, given.batches, n)
        u = torch.rand(shape, generator=self.generator, dtype=p.dtype)
        record: dict[str, float] = {}
        for name in ESTIMATORS_OF_BITS:
            arm = DescentSettings(name, 1.0, given.batch, given.temperature)
            g = gradients(self.loss, BERNOULLI, torch.logit(p), u, u, arm)
            share = g / given.exact(n)
            record[f"{name}, spread"] = float(share.std())
            record[f"{name}, mean"] = float(share.mean())
        self.found.append(record)
        return record

    def loss(self, b: Tensor) -> Tensor:
        """f, the mean over the bits."""
        return (b - self.settings.target).square().mean(-1)

    def result(self) -> Record:
        """Each number for all n, (sizes,)."""
        return {
            key: np.array([one[key] for one in self.found]) for key in self.found[0]
        }


def runs(settings: BitsSettings) -> dict[str, BitsRun]:
    """One run for each seed."""
    return {f"seed {s}": BitsRun(settings, s) for s in settings.seeds}


def summarise(
    settings: BitsSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Spread and mean by estimator, (seeds, sizes)."""
    outcomes = [results[f"seed {seed}"] for seed in settings.seeds]
    return {
        name: {
            kind: [one[f"{name}, {kind}"].tolist() for one in outcomes]
            for kind in ("spread", "mean")
        }
        for name in ESTIMATORS_OF_BITS
    }, {}


BITS = BitsSettings()
SMOKE = BitsSettings(sizes=(1, 4), batches=20, seeds=(0, 1))
EXPERIMENTS = (Experiment("estimators_bits", BITS, SMOKE, runs, summarise),)
