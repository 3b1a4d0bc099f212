"""Pictures of the whole space, of which every network was trained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.show import METHOD_COLOURS, Picture, new_figure
from lecture_code.show.svg import FOREGROUND

GUESSES = 20  # designs of the first picture
TWICE = 2  # times the errors of the best design are too many
RANDOM = METHOD_COLOURS["random search"]
BEST = METHOD_COLOURS["REINFORCE"]
PICKED = METHOD_COLOURS["regularised evolution"]


def every_design(table: ArchitectureTable, rng: np.random.Generator) -> Picture:
    """Errors of designs that were drawn at random, and of all designs against size.

    Args:
        table: every value of the space.
        rng: draws `GUESSES` designs, and one training of each.
    """
    errors = 100 - 100 * table.values
    best = int(errors.argmin())
    limit = TWICE * float(errors[best])
    places = rng.integers(table.space.count, size=GUESSES)
    seeds = rng.integers(table.validation.shape[1], size=GUESSES)
    guessed = 100 - 100 * table.validation[places, seeds]
    figure, (left, right) = new_figure(1, 2, height=3.3)
    bars = left.bar(np.arange(1, GUESSES + 1), guessed, color=RANDOM)
    for bar in np.array(list(bars))[guessed > limit]:
        bar.set_color(PICKED)
    left.axhline(errors[best], color=BEST, linewidth=2)
    left.text(1, 92, f"line: the best design, {errors[best]:.1f}")
    left.text(1, 83, "more than twice that", color=PICKED)
    left.set(xticks=(), xlabel=f"{GUESSES} random designs")
    left.set(ylabel="wrong digits [%]", ylim=(0, 100))
    for shown, colour in ((errors <= limit, RANDOM), (errors > limit, PICKED)):
        sizes = table.parameters[shown]
        right.plot(sizes, errors[shown], ".", color=colour, alpha=0.5, markersize=4)
    right.plot(table.parameters[best], errors[best], "o", color=BEST)
    right.set(xscale="log", xlabel="parameters of all designs", ylim=(0, 100))
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.17, top=0.96, wspace=0.22)
    alt = (
        f"Left: bars of the wrong digits of {GUESSES} designs, drawn by chance, from "
        f"{guessed.min():.0f} to {guessed.max():.0f} %. {(guessed > limit).sum()} of "
        "them, in another colour, make more than twice as many errors as the best "
        f"design, a line at {errors[best]:.1f} %. Right: a cloud of all "
        f"{table.space.count:,} designs against their parameters. The best design has "
        f"{table.parameters[best]:,} parameters. At every size the errors differ by "
        "many points."
    )
    caption = (
        f"Each guess is trained once. Right: the mean of {table.validation.shape[1]} "
        f"trainings of each of the {table.space.count:,} designs, with the best as a "
        "large dot. The digits had no part in the training."
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
        (0, "the winner's one training", PICKED),
        (1, "mean of the winner's trainings", BEST),
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
