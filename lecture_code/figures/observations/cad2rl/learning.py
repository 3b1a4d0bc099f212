"""What the rounds of (CAD)²RL bring, and how many textures are needed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from lecture_code.experiments.results import Result
from lecture_code.figures.observations.cad2rl.flown import (
    COLOURS,
    FAMILIES,
    METHODS,
    Flown,
)
from lecture_code.show import Picture, new_figure

LEARNERS = ("pretraining", "CAD2RL")


def rounds(result: Result) -> Picture:
    """Metres after the first training and after each round, in two families of looks.

    Args:
        result: `cad2rl`.
    """
    flown = Flown(result)
    figure, panels = new_figure(1, 2, sharey=True, height=3.1)
    figure.subplots_adjust(left=0.12, top=0.88, bottom=0.18)
    words = []
    for axes, (family, title) in zip(panels, FAMILIES.items(), strict=True):
        axes.set_title(title)
        for method in LEARNERS:
            means = flown.tests(method, family).mean(axis=2)
            _draw_rounds(axes, method, means)
            shown = ", ".join(f"{value:.1f}" for value in means.mean(axis=0))
            words.append(f"{METHODS[method]} in {title} {shown}")
        axes.set(xlabel="rounds", ylim=(0, None), xticks=range(means.shape[1]))
    panels[0].set_ylabel("metres before the crash")
    panels[0].legend(loc="lower right")
    return Picture(
        figure,
        alt="Mean metres after the first training and after each round: "
        f"{'; '.join(words)}.",
        caption=f"Thin: {flown.seeds} seeds. Thick: their mean. Before the first round "
        "both methods have the same networks.",
    )


def _draw_rounds(axes: Axes, method: str, means: np.ndarray) -> None:
    """A thin line for each seed (seeds, tests), and a thick one for their mean."""
    at = np.arange(means.shape[1])
    colour = COLOURS[method]
    for seed in means:
        axes.plot(at, seed, color=colour, lw=0.8, alpha=0.55)
    axes.plot(at, means.mean(axis=0), "o-", color=colour, lw=2.6, label=METHODS[method])
