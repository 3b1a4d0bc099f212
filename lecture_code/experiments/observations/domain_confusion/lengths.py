"""`domain_confusion_fork` and `domain_confusion_suspects`: why do weak pairs lose in a
training three times as long, and what prevents it?

In `domain_confusion_longer` (`hooks.py`) weak pairs fall from 94 to 78 % and confusion
alone from 90 to 63 %, while the simulation alone gains.

The pilot looked at seeds 3 and 6, which had lost much, every few hundred batches.
Answers on synthetic images stay right to 1 cm. Most is lost in the second half, when
the rate of the features falls and that of the classifier does not: the classifier then
wins, and its loss for the features rises above log 2. Features also shrink. Tried, each
alone:

    confusion alone, seed 6      as it was: 3 %. The classifier's rate falls, too: 52 %.
                                 500 unlabelled images in place of 100: 99 %.
    weak pairs, seed 3           as it was: 41 %. 500 images: 99 % in the middle, then
                                 82 %. And the classifier's rate falls, too: 92 %; or
                                 λ falls with the rate: 96 %.

So there are two suspects: too few images, and a λ that stays when the rate falls. (A
smaller classifier, noise on images and weight decay were not tried.)

Protocol, written after the pilot and before the runs. Weak pairs with 500 unlabelled
images, λ constant or falling to zero in the second half, 7,200 batches, all else as in
`domain_confusion_longer`, five seeds (`domain_confusion_fork`). Constant and falling
are one training up to the middle; there the run is copied. Pairs are chosen after a
third of the batches, as before. With 100 images and a constant λ the runs are those of
`domain_confusion_longer`. So the two suspects are removed one after the other.

The claim: with 500 images and a falling λ, weak pairs are ahead of the simulation alone
after 7,200 batches, by a paired interval without zero. After 2,400 batches they are
ahead with 500 images and a constant λ (`domain_confusion`). Every 600 batches are noted
success on the tests (it decides nothing) and the cross-entropy of the classifier of
domains on the "real" images that it learns from, and on the tests, which it has never
seen. Pilot seed 3 is among the five.

Changed after the first seed had ended: the simulation alone differs so much from seed
to seed that five seeds may be too few to show a lead. So a second question was added:
does success still fall between 2,400 and 7,200 batches, in the same seeds? For time,
more seeds, a falling λ with 100 images, and one for 2,400 batches were not run.

The outcome: 90 % with 500 images and a constant λ, which is 6 points above the
simulation alone [−7, 19]; 96 % with a falling λ, 11 points above [2, 21]. The
classifier does not know its 500 images much better than new ones.

Protocol of `domain_confusion_suspects`, written after these results and before its
runs. Two rows were missing, both with 100 images, 7,200 batches and five seeds. All
else is as in `domain_confusion_longer`, so runs are paired with those of that result.

    λ = 0          weak pairs alone: no confusion. If confusion with a constant λ does
                   the damage, success does not fall between 2,400 and 7,200 batches.
    λ falling      weak pairs, λ falling to zero in the second half. If the falling λ is
                   a remedy by itself, success is higher than with a constant λ.

"Falls" and "higher" mean a paired interval without zero. Whether each row leads the
simulation alone after 7,200 batches is told, too, whatever the outcome. Nothing was
tuned for these rows, and no pilot looked at them. Pilot seed 3 is among the five.

The outcome: 91 % with λ = 0, which is 4 points less than after 2,400 batches [−11, 4];
88 % with a falling λ, 8 points more than with a constant λ [−6, 23]. Neither has a
clear lead over the simulation alone. So five seeds show no suspect to be the cause by
itself.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.arms import (
    ARMS,
    HookArm,
    HookSettings,
    Pupil,
)
from lecture_code.experiments.observations.domain_confusion.hooks import (
    LONGER,
    SMALL,
    HookRun,
    columns,
)
from lecture_code.experiments.observations.domain_confusion.measures import places
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.domain_confusion import Alignment
from lecture_code.observations.hook_scenes import errors, success_rate
from lecture_code.observations.representation import network_inputs

REAL = 1  # the classifier's name of the target
NOTES = ("batches", "success", "loss on its images", "loss on new images")
CONSTANT, FALLING = "λ constant", "λ falling"
ENDS = (CONSTANT, FALLING)


@dataclass(frozen=True)
class ForkSettings:
    """What is compared.

    Args:
        base: its arms are trained; its seeds are not used.
        seeds: of images, networks and batches.
        every: batches between two notes, or a few more.
    """

    base: HookSettings
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    every: int = 600


class WatchedPupil:
    """An arm in training, with notes on the way.

    Args:
        pupil: the arm; it is used up.
        every: batches between two notes, or a few more.
    """

    def __init__(self, pupil: Pupil, every: int) -> None:
        self.pupil = pupil
        self.every = every
        self.notes: dict[str, list[float]] = {name: [] for name in NOTES}
        self.measured: dict[str, float] = {}

    @property
    def share(self) -> float:
        """Share of the batches that are done."""
        return self.pupil.state.batches / self.pupil.length

    def advance(self) -> dict[str, float]:
        """The next batches, or at the end the tests."""
        if self.share >= 1:
            self.measured = self.pupil.measured()
            return self.measured
        report = self.pupil.advance()
        if self.pupil.state.batches >= self.every * (len(self.notes["batches"]) + 1):
            self.take_notes()
        return report

    def take_notes(self) -> None:
        """Success on the tests, and what the classifier knows."""
        pupil = self.pupil
        state = pupil.state
        assert isinstance(state, Alignment)
        tests = pupil.data.tests
        missed = errors(places(state.network, tests), tests.poses)
        noted = (
            float(state.batches),
            success_rate(missed),
            loss_on_real(state, pupil.real.images),
            loss_on_real(state, tests.images),
        )
        for name, value in zip(NOTES, noted, strict=True):
            self.notes[name].append(round(value, 4))

    def copied(self, *, falling: bool) -> WatchedPupil:
        """The same training, which goes on with a λ that falls, or does not."""
        other = copy.deepcopy(self)
        other.pupil.method = replace(other.pupil.method, falling=falling)
        return other


class ForkedRun:
    """One arm and one seed, with a constant λ and, from the middle on, a falling one.

    Args:
        arm: what is trained.
        settings: of the comparison.
        seed: of everything random.
    """

    def __init__(self, arm: HookArm, settings: ForkSettings, seed: int) -> None:
        pupil = WatchedPupil(Pupil(arm, settings.base, seed), settings.every)
        self.ends = {CONSTANT: pupil}

    @property
    def progress(self) -> float:
        """Share of the batches that are done; both halves of the fork count."""
        if all(name in self.ends and self.ends[name].measured for name in ENDS):
            return 1.0
        second = sum(max(end.share - 0.5, 0.0) for end in self.ends.values())
        first = min(self.ends[CONSTANT].share, 0.5)
        return min((first + second) / 1.5, 0.99)

    def advance(self) -> Record:
        """The next batches of one half of the fork, or its tests."""
        first = self.ends[CONSTANT]
        if FALLING not in self.ends and first.share >= 0.5:
            self.ends[FALLING] = first.copied(falling=True)
        waiting = [end for end in self.ends.values() if not end.measured]
        return min(waiting, key=lambda end: end.share).advance()

    def result(self) -> Record:
        """What was measured at both ends, and the notes."""
        return {
            name: {"measured": end.measured, "notes": end.notes}
            for name, end in self.ends.items()
        }


def loss_on_real(state: Alignment, images: NDArray[Any]) -> float:
    """Cross-entropy of the classifier of domains on "real" images (N, H, W, 3)."""
    with torch.no_grad():
        logits = state.classifier(state.network.features(network_inputs(images)))
    return -float(torch.log_softmax(logits, dim=1)[:, REAL].mean())


def runs(settings: ForkSettings) -> dict[str, ForkedRun]:
    """One run for each arm and seed."""
    return {
        f"{name}/{seed}": ForkedRun(arm, settings, seed)
        for seed in settings.seeds
        for name, arm in settings.base.arms.items()
    }


def forked(arm: str, end: str) -> str:
    """The name of an arm and an end in the result: "weak pairs (500), λ falling"."""
    return f"{arm}, {end}"


def summarise(
    settings: ForkSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All numbers of all seeds, by arm and end; notes are lists (seeds, notes)."""
    curves: dict[str, Any] = {}
    for name in settings.base.arms:
        for end in ENDS:
            found = [results[f"{name}/{seed}"][end] for seed in settings.seeds]
            curve: dict[str, Any] = columns([run["measured"] for run in found])
            for note in NOTES:
                curve[f"notes: {note}"] = [run["notes"][note] for run in found]
            curves[forked(name, end)] = curve
    return curves, {}


