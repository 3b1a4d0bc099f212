"""`estimators_latents`: which estimator finds the best string of a chain of bits.

Protocol, written after a pilot and before the runs. A chain (`chain.py`) has twelve
bits, coupling κ = 0.1 and targets ½ ± 0.2, so the best string is close to its rivals.
Each seed is a chain with targets of its own, and θ starts at N(0, 1). A step has 10
draws, the same number for each estimator. REBAR and RELAX compute the loss at three
places for each draw. After 1,000 steps we report

    gap          expected loss above the lowest; 1 for fair coins, 0 for the best string
    wrong        share of the bits whose likelier value is not that of the best string
    undecided    share of the bits with 0.05 < P(b = 1) < 0.95

The expected loss is exact: all 4,096 strings are summed. Means are over 20 chains.

* `estimators_latents_tuning`: each estimator with a grid of rates, and of τ and η where
  it has them, on 10 other chains. The setting with the lowest mean gap is chosen. For
  Gumbel-softmax and straight-through Gumbel two settings are kept: the best of all, and
  the best rate with τ = 0.5.
* `estimators_latents_edges`: a higher rate of φ for RELAX, because the best was the
  highest of the first grid. With 0.3 some runs diverge. The best η of REBAR is the
  lowest, 0.1; with η = 0 REBAR is REINFORCE with baseline, so nothing is beyond.
* `estimators_latents`: the chosen settings. With τ = 0.5 the best rates are 1,024 and
  512: then a few steps make the logits so large that nothing moves again. So both are
  also run with a rate of 16; we decided this after the tuning. "exact" is the positive
  control: it follows the enumerated gradient, and its rate was not tuned.
* `estimators_latents_long`: the same with three times as many steps.
* `estimators_latents_straight`: the suspected cause is removed. The loss is the same
  for every string, but it is a straight line between the bits.
* `estimators_latents_far`: the cause is removed in another way. Targets are 0.3 to 0.45
  away from ½; there no sign is wrong for one bit if τ = 0.5. The settings of both are
  those of the main run. If the bias is the cause, Gumbel-softmax must reach the best
  string in both.

The pilot: 10 other chains and the same grid, but θ started at 0, where every bit is a
fair coin. There the sign of the Gumbel-softmax gradient is right. So with τ = 1 and a
rate of 2,048 the first step went to the right side, and the logits were then so large
that nothing moved again. We did not want to reward this, so θ starts elsewhere. At
moderate rates Gumbel-softmax stayed at a gap of 0.4 with τ = 0.5, and came to 0.02 with
τ = 0.1. REINFORCE with the mean loss of the other draws as baseline, REBAR and RELAX
came to 0.01.

Read `DescentRun.advance`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.experiments.gradients.estimators.chain import (
    ChainSettings,
    KnownChains,
    known_chains,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.discrete_choices import BERNOULLI
from lecture_code.gradients.estimator_descent import (
    Descent,
    DescentSettings,
    descent_step,
    initial_descent,
)

DRAWS = 10
UNDECIDED = 0.05
RATES = tuple(2.0**n for n in range(1, 14))
TEMPERATURES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
GUMBEL = "Gumbel-softmax, τ = 0.5, small rate"
ST_GUMBEL = "ST-Gumbel, τ = 0.5, small rate"
ETAS = (0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class LatentSettings:
    """Learners of one kind of chains.

    Args:
        arms: name -> estimator with its settings.
        chain: the loss.
        steps: of each learner.
        every: steps between two measurements.
        seeds: one chain each.
    """

    arms: Mapping[str, DescentSettings]
    chain: ChainSettings = field(default_factory=ChainSettings)
    steps: int = 1000
    every: int = 20
    seeds: tuple[int, ...] = tuple(range(20))


class DescentRun:
    """One estimator on all chains at once."""

    def __init__(self, settings: LatentSettings, arm: DescentSettings) -> None:
        self.settings = settings
        self.arm = arm
        self.gaps: list[NDArray[np.float64]] = []
        self.state: Descent | None = None

    @property
    def progress(self) -> float:
        """Share of the steps that are done."""
        return self.state.steps / self.settings.steps if self.state else 0.0

    def chains(self) -> KnownChains:
        """The chains; made again from their seeds, so no checkpoint holds them."""
        return known_chains(self.settings.chain, self.settings.seeds)

    def advance(self) -> Record:
        """Some steps; the record is the mean gap after them."""
        chains = self.chains()
        if self.state is None:
            self.generator = torch.Generator().manual_seed(sum(self.settings.seeds))
            self.state = initial_descent(
                chains.loss, BERNOULLI, chains.logits, self.arm, self.generator
            )
            self.gaps.append(chains.gap(chains.logits).numpy())
        for _ in range(self.settings.every):
            self.state = descent_step(
                self.state, chains.loss, BERNOULLI, self.arm, self.generator
            )
        self.gaps.append(chains.gap(self.state.logits).numpy())
        return {"gap": float(self.gaps[-1].mean())}

    def result(self) -> Record:
        """Gaps at all measurements, and what became of the bits; by chain."""
        assert self.state is not None
        chains = self.chains()
        p = torch.sigmoid(self.state.logits)
        wrong = (p - 0.5) * (chains.best - 0.5) < 0
        undecided = (p > UNDECIDED) & (p < 1 - UNDECIDED)
        return {
            "gap": np.array(self.gaps),  # (measurements, chains)
            "wrong": wrong.double().mean(-1).numpy(),
            "undecided": undecided.double().mean(-1).numpy(),
            "p": p.numpy(),
            "targets": chains.targets.numpy(),
        }


def runs(settings: LatentSettings) -> dict[str, DescentRun]:
    """One run for each arm."""
    return {name: DescentRun(settings, arm) for name, arm in settings.arms.items()}


def summarise(
    settings: LatentSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All that each arm measured; targets once."""
    curves: dict[str, Any] = {}
    for name, outcome in results.items():
        rounded = {key: np.round(value, 4) for key, value in outcome.items()}
        curves[name] = {k: v for k, v in rounded.items() if k != "targets"}
        curves["targets"] = rounded["targets"]
    return curves, {}


