"""Pictures of the whole space, of which every network was trained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.show import METHOD_COLOURS, Picture, new_figure
from lecture_code.show.svg import FOREGROUND

GUESSES = 20  # designs of the first picture
RANDOM = METHOD_COLOURS["random search"]
BEST = METHOD_COLOURS["REINFORCE"]
PICKED = METHOD_COLOURS["regularised evolution"]


def obvious_design(table: ArchitectureTable) -> int:
    """The place of the network with the most parameters."""
    return int(table.parameters.argmax())


def every_design(table: ArchitectureTable) -> Picture:
    """All networks of the space: value against size; the largest and the best."""
    values = 100 * table.values
    largest = obvious_design(table)
    best = int(values.argmax())
    figure, axes = new_figure(1, 2, height=3.2)
    for panel in axes:
        panel.plot(table.parameters, values, ".", color=RANDOM, alpha=0.4, markersize=4)
        for place, colour, mark in ((largest, PICKED, "s"), (best, BEST, "o")):
            panel.plot(table.parameters[place], values[place], mark, color=colour)
        panel.set(xscale="log", xlabel="parameters")
    axes[0].set(ylabel="validation accuracy [%]", title="all designs")
    axes[1].set(ylim=(values[best] - 5, values[best] + 1), title="the best 5 points")
    for place, colour, name in ((largest, PICKED, "largest"), (best, BEST, "best")):
        axes[1].annotate(
            f"{name} {values[place]:.1f}",
            (table.parameters[place], values[place]),
            xytext=(0, 7 if place == best else -38),
            textcoords="offset points",
            ha="right",
            color=colour,
        )
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.18, top=0.9, wspace=0.28)
    alt = (
        f"Two clouds of {table.space.count:,} dots, accuracy against parameters; the "
        f"second shows the top only. The lowest network reaches {values.min():.0f} %, "
        f"the best {values[best]:.1f} % with {table.parameters[best]:,} parameters. "
        f"The largest network, with {table.parameters[largest]:,} parameters, reaches "
        f"{values[largest]:.1f} %. At every size the networks differ by many points."
    )
    caption = (
        f"All {table.space.count:,} designs of a space, each trained "
        f"{table.validation.shape[1]} times on scanned digits. Accuracy: mean on other "
        "images."
    )
    return Picture(figure, alt=alt, caption=caption)


def choice_effects(table: ArchitectureTable) -> Picture:
    """Mean value of all networks with each choice of each token."""
    values = 100 * table.values
    strings = table.space.every_string()
    figure, axes = new_figure(height=2.9)
    told = []
    for t, token in enumerate(table.space.tokens):
        x = np.linspace(t - 0.27, t + 0.27, len(token.choices))
        means = [
            float(values[strings[:, t] == a].mean()) for a in range(len(token.choices))
        ]
        axes.plot(x, means, "o", color=BEST, markersize=5)
        for place, mean, choice in zip(x, means, token.choices, strict=True):
            axes.annotate(
                str(choice),
                (place, mean),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=9.5,
            )
        pairs = zip(token.choices, means, strict=True)
        told.append(token.name + " " + ", ".join(f"{c}: {m:.0f}" for c, m in pairs))
    ticks = [token.name for token in table.space.tokens]
    axes.set_xticks(range(len(ticks)), ticks, rotation=20)
    axes.set(ylabel="mean accuracy [%]")
    alt = "Mean accuracy in % of all networks with one choice. " + "; ".join(told) + "."
    return Picture(
        figure, alt=alt, caption="What each choice is worth, on average over the rest."
    )


def too_good(table: ArchitectureTable, rng: np.random.Generator) -> Picture:
    """The winner's curse: what the best run of n random designs promises and keeps.

    Args:
        table: every value of the space.
        rng: draws the designs, 2,000 times.
    """
    sizes = (1, 3, 10, 30, 100, 300, 1000)
    rows = np.array([_promise(table, n, rng) for n in sizes])  # (sizes, 2)
    figure, axes = new_figure(height=2.8)
    for column, name, colour in (
        (0, "the run that won", PICKED),
        (1, "its mean", BEST),
    ):
        axes.plot(sizes, rows[:, column], "o-", color=colour, label=name)
    axes.axhline(100 * table.values.max(), color=FOREGROUND, linewidth=0.8)
    axes.set(xscale="log", xlabel="random designs", ylabel="accuracy [%]")
    axes.legend(loc="lower right")
    gap = rows[-1, 0] - rows[-1, 1]
    alt = (
        "Two rising curves against the number of random designs. The accuracy of the "
        f"best run lies above the mean accuracy of its network, after 1,000 designs by "
        f"{gap:.1f} points, and then above the best network of the space."
    )
    caption = "A thin line marks the best mean accuracy of the space."
    return Picture(figure, alt=alt, caption=caption)


def _promise(
    table: ArchitectureTable, n: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Mean accuracy [%] of the best of n runs, and of its network over all seeds."""
    count, seeds = table.validation.shape
    places = rng.integers(count, size=(2000, n))
    runs = table.validation[places, rng.integers(seeds, size=places.shape)]
    winner = runs.argmax(axis=1)
    rows = np.arange(2000)
    kept = table.values[places[rows, winner]]
    return 100 * np.array([runs[rows, winner].mean(), kept.mean()])