FEW, MANY = "weak pairs", "weak pairs (500)"
FORK = ForkSettings(replace(LONGER, arms={MANY: HookArm(500)}))
SMALL_FORK = ForkSettings(replace(SMALL, arms=FORK.base.arms), seeds=(0,), every=4)


@dataclass(frozen=True)
class SuspectSettings:
    """Which suspects are removed, one at a time.

    Args:
        base: its arms are trained; its seeds are not used.
        falling: the arms whose λ falls.
        seeds: of images, networks and batches.
    """

    base: HookSettings
    falling: tuple[str, ...] = (FEW,)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def suspect_runs(settings: SuspectSettings) -> dict[str, HookRun]:
    """One run for each arm and seed."""
    base = settings.base
    found = {}
    for seed in settings.seeds:
        for name, arm in base.arms.items():
            method = replace(base.method, falling=name in settings.falling)
            found[f"{name}/{seed}"] = HookRun(arm, replace(base, method=method), seed)
    return found


def summarise_suspects(
    settings: SuspectSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All numbers of all seeds, by arm."""
    curves = {
        name: columns([results[f"{name}/{seed}"] for seed in settings.seeds])
        for name in settings.base.arms
    }
    return curves, {}


PAIRS_ALONE = "weak pairs alone"
SUSPECTS = SuspectSettings(
    replace(LONGER, arms={PAIRS_ALONE: ARMS[PAIRS_ALONE], FEW: ARMS[FEW]})
)
SMALL_SUSPECTS = SuspectSettings(replace(SMALL, arms=SUSPECTS.base.arms), seeds=(0,))

EXPERIMENTS = (
    Experiment("domain_confusion_fork", FORK, SMALL_FORK, runs, summarise),
    Experiment(
        "domain_confusion_suspects",
        SUSPECTS,
        SMALL_SUSPECTS,
        suspect_runs,
        summarise_suspects,
    ),
)