def summarise_tuning(
    settings: LatentSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The last gap of each chain, by arm."""
    return {name: np.round(r["gap"][-1], 4) for name, r in results.items()}, {}


def tuning_grid() -> Iterator[DescentSettings]:
    """Every setting that is tried."""
    for name in ("REINFORCE", "REINFORCE, others", "straight-through"):
        for rate in RATES:
            yield DescentSettings(name, rate, DRAWS)
    for name in ("Gumbel-softmax", "ST-Gumbel"):
        for rate, tau in product(RATES, TEMPERATURES):
            yield DescentSettings(name, rate, DRAWS, tau)
    for rate, tau, eta in product(RATES[1:10], TEMPERATURES[2:6], ETAS):
        yield DescentSettings("REBAR", rate, DRAWS, tau, eta)
    for rate, other in product(RATES[1:7], (0.003, 0.01, 0.03)):
        yield DescentSettings("RELAX", rate, DRAWS, surrogate_rate=other)


def edge_grid() -> Iterator[DescentSettings]:
    """Settings that were added because the best was at an edge of the grid."""
    for rate in RATES[1:6]:
        yield DescentSettings("RELAX", rate, DRAWS, surrogate_rate=0.1)


def setting_name(arm: DescentSettings) -> str:
    """ "REBAR, rate 16, τ 0.5, η 1" """
    name = f"{arm.estimator}, rate {arm.rate:g}"
    if arm.estimator in ("Gumbel-softmax", "ST-Gumbel", "REBAR"):
        name += f", τ {arm.temperature:g}"
    if arm.estimator == "REBAR":
        name += f", η {arm.eta:g}"
    if arm.estimator == "RELAX":
        name += f", Adam {arm.surrogate_rate:g}"
    return name


def tuned_setting(
    gaps: Mapping[str, Sequence[float]],
    estimator: str,
    temperature: float | None = None,
) -> DescentSettings:
    """The setting of an estimator with the lowest mean gap.

    Args:
        gaps: setting -> gap of each chain, of both tunings.
        estimator: of the grids.
        temperature: only settings with this τ, if it is given.

    Raises:
        ValueError: the grids have no such setting.
    """
    family = [
        arm
        for arm in (*tuning_grid(), *edge_grid())
        if arm.estimator == estimator and temperature in (None, arm.temperature)
    ]
    if not family:
        raise ValueError(f"the grids have no {estimator!r} with τ = {temperature}")
    return min(family, key=lambda arm: np.mean(gaps[setting_name(arm)]))


ARMS = {
    "exact": DescentSettings("exact", 64.0, DRAWS),
    "REINFORCE": DescentSettings("REINFORCE", 8.0, DRAWS),
    "REINFORCE, others": DescentSettings("REINFORCE, others", 512.0, DRAWS),
    "straight-through": DescentSettings("straight-through", 512.0, DRAWS),
    "Gumbel-softmax": DescentSettings("Gumbel-softmax", 256.0, DRAWS, 0.2),
    "Gumbel-softmax, τ = 0.5": DescentSettings("Gumbel-softmax", 1024.0, DRAWS, 0.5),
    GUMBEL: DescentSettings("Gumbel-softmax", 16.0, DRAWS, 0.5),
    "ST-Gumbel": DescentSettings("ST-Gumbel", 64.0, DRAWS, 0.2),
    "ST-Gumbel, τ = 0.5": DescentSettings("ST-Gumbel", 512.0, DRAWS, 0.5),
    ST_GUMBEL: DescentSettings("ST-Gumbel", 16.0, DRAWS, 0.5),
    "REBAR": DescentSettings("REBAR", 512.0, DRAWS, 0.2, 0.1),
    "RELAX": DescentSettings("RELAX", 16.0, DRAWS, surrogate_rate=0.03),
}
CAUSES = ("REINFORCE, others", GUMBEL, ST_GUMBEL)
MAIN = LatentSettings(ARMS)
LONG = replace(
    MAIN,
    arms={name: arm for name, arm in ARMS.items() if name != "exact"},
    steps=3 * MAIN.steps,
    every=60,
)
TUNING = LatentSettings(
    {setting_name(arm): arm for arm in tuning_grid()},
    every=500,
    seeds=tuple(range(100, 110)),
)
EDGES = replace(TUNING, arms={setting_name(arm): arm for arm in edge_grid()})
STRAIGHT = replace(
    MAIN,
    arms={name: ARMS[name] for name in CAUSES},
    chain=replace(MAIN.chain, straight=True),
)
FAR = replace(STRAIGHT, chain=replace(MAIN.chain, near=0.3, far=0.45))


def _smoke(settings: LatentSettings) -> LatentSettings:
    """Two short chains, the first two arms, a few steps."""
    return replace(
        settings,
        arms=dict(list(settings.arms.items())[:2]),
        chain=replace(settings.chain, bits=3),
        steps=8,
        every=4,
        seeds=settings.seeds[:2],
    )


EXPERIMENTS = (
    *(
        Experiment(name, settings, _smoke(settings), runs, summarise_tuning)
        for name, settings in {
            "estimators_latents_tuning": TUNING,
            "estimators_latents_edges": EDGES,
        }.items()
    ),
    *(
        Experiment(name, settings, _smoke(settings), runs, summarise)
        for name, settings in {
            "estimators_latents": MAIN,
            "estimators_latents_long": LONG,
            "estimators_latents_straight": STRAIGHT,
            "estimators_latents_far": FAR,
        }.items()
    ),
)
