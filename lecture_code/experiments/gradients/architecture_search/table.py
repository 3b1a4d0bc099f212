"""`architecture_table`: every child for digits, trained with five seeds.

Protocol, written after a pilot and before the run. `child_networks.DIGIT_SPACE` has
1,458 strings, which build 1,053 different children. Each child is trained with the
seeds 0 to 4 on the same 400 scanned digits, for 8 epochs in batches of 20, with
Adam at the rate 0.003. Then it is asked about 400 validation images and about the 997
test images that are left. The three parts have no common image; in the parts for
training and for validation the classes are equally frequent. The split is the same for
all trainings. A training has random weights and an order of images of its own: both
are drawn from the pair (string, seed), so the noise of two strings is independent.

The result holds how many images each child gets right, its number of parameters, and
the processor time of one training, as the median over the seeds. The time is from a
machine that was busy with other work, too: it tells small from large, not more.

The pilot: 40 to 80 random strings, two seeds that the run does not use, and another
split of the scans. Ten trainings were tried: Adam and SGD with momentum, batches of 20
and 40, rates from 0.001 to 0.03, 4 or 8 epochs. With few steps at a low rate, a quarter
of the children stayed near chance. With a high rate, a tenth of the children was within
1 % of the best. The chosen training lies between: about one child in ten stayed near
chance, and one in twenty was within 1 % of the best. Accuracies on test images had no
part in this choice.

Nothing is selected here. A search may ask for one of the five validation numbers of a
string, and its answer is judged by their mean. No search may see the test numbers.

Looked at afterwards (`table_facts`): one string in thirty is within 1 % of the best.
The accuracy of the best single training is about 1.5 % higher than the mean of the same
child's other seeds. So a search that pays one training a query can be misled by one
lucky training.

Read `TableRun.advance`, then `load_table`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.data.digits import Digits, scanned_digits
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.experiments.results import Result, load_result
from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.gradients.child_networks import (
    DIGIT_SPACE,
    SIDE,
    ChildSettings,
    DigitNetwork,
    number_right,
    representative_places,
    train_child,
)
from lecture_code.learning.columns import number_of_parameters

SPLIT = 2300
"""Seed of the split of the scans into three parts."""
NAME = "architecture_table"


@dataclass(frozen=True)
class TableSettings:
    """What is trained, and on what.

    Args:
        training, validation: numbers of images; all others are for the test.
        child: how each child is trained.
        every: 1 trains all children, n only each n-th of them.
        seeds: one training of each child for each seed.
    """

    training: int = 400
    validation: int = 400
    child: ChildSettings = field(default_factory=ChildSettings)
    every: int = 1
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


class LabelledImages(NamedTuple):
    """Images (N, 1, 8, 8) from 0 to 1, and the digits that they show, (N,)."""

    images: Tensor
    labels: Tensor


class ImageParts(NamedTuple):
    """Three parts of the scans without a common image."""

    training: LabelledImages
    validation: LabelledImages
    test: LabelledImages


@cache
def image_parts(training: int, validation: int) -> ImageParts:
    """The scans in three parts, by `SPLIT`; numbers of images of the first two."""
    rng = np.random.default_rng(SPLIT)
    others, own = scanned_digits(rng, tests=training + validation, size=SIDE)
    to_learn, to_validate = own.split(training, rng)
    return ImageParts(*map(with_one_channel, (to_learn, to_validate, others)))


def with_one_channel(digits: Digits) -> LabelledImages:
    """Digits as a child reads them: their three channels are the same."""
    images = digits.images[..., 0][:, None]
    return LabelledImages(
        torch.from_numpy(images.copy()), torch.from_numpy(digits.labels)
    )


def trained_places(settings: TableSettings) -> NDArray[np.int64]:
    """The places of the strings that are trained, in rising order."""
    return np.unique(representative_places())[:: settings.every]


class TrainedChild(NamedTuple):
    """One training of one child.

    Args:
        validation, test: numbers of images that are right.
        parameters: of the child.
        seconds: processor time of the training [s].
        losses: mean loss of each epoch.
    """

    validation: int
    test: int
    parameters: int
    seconds: float
    losses: list[float]


def trained_child(settings: TableSettings, place: int, seed: int) -> TrainedChild:
    """Build the child of the string at this place, train it, and count.

    Args:
        settings: of the experiment.
        place: of the string in `DIGIT_SPACE`.
        seed: together with the place it draws the weights and the order of images.
    """
    parts = image_parts(settings.training, settings.validation)
    state = np.random.SeedSequence((seed, place)).generate_state(1)
    generator = torch.Generator().manual_seed(int(state[0]))
    string = DIGIT_SPACE.every_string()[place]
    child = DigitNetwork(string, generator)
    before = time.process_time()
    losses = train_child(child, *parts.training, settings.child, generator)
    seconds = time.process_time() - before
    return TrainedChild(
        number_right(child, *parts.validation),
        number_right(child, *parts.test),
        number_of_parameters(child),
        seconds,
        losses,
    )


class TableRun:
    """All children with one seed, one after the other."""

    def __init__(self, settings: TableSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.places = trained_places(settings)
        self.children: list[TrainedChild] = []

    @property
    def progress(self) -> float:
        """Share of the children that are trained."""
        return len(self.children) / len(self.places)

    def advance(self) -> Record:
        """Train one child. The record is the mean loss of its first epoch: later, a
        difference of machines in the last digits may have grown.
        """
        place = int(self.places[len(self.children)])
        child = trained_child(self.settings, place, self.seed)
        self.children.append(child)
        return {"place": place, "first_loss": child.losses[0]}

    def result(self) -> Record:
        """What was counted, one entry for each child."""
        columns = zip(*self.children, strict=True)
        named = dict(zip(TrainedChild._fields, columns, strict=True))
        return {name: np.array(column) for name, column in named.items()}


def runs(settings: TableSettings) -> dict[str, TableRun]:
    """One run for each seed."""
    return {f"seed {seed}": TableRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: TableSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Counts by seed and child; parameters and milliseconds by child."""
    outcomes: Sequence[Record] = [results[f"seed {seed}"] for seed in settings.seeds]
    parts = image_parts(settings.training, settings.validation)
    seconds = np.median([outcome["seconds"] for outcome in outcomes], axis=0)
    curves = {
        "images": {name: len(part.labels) for name, part in parts._asdict().items()},
        "places": trained_places(settings),
        "validation": [outcome["validation"] for outcome in outcomes],
        "test": [outcome["test"] for outcome in outcomes],
        "parameters": outcomes[0]["parameters"],
        "milliseconds": np.round(1000 * seconds).astype(int),
    }
    return curves, {}


def load_table() -> ArchitectureTable:
    """The committed table of all 1,458 strings.

    Raises:
        ExperimentError: there is no such result, or its settings are not these.
    """
    return table_of(load_result(NAME))


def table_of(result: Result) -> ArchitectureTable:
    """The table that a result holds; aliases get the numbers of their representative.

    Raises:
        ValueError: the result is not of all children of `DIGIT_SPACE`.
    """
    curves = result.curves
    representatives = representative_places()
    if curves["places"] != np.unique(representatives).tolist():
        raise ValueError(
            f"{result.name} has {len(curves['places'])} children; a table needs the "
            f"{len(np.unique(representatives))} children of the space"
        )
    images = curves["images"]
    return ArchitectureTable.from_representatives(
        DIGIT_SPACE,
        representatives,
        np.array(curves["validation"]).T / images["validation"],
        np.array(curves["test"]).T / images["test"],
        np.array(curves["parameters"]),
        np.array(curves["milliseconds"]) / 1000,
    )


TABLE = TableSettings()
SMOKE = TableSettings(child=ChildSettings(epochs=1), every=200, seeds=(0, 1))
EXPERIMENTS = (Experiment(NAME, TABLE, SMOKE, runs, summarise),)
