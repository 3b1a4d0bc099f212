"""What the rounds of (CAD)²RL bring, and how many textures are needed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.observations.cad2rl.flown import (
    COLOURS,
    FAMILIES,
    METHODS,
    Flown,
)
from lecture_code.show import Picture, new_figure
from lecture_code.vision.lenses import lens_of

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


def textures_curve(result: Result, main: Result) -> Picture:
    """Metres in "real" looks against the number of textures in training.

    Args:
        result: `cad2rl_textures`.
        main: `cad2rl`, for all textures, and for the network of one single look.
    """
    flown = Flown(result)
    figure, axes = new_figure(height=3.2)
    by_count = texture_means(result, main)
    counts = list(by_count)
    means = np.array(list(by_count.values()))
    colour = COLOURS["pretraining"]
    for seed in means.T:
        axes.plot(counts, seed, "o", color=colour, ms=4, alpha=0.6)
    axes.plot(counts, means.mean(axis=1), color=colour, label="random light and camera")
    single = Flown(main).tests("one texture", "real")[:, 0].mean(axis=1)
    axes.plot(
        np.ones(len(single)),
        single,
        "x",
        color=COLOURS["one texture"],
        ms=6,
        label="one light, one camera",
    )
    axes.set(xscale="log", xlabel="textures in training", ylim=(0, None))
    axes.set_ylabel("metres before the crash")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.legend(loc="lower right")
    pairs = zip(counts, means.mean(axis=1), strict=True)
    words = ", ".join(f"{mean:.1f} m with {count}" for count, mean in pairs)
    return Picture(
        figure,
        alt="Mean metres in “real” looks against the number of textures: "
        f"{words}; {single.mean():.1f} m with one texture, one light and one camera.",
        caption=f"First training alone, tested in “real” looks. Dots: {flown.seeds} "
        "seeds. Line: their mean. Crosses: another texture, in one light and with one "
        "camera.",
    )


def texture_means(result: Result, main: Result) -> dict[int, NDArray[np.float64]]:
    """Number of textures -> mean metres of each seed in "real" looks after the first
    training, the smallest number first.

    Args:
        result: `cad2rl_textures`.
        main: `cad2rl`; its pretraining has all textures.
    """
    flown = Flown(result)
    counts = sorted(int(name.removesuffix(" textures")) for name in result.curves)
    means = {count: flown.means(f"{count} textures") for count in counts}
    every = Flown(main).tests("pretraining", "real")[:, 0].mean(axis=1)
    return means | {lens_of("training").count: np.asarray(every)}
