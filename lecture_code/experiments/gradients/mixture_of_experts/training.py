"""The full-scale runs behind the chapter *Mixture of experts*.

* `mixture_patchwork`: a problem with 64 known maps, more and more experts, and two
  amounts of data.
* `mixture_capacity`: the same for a language model of characters.
* `mixture_balance`: this model with both balancing losses at three weights each
  (Shazeer et al. 2017, table 6).

For each example, k experts of the same size compute an answer, whatever n is. The
baseline is the dense network with the same arithmetic: one expert, k times as wide.
Rate, schedule, batch and number of steps are the same for all, and nothing is selected
on the test data.

These trainings are short: 700 to 1000 steps. A longer training may change which weights
and which number of experts are best. So everything with plenty of text is trained
again, with the same five seeds and schedule. The protocol was written before the runs:

* `mixture_balance_long`, `mixture_capacity_long`, `mixture_patchwork_long`: three times
  as many steps, with all pairs of weights and all numbers of experts. The page reports
  these.
* `mixture_balance_longest`, `mixture_capacity_longest`: nine times as many steps, for
  the three pairs of equal weights, and for 1, 64 and 256 experts. They are the check.
  What the page says of the long trainings must hold of them as well, or the page
  says that it depends on the length.

Some of the long trainings were known when this was written: those of equal weights,
those of 64 and of 256 experts, and one seed of the patchwork. To be examined: in which
order are the weights, and the numbers of experts; is every number better than the dense
network; which share of the experts is idle?

`mixture_little_long` was added last, when all others were known: the language model
with little text, three times as many steps. After the short training the test loss of
16 experts is higher than the dense network's, and that of 256 experts is lower. To be
examined: do both differences keep their sign?

A difference between two rows is reported with the 95 % interval of the five paired
differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.data.corpus import encode_text
from lecture_code.experiments.gradients.mixture_of_experts.tasks import (
    CONTEXT,
    MixtureSettings,
    MixtureTask,
    task_of,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.mixture_of_experts import Routing, balance_loss, cv_squared

FIRST, STRIDE = 3, 100
"""The first steps are recorded one by one, the later steps a hundred at a time."""


class MixtureRun:
    """One training of one mixture.

    The model is made at the first step, so that a waiting run needs no memory for it.
    """

    def __init__(
        self,
        settings: MixtureSettings,
        experts: int,
        data: int,
        weights: tuple[float, float],
        seed: int,
    ) -> None:
        self.settings = settings
        self.experts = experts
        self.data = data
        self.weights = weights
        self.seed = seed
        self.step = 0

    @property
    def progress(self) -> float:
        """Share of the steps that are done."""
        return self.step / self.settings.steps

    @property
    def task(self) -> MixtureTask:
        """What is trained on; made again from its seed, so no checkpoint holds it."""
        seed = self.seed if self.settings.task == "patchwork" else 0
        return task_of(self.settings, self.data, seed)

    def start(self) -> None:
        """Make the model, and examine it before it has learnt anything."""
        self.generator = torch.Generator().manual_seed(self.seed)
        self.model = self.task.model(self.settings, self.experts, self.generator)
        self.optimiser = torch.optim.Adam(
            self.model.parameters(), lr=self.settings.rate, fused=True
        )
        self.before = self.examine()

    def advance(self) -> Record:
        """One of the first steps, or a hundred steps.

        The record is the loss of the last batch, before its step.
        """
        if self.step == 0:
            self.start()
        stride = 1 if self.step < FIRST else STRIDE
        for _ in range(min(stride, self.settings.steps - self.step)):
            inputs, targets = self.task.batch(self.settings.batch, self.generator)
            outputs, routing = self.model(inputs, self.generator)
            loss = self.task.loss(outputs, targets)
            for group in self.optimiser.param_groups:
                group["lr"] = self.rate()
            self.optimiser.zero_grad()
            total = loss + balance_loss(routing, *self.weights)
            total.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.step += 1
        return {"loss": loss.item()}

    def rate(self) -> float:
        """Learning rate of the next step."""
        steps = self.settings.steps
        warm = 50
        cooling = 0.3
        rise = (self.step + 1) / warm
        fall = (steps - self.step) / (cooling * steps)
        return self.settings.rate * min(1.0, rise, fall)

    def examine(self) -> dict[str, Any]:
        """Losses, balance and information of the model on the test, without noise."""
        inputs, targets, domains = self.task.test()
        self.model.eval()
        with torch.no_grad():
            outputs, routing = self.model(inputs)
            loss = self.task.loss(outputs, targets)
            generator = torch.Generator().manual_seed(self.seed)
            train_inputs, train_targets = self.task.batch(4096, generator)
            train_outputs, _ = self.model(train_inputs)
            train_loss = self.task.loss(train_outputs, train_targets)
        self.model.train()
        counts = routing.counts().double()
        load = (counts / counts.mean()).sort(descending=True).values
        return {
            "test": loss.item(),
            "train": train_loss.item(),
            "cv_importance": cv_squared(routing.importance()).sqrt().item(),
            "cv_load": cv_squared(counts).sqrt().item(),
            "max_load": (counts.max() / counts.mean()).item(),
            "load": load.round(decimals=3).tolist(),
            "information": information(routing.chosen[:, 0].numpy(), domains.numpy()),
        }

    def result(self) -> Record:
        """The model's examinations before and after the training.

        For the language model also the first expert of each character of the passage.
        """
        result = self.examine()
        for name in ("test", "information"):
            result[f"{name}_before"] = self.before[name]
        if self.settings.task == "language":
            result["passage"] = self.read()
        return result

    def read(self) -> list[int]:
        """The first expert of each character of the passage.

        The model sees the `CONTEXT` characters before it.
        """
        codes = torch.from_numpy(encode_text("\n" * CONTEXT + PASSAGE).astype(np.int64))
        with torch.no_grad():
            contexts = codes.unfold(0, CONTEXT, 1)[:-1]
            routing: Routing = self.model.eval()(contexts)[1]
        return list(routing.chosen[:, 0].tolist())


PASSAGE = """A gate sees each example and asks only a few of its experts.
Parameters: x is an array of examples, one row for each.
def choose(x, k=2):
    top = np.argsort(x @ W, axis=-1)[:, -k:]
    return top, softmax(x[top])
