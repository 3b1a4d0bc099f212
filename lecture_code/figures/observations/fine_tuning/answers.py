"""The first picture of the chapter: what a network reads while it is fine-tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.data.digits import CLASSES
from lecture_code.experiments.observations.fine_tuning.grid import GRID
from lecture_code.experiments.observations.fine_tuning.source import (
    TUNING,
    SourceSettings,
    drawn_labels,
    source_network,
    tuning_digits,
)
from lecture_code.figures.observations.fine_tuning.runs import SCANS
from lecture_code.observations.fine_tuning import (
    MENU,
    fine_tune,
    initial_fine_tuning,
)
from lecture_code.observations.layered_network import (
    LabelledInputs,
    LayeredNetwork,
    evaluating,
)
from lecture_code.show import Picture, new_figure

LABELS = 100
RATE = 3e-3
ROWS = ("print", "scans")  # kinds of digits


class DigitAnswers:
    """DigitAnswers of one network to print and scans, after some batches of scans.

    Args:
        seed: of the digits and of the network, as in the committed runs.
        source: the digits, and how the source is learnt.
        batches: after how many the network is asked, the fewest first.
    """

    def __init__(
        self,
        seed: int,
        source: SourceSettings = GRID.source,
        batches: Sequence[int] = GRID.times,
    ) -> None:
        digits = tuning_digits(source, seed)
        self.batches = tuple(batches)
        self.data = {"print": digits.printed_tests, "scans": digits.tests}
        self.networks: dict[int, LayeredNetwork] = {}
        rng = np.random.default_rng([TUNING, seed, LABELS])
        state = initial_fine_tuning(source_network(source, seed), rng)
        target = drawn_labels(source, LABELS, seed)
        for time in self.batches:
            method = replace(MENU["all"], rate=RATE)
            state = fine_tune(state, target, method, time - state.batches)
            self.networks[time] = state.network

    def read(self, kind: str, batches: int) -> NDArray[np.int64]:
        """The answers to all test digits of a kind, (N,)."""
        network = evaluating(self.networks[batches])
        with torch.no_grad():
            logits = network(self.data[kind].inputs)
        answers: NDArray[np.int64] = logits.argmax(dim=1).numpy()
        return answers

    def draw(self, batches: int) -> Picture:
        """One digit of each class, printed and scanned, with the answers below.

        Args:
            batches: after how many the network is asked.

        Raises:
            KeyError: the network was not kept after so many batches.
        """
        figure, panels = new_figure(2, height=2.9)
        figure.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.1, hspace=0.7)
        words = []
        for axes, kind in zip(panels, ROWS, strict=True):
            read = self.read(kind, batches)
            data = self.data[kind]
            rows = first_of_each_class(data)
            draw_digits(axes, data, rows, read)
            right = 100 * (read == data.labels.numpy()).mean()
            words.append(f"{kind}: {right:.0f} % right")
            axes.set_title(words[-1], fontsize=13)
        return Picture(
            figure,
            alt=f"Ten printed and ten scanned digits with the network's answers after "
            f"{batches} batches of scans. {'; '.join(words)}.",
            caption=f"After {batches} batches of {MENU['all'].batch}, drawn from "
            f"{LABELS} labelled scans. Below each digit stands the network’s answer; "
            "wrong answers are marked with ✗. The digits are the first of each class; "
            "the shares are those of all test digits.",
        )


def first_of_each_class(data: LabelledInputs) -> list[int]:
    """Row of the first digit of each class that there is."""
    labels = data.labels.tolist()
    return [labels.index(number) for number in range(CLASSES) if number in labels]


def draw_digits(
    axes: Axes, data: LabelledInputs, rows: list[int], read: NDArray[np.int64]
) -> None:
    """Digits side by side, each with its answer below.

    Args:
        axes: where.
        data: all digits.
        rows: those that are shown.
        read: the answers to all digits, (N,).
    """
    images = data.inputs[rows, 0].numpy()
    size = images.shape[-1]
    axes.imshow(np.concatenate(list(images), axis=1), cmap="gray")
    for place, row in enumerate(rows):
        right = read[row] == int(data.labels[row])
        words = axes.text(
            (place + 0.5) * size,
            size + 1,
            f"{read[row]}" if right else f"{read[row]} ✗",
            ha="center",
            va="top",
            fontsize=13,
        )
        if not right:
            words.set(color=SCANS, fontweight="bold")
    axes.axis("off")
