"""`estimators_many`: which of two learners gets farther with a hundred bits.

Protocol, written before the runs. `bits.py` measures the noise of one draw. Here the
same question is asked of learners: if n = 100 bits share one loss and do not interact,
is it better to estimate or to propagate?

    f(b) = (1/n) Σ_i (b_i − t_i)²

Targets are ½ ± 0.2, and θ starts at N(0, 1), as in the chain (`latents.py`). Steps,
draws and measures are those of the chain. The expected loss is a sum over the bits, so
it is exact without enumeration. Means are over 20 problems with targets of their own.

* `estimators_many_tuning`: both learners with a grid of rates, and Gumbel-softmax with
  a grid of τ, on 10 other problems. The setting with the lowest mean gap is chosen. The
  grid of rates begins and ends eight times higher than in the chain, because a mean
  over eight times as many bits has slopes that are smaller by this factor.
* `estimators_many`: the chosen settings; `MANY_ARMS` is filled in after the tuning.
* `estimators_many_long`: the same with three times as many steps.

* "REINFORCE, others": the baseline is the mean loss of the nine other draws.
* "Gumbel-softmax": biased, but without the noise of the other bits.

Planned comparison: the gap of REINFORCE minus that of Gumbel-softmax, paired by
problem. By `bits.py` one draw of REINFORCE is much noisier here, so we expect a larger
gap. If the interval contains zero, the page says that both are alike.

Read `FreeBits`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from lecture_code.experiments.gradients.estimators.chain import (
    ChainSettings,
    KnownChains,
    chain_loss,
    chain_start,
)
from lecture_code.experiments.gradients.estimators.latents import (
    DRAWS,
    LONG,
    MAIN,
    DescentRun,
    LatentSettings,
    setting_name,
    short_settings,
    summarise,
    summarise_tuning,
)
from lecture_code.experiments.protocol import Experiment
from lecture_code.gradients.estimator_descent import DescentSettings

RATES_OF_MANY = tuple(2.0**n for n in range(4, 17))
TEMPERATURES_OF_MANY = (0.02, 0.05, 0.1, 0.2, 0.5)


class FreeBits(KnownChains):
    """Bits without interaction, so their expected loss needs no enumeration."""

    def gap(self, logits: Tensor) -> Tensor:
        """Expected loss above the lowest, as a share of that of fair coins."""
        now = expected_mean(torch.sigmoid(logits), self.targets)
        return (now - self.lowest) / (self.fair - self.lowest)


def expected_mean(p: Tensor, targets: Tensor) -> Tensor:
    """Expected loss of bits without interaction, (problems,)."""
    each = p * (1 - targets).square() + (1 - p) * targets.square()
    return each.mean(-1)


def free_bits(settings: ChainSettings, seeds: tuple[int, ...]) -> FreeBits:
    """One problem for each seed.

    Raises:
        ValueError: the bits interact.
    """
    if settings.coupling != 0:
        raise ValueError(f"coupling must be 0; got {settings.coupling}")
    pairs = [chain_start(settings, seed) for seed in seeds]
    targets, logits = (torch.stack(each) for each in zip(*pairs, strict=True))
    best = (targets > 0.5).to(targets.dtype)
    lowest = expected_mean(best, targets)
    fair = expected_mean(torch.full_like(targets, 0.5), targets)
    loss = chain_loss(targets, settings)
    return FreeBits(loss, targets, logits, best, lowest, fair)


class ManyRun(DescentRun):
    """One learner on all problems at once."""

    def chains(self) -> KnownChains:
        """The problems; made again from their seeds."""
        return free_bits(self.settings.chain, self.settings.seeds)


def runs(settings: LatentSettings) -> dict[str, ManyRun]:
    """One run for each arm."""
    return {name: ManyRun(settings, arm) for name, arm in settings.arms.items()}


def grid_of_many() -> Iterator[DescentSettings]:
    """Every setting that is tried."""
    for rate in RATES_OF_MANY:
        yield DescentSettings("REINFORCE, others", rate, DRAWS)
        for tau in TEMPERATURES_OF_MANY:
            yield DescentSettings("Gumbel-softmax", rate, DRAWS, tau)


def tuned_of_many(
    gaps: Mapping[str, list[float]],
) -> dict[str, DescentSettings]:
    """Estimator -> its setting with the lowest mean gap in the tuning."""
    best: dict[str, DescentSettings] = {}
    for arm in grid_of_many():
        rival = best.get(arm.estimator, arm)
        lower = sum(gaps[setting_name(arm)]) < sum(gaps[setting_name(rival)])
        best[arm.estimator] = arm if lower else rival
    return best


HUNDRED = ChainSettings(bits=100, coupling=0.0)
MANY_TUNING = LatentSettings(
    {setting_name(arm): arm for arm in grid_of_many()},
    HUNDRED,
    every=500,
    seeds=tuple(range(100, 110)),
)
MANY_ARMS = {
    "REINFORCE, others": DescentSettings("REINFORCE, others", 1024.0, DRAWS),
    "Gumbel-softmax": DescentSettings("Gumbel-softmax", 512.0, DRAWS, 0.05),
}
MANY = replace(MAIN, arms=MANY_ARMS, chain=HUNDRED)
MANY_LONG = replace(MANY, steps=LONG.steps, every=LONG.every)
EXPERIMENTS = tuple(
    Experiment(name, settings, short_settings(settings), runs, told)
    for name, settings, told in (
        ("estimators_many_tuning", MANY_TUNING, summarise_tuning),
        ("estimators_many", MANY, summarise),
        ("estimators_many_long", MANY_LONG, summarise),
    )
)