314 + 159 = 473
27 + 182 = 209
"""


def information(expert: NDArray[Any], domain: NDArray[Any]) -> float:
    """I(expert; domain) / H(domain), from 0 to 1.

    The share of the information about the domain that the chosen expert carries.
    """
    joint = np.zeros((expert.max() + 1, domain.max() + 1))
    np.add.at(joint, (expert, domain), 1 / len(expert))
    independent = joint.sum(1, keepdims=True) * joint.sum(0)
    occurs = joint > 0
    marginal = joint.sum(0)[joint.sum(0) > 0]
    mutual = (joint[occurs] * np.log(joint[occurs] / independent[occurs])).sum()
    entropy = -(marginal * np.log(marginal)).sum()
    return float(mutual / entropy)


Point = tuple[int, int, tuple[float, float]]  # experts, data, and both weights


def comparisons(settings: MixtureSettings) -> dict[str, Point]:
    """What is compared, by name: "16 experts, all data, w 0.1 and 0.1"."""
    grid = product(settings.experts, settings.data, settings.weights)
    points: dict[str, Point] = {}
    for experts, data, (a, b) in grid:
        name = f"{experts} experts, {data or 'all'} data, w {a:g} and {b:g}"
        points[name] = experts, data, (a, b)
    return points


def runs(settings: MixtureSettings) -> dict[str, MixtureRun]:
    """One training for each point of the grid and each seed."""
    return {
        f"{name}/{seed}": MixtureRun(settings, *point, seed)
        for name, point in comparisons(settings).items()
        for seed in settings.seeds
    }


def summarise(
    settings: MixtureSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Examinations by comparison and seed; the passage of the first seed only."""
    curves: dict[str, Any] = {}
    for name in comparisons(settings):
        first, *_ = outcomes = [results[f"{name}/{seed}"] for seed in settings.seeds]
        entries = [entry for entry in first if entry != "passage"]
        curves[name] = {entry: [run[entry] for run in outcomes] for entry in entries}
        if "passage" in first:
            curves[name]["passage"] = first["passage"]
    return curves, {}


PATCHWORK = MixtureSettings(
    "patchwork",
    (1, 4, 16, 64, 256),
    (2_000, 100_000),
    width=16,
    hidden=16,
    steps=800,
    rate=1e-2,
)
PATCHWORK_LONG = replace(PATCHWORK, data=(100_000,), steps=3 * PATCHWORK.steps)
CAPACITY = MixtureSettings("language", (1, 4, 16, 64, 256), (10_000, 0), steps=1000)
BALANCE = MixtureSettings(
    "language",
    (32,),
    (0,),
    weights=tuple((a, b) for a in (0.0, 0.1, 1.0) for b in (0.0, 0.1, 1.0)),
    steps=700,
    batch=1024,
)
BALANCE_LONG = replace(BALANCE, steps=3 * BALANCE.steps)
BALANCE_LONGEST = replace(
    BALANCE, weights=((0.0, 0.0), (0.1, 0.1), (1.0, 1.0)), steps=9 * BALANCE.steps
)
CAPACITY_LONG = replace(CAPACITY, data=(0,), steps=3 * CAPACITY.steps)
LITTLE_LONG = replace(CAPACITY_LONG, data=(10_000,))
CAPACITY_LONGEST = replace(
    CAPACITY_LONG, experts=(1, 64, 256), steps=9 * CAPACITY.steps
)


def _smoke(settings: MixtureSettings) -> MixtureSettings:
    return replace(
        settings,
        experts=settings.experts[:2],
        data=settings.data[:1],
        weights=settings.weights[:1],
        seeds=(0, 1),
        steps=4,
        batch=32,
    )


EXPERIMENTS = tuple(
    Experiment(name, settings, _smoke(settings), runs, summarise)
    for name, settings in {
        "mixture_patchwork": PATCHWORK,
        "mixture_patchwork_long": PATCHWORK_LONG,
        "mixture_capacity": CAPACITY,
        "mixture_balance": BALANCE,
        "mixture_balance_long": BALANCE_LONG,
        "mixture_balance_longest": BALANCE_LONGEST,
        "mixture_capacity_long": CAPACITY_LONG,
        "mixture_capacity_longest": CAPACITY_LONGEST,
        "mixture_little_long": LITTLE_LONG,
    }.items()
)
