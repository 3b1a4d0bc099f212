"""`sequence_gradients`: the gradient of one generator, estimated and propagated.

Protocol, written before the runs. `sequence_families` compares what both families
learn. Here their gradients are compared, with G and D held fixed. Two trainings of
`sequence_families` ("REINFORCE", and "τ = 0.1, softened 0.99"), from the same start,
are stopped after 5, 25 and 100 % of their steps, for seeds 0 to 4. There, every way to
get a gradient is asked 200 times for the gradient of a batch of 64 strings.

The yardstick is g*, the gradient of E[d] for one-hot strings: that is what all of them
want to know. There are 6¹² strings, too many to go through, so g* is an estimate from
100,000 strings, with the mean of the others as the baseline; it has no bias.

    cosine     of one batch's gradient and g*, mean over the 200
    bias       |mean of the gradients − g*| / |g*|
    spread     √(sum of the variances of all entries) / |g*|
    direction  cosine of the mean of the 200 and g*
    checked    cosine of two halves of the yardstick: how well g* itself is known

The squares of |mean − g*| and of |g*| are corrected for what the variances of the means
add to them; where a corrected square is negative, it counts as zero.

Expected: the estimates have a bias near zero and a large spread, the propagated
gradients the reverse, with more bias the higher τ is.

Read `GradientsRun.advance`, then `diagnosed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.data.arithmetic import LENGTH
from lecture_code.experiments.gradients.sequence_generation.families import FAMILIES
from lecture_code.experiments.gradients.sequence_generation.grammar_measures import (
    grammar_data,
)
from lecture_code.experiments.gradients.sequence_generation.grammar_runs import (
    FIRST,
    started_gan,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.gumbel_softmax_gan import (
    GanSettings,
    GanState,
    gan_step_in_place,
    generator_loss,
)
from lecture_code.gradients.relaxations import gumbel_noise
from lecture_code.gradients.symbol_networks import roll_out_rewards

DIAGNOSES = ("cosine", "bias", "spread", "direction", "checked")


@dataclass(frozen=True)
class GradientsSettings:
    """Where gradients are compared, and which.

    Args:
        trainings: name -> how G and D learn until they are stopped.
        ways: name -> how a gradient is got; τ is the hottest of the settings.
        stops: shares of the steps after which gradients are compared.
        seeds: one training each.
        warm: see `started_gan`.
        strings, hidden: see `GrammarSettings`.
        repeats: gradients of each way.
        yardstick: strings of g*.
        chunk: strings of g* at a time.
    """

    trainings: dict[str, GanSettings]
    ways: dict[str, GanSettings]
    stops: tuple[float, ...] = (0.05, 0.25, 1.0)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    warm: int = FAMILIES.warm
    strings: int = 5000
    hidden: int = 32
    repeats: int = 200
    yardstick: int = 100_000
    chunk: int = 2000


def objective_gradient(
    state: GanState, way: GanSettings, n: int, generator: torch.Generator
) -> Tensor:
    """The direction in which one batch moves G, uphill on E[d], flat.

    Args:
        state: G and D.
        way: how the gradient is got; τ is `way.hottest`.
        n: strings of the batch.
        generator: draws all noise.
    """
    writer, reader = state.writer, state.reader
    z = writer.noise(n, generator)
    g = gumbel_noise(torch.empty(LENGTH, n, writer.symbols), generator)
    written = writer.write(z, g, way.hottest, way.estimator)
    Q = None
    if way.roll_outs:
        Q = roll_out_rewards(writer, reader, written, way.roll_outs, generator)
    gain = -generator_loss(reader, written, way, Q)
    gradients = torch.autograd.grad(gain, list(writer.parameters()))
    return torch.cat([gradient.flatten() for gradient in gradients]).double()


def diagnosed(found: Tensor, yardstick: Tensor) -> dict[str, float]:
    """All of `DIAGNOSES` of gradients (K, d), against the gradients (C, d) whose mean
    is g*.
    """
    exact = yardstick.mean(dim=0)
    mean = found.mean(dim=0)
    variance = found.var(dim=0).sum().item()
    of_exact = yardstick.var(dim=0).sum().item() / len(yardstick)
    size = max(exact.square().sum().item() - of_exact, 1e-300)
    apart = (mean - exact).square().sum().item() - variance / len(found) - of_exact
    halves = yardstick[::2].mean(dim=0), yardstick[1::2].mean(dim=0)
    cosines = torch.cosine_similarity(found, exact[None])
    return {
        "cosine": cosines.mean().item(),
        "bias": (max(apart, 0.0) / size) ** 0.5,
        "spread": (variance / size) ** 0.5,
        "direction": torch.cosine_similarity(mean, exact, dim=0).item(),
        "checked": torch.cosine_similarity(*halves, dim=0).item(),
    }


class GradientsRun:
    """One training that is stopped several times to compare gradients."""

    def __init__(
        self, settings: GradientsSettings, training: GanSettings, seed: int
    ) -> None:
        self.settings = settings
        self.training = training
        self.seed = seed
        self.state: GanState | None = None
        self.steps = 0
        self.found: list[dict[str, dict[str, float]]] = []

    @property
    def progress(self) -> float:
        """Share of the stops that are behind it."""
        return len(self.found) / len(self.settings.stops)

    def advance(self) -> Record:
        """One of the first steps, or all steps to the next stop, and its gradients."""
        data = grammar_data(self.settings.strings, self.seed)
        if self.state is None:
            self.generator = torch.Generator().manual_seed(self.seed)
            self.state = started_gan(
                self.training,
                self.settings.hidden,
                data,
                self.generator,
                self.settings.warm,
            )
        stop = round(self.settings.stops[len(self.found)] * self.training.steps)
        to_go = 1 if self.steps < FIRST else max(stop - self.steps, 0)
        for _ in range(to_go):
            self.state = gan_step_in_place(
                self.state, data, self.training, self.generator
            )
        self.steps += to_go
        if self.steps >= max(stop, FIRST):
            self.found.append(self.diagnose())
        return {
            "reader_loss": self.state.reader_loss,
            "writer_loss": self.state.writer_loss,
        }

    def diagnose(self) -> dict[str, dict[str, float]]:
        """`DIAGNOSES` of each way, for G and D as they are now."""
        assert self.state is not None
        settings = self.settings
        exact = replace(ESTIMATED, batch=settings.chunk)
        generator = torch.Generator().manual_seed(90_000 + self.seed)
        yardstick = torch.stack(
            [
                objective_gradient(self.state, exact, settings.chunk, generator)
                for _ in range(settings.yardstick // settings.chunk)
            ]
        )
        found = {}
        for name, way in settings.ways.items():
            generator = torch.Generator().manual_seed(91_000 + self.seed)
            gradients = [
                objective_gradient(self.state, way, way.batch, generator)
                for _ in range(settings.repeats)
            ]
            found[name] = diagnosed(torch.stack(gradients), yardstick)
        return found

    def result(self) -> Record:
        """What was found, {way: {diagnosis: (stops,)}}."""
        return {
            way: {name: [stop[way][name] for stop in self.found] for name in DIAGNOSES}
            for way in self.settings.ways
        }


def runs(settings: GradientsSettings) -> dict[str, GradientsRun]:
    """One training of each kind for each seed."""
    return {
        f"{name}/{seed}": GradientsRun(settings, training, seed)
        for name, training in settings.trainings.items()
        for seed in settings.seeds
    }


def summarise(
    settings: GradientsSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """By training, way and diagnosis: (seeds, stops)."""
    curves = {
        training: {
            way: {
                name: [results[f"{training}/{s}"][way][name] for s in settings.seeds]
                for name in DIAGNOSES
            }
            for way in settings.ways
        }
        for training in settings.trainings
    }
    return curves, {}


# --- the experiment ---

ESTIMATED = GanSettings(estimator="reinforce", reals="hard", hottest=1.0)
PROPAGATED = GanSettings(hottest=1.0)
WAYS = {
    "REINFORCE, no baseline": replace(ESTIMATED, baseline="none"),
    "REINFORCE": ESTIMATED,
    "REINFORCE, roll-outs": replace(ESTIMATED, roll_outs=1),
    "Gumbel-softmax, τ = 5": replace(PROPAGATED, hottest=5.0),
    "Gumbel-softmax, τ = 1": PROPAGATED,
    "Gumbel-softmax, τ = 0.5": replace(PROPAGATED, hottest=0.5),
    "Gumbel-softmax, τ = 0.1": replace(PROPAGATED, hottest=0.1),
    "straight-through, τ = 1": replace(PROPAGATED, estimator="straight_through"),
}
"""Ways to get a gradient; each is asked for batches of 64."""
GRADIENTS = GradientsSettings(
    {name: FAMILIES.arms[name] for name in ("REINFORCE", "τ = 0.1, softened 0.99")},
    WAYS,
)
SMOKE = replace(
    GRADIENTS,
    trainings={
        name: replace(arm, steps=20, batch=8)
        for name, arm in GRADIENTS.trainings.items()
    },
    stops=(0.5, 1.0),
    seeds=(0, 1),
    warm=2,
    strings=100,
    hidden=8,
    repeats=4,
    yardstick=100,
    chunk=50,
)

EXPERIMENTS = (Experiment("sequence_gradients", GRADIENTS, SMOKE, runs, summarise),)
