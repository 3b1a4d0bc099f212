"""Why a network misses, other weights, and other distances of the worlds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.causes import (
    AS_IT_IS,
    SHIFTED_BACK,
)
from lecture_code.experiments.observations.domain_confusion.sweeps import (
    CONFUSIONS,
    GAP_ARMS,
    GAPS,
    PAIR_WEIGHTS,
    RANDOM_PAIR_WEIGHTS,
    distant,
    random_weighted,
    weighted,
)
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.domain_confusion.runs import (
    COLOURS,
    listed,
    percent,
)
from lecture_code.observations.domain_confusion import AlignmentSettings
from lecture_code.observations.hook_scenes import PARTS
from lecture_code.show import GREY, Picture, new_figure

Array = NDArray[np.float64]

ALONE = "synthetic only"
MINED, RANDOM = "weak pairs", "random pairs"
CHOSEN = AlignmentSettings()  # the λ and ν of the chapter


def missed_causes(result: Result) -> Picture:
    """Success of the network of the simulation, without single parts of the "real"
    look, and with its mean error subtracted.

    Args:
        result: `domain_confusion_causes`.
    """
    looks = [f"without {part}" for part in PARTS]
    runs = {look: percent(result.curves, ALONE, look) for look in looks}
    looks.sort(key=lambda look: -float(runs[look].mean()))
    rows = [AS_IT_IS, *looks, SHIFTED_BACK]
    runs |= {
        row: percent(result.curves, ALONE, row) for row in (AS_IT_IS, SHIFTED_BACK)
    }
    figure, axes = new_figure(height=3.4)
    figure.subplots_adjust(left=0.36, right=0.97, top=0.98, bottom=0.16)
    words = []
    for number, row in enumerate(rows):
        colour = GREY if row in (AS_IT_IS, SHIFTED_BACK) else COLOURS[ALONE]
        axes.barh(number, runs[row].mean(), 0.62, color=colour, alpha=0.35, lw=0)
        shifts = np.linspace(-0.16, 0.16, len(runs[row]))
        axes.plot(runs[row], number + shifts, "o", color=colour, ms=5, mec="none")
        words.append(f"{row} {runs[row].mean():.0f}")
    axes.axvline(runs[AS_IT_IS].mean(), color=GREY, ls=":", lw=1.4)
    axes.set(xlim=(-2, 102), ylim=(len(rows) - 0.5, -0.5), xlabel="success [%]")
    axes.set_yticks(range(len(rows)), rows)
    axes.grid(visible=False, axis="y")
    return Picture(
        figure,
        alt=f"Success of {ALONE} in percent, mean of the seeds: {listed(words)}.",
        caption=f"*{ALONE.capitalize()}* looks at the same “real” scenes again; each "
        "time one part of the “real” look is missing. Dots are "
        f"{len(result.seeds)} of the ten networks, bars their means. Lowest bar: "
        "we subtract each network’s mean error, in x and in y, from its answers.",
    )


def weight_grid(result: Result) -> Picture:
    """Mean success for each λ and ν, and the worst seed.

    Args:
        result: `domain_confusion_weights`.
    """
    cells = {
        (lam, nu): percent(result.curves, weighted(lam, nu))
        for lam in CONFUSIONS
        for nu in PAIR_WEIGHTS
    }
    means = np.array(
        [[cells[lam, nu].mean() for lam in CONFUSIONS] for nu in PAIR_WEIGHTS]
    )
    figure, axes = new_figure(height=3.6)
    axes.imshow(means, cmap="cividis", vmin=0, vmax=100, aspect="auto", origin="lower")
    words = []
    for x, lam in enumerate(CONFUSIONS):
        for y, nu in enumerate(PAIR_WEIGHTS):
            runs = cells[lam, nu]
            axes.text(
                x,
                y,
                f"{runs.mean():.0f}\n({runs.min():.0f} to {runs.max():.0f})",
                ha="center",
                va="center",
                color="white" if runs.mean() < 60 else "black",
            )
            words.append(f"{weighted(lam, nu)}: {runs.mean():.0f}")
    axes.set_xticks(range(len(CONFUSIONS)), [f"{lam:g}" for lam in CONFUSIONS])
    axes.set_yticks(range(len(PAIR_WEIGHTS)), [f"{nu:g}" for nu in PAIR_WEIGHTS])
    axes.set(xlabel="λ, weight of confusion", ylabel="ν, weight of pairs")
    axes.grid(visible=False)
    return Picture(
        figure,
        alt=f"Mean success in percent for each λ and ν: {listed(words)}.",
        caption="Success [%] for each λ and ν: the mean, and in brackets the worst and "
        f"the best of {len(result.seeds)} of the ten networks.",
    )


def by_weight(results: Mapping[str, Result]) -> dict[str, dict[float, Array]]:
    """Mined or random pairs -> ν -> success of the seeds that all have [%].

    Args:
        results: `domain_confusion` as "main", `_weights` as "weights",
            `_random_weights` as "random".
    """
    lam = CHOSEN.confusion
    found = {
        MINED: {
            nu: percent(results["weights"].curves, weighted(lam, nu))
            for nu in PAIR_WEIGHTS
            if nu
        },
        RANDOM: {
            nu: percent(results["random"].curves, random_weighted(nu))
            for nu in RANDOM_PAIR_WEIGHTS
        },
    }
    n = len(results["random"].seeds)
    found[RANDOM][CHOSEN.pairs] = percent(results["main"].curves, RANDOM)[:n]
    return found


def best_random(results: Mapping[str, Result]) -> float:
    """The ν with which random pairs have the largest mean success.

    Args:
        results: see `by_weight`; "main" is not read.
    """
    curves = results["random"].curves
    return max(
        RANDOM_PAIR_WEIGHTS,
        key=lambda nu: float(percent(curves, random_weighted(nu)).mean()),
    )


def random_row(pairs: float) -> str:
    """The name of random pairs and ν in a table: "random, ν = 0.03"."""
    return random_weighted(pairs).replace(" pairs", "")


def with_random(result: Result, results: Mapping[str, Result]) -> dict[str, Any]:
    """The curves of the main comparison; random pairs have two rows, named by their ν:
    that of the comparison, and the best one.

    Args:
        result: `domain_confusion`.
        results: see `by_weight`.
    """
    best = best_random(results)
    found: dict[str, Any] = {}
    for arm, curves in result.curves.items():
        if arm == RANDOM:
            found[random_row(CHOSEN.pairs)] = curves
            found[random_row(best)] = results["random"].curves[random_weighted(best)]
        else:
            found[arm] = curves
    return found


def arm_of(row: str) -> str:
    """The arm of a row of `with_random`."""
    return RANDOM if row.startswith("random") else row


def pair_weights(results: Mapping[str, Result]) -> Picture:
    """Success of mined and of random pairs against their weight ν, every seed.

    Args:
        results: see `by_weight`.
    """
    figure, axes = new_figure(height=3.2)
    words = []
    for arm, runs in by_weight(results).items():
        for nu, rates in runs.items():
            axes.plot([nu] * len(rates), rates, "o", color=COLOURS[arm], ms=4)
        means = [float(rates.mean()) for rates in runs.values()]
        axes.plot(list(runs), means, color=COLOURS[arm], label=arm)
        told = [f"{mean:.0f} at {nu:g}" for nu, mean in zip(runs, means, strict=True)]
        words.append(f"{arm} {', '.join(told)}")
    crowd = percent(results["weights"].curves, weighted(CHOSEN.confusion, 0.0)).mean()
    axes.axhline(crowd, color=GREY, ls=":", lw=1.4)
    ticks = sorted({*PAIR_WEIGHTS[1:], *RANDOM_PAIR_WEIGHTS})
    axes.set(xscale="log", xlabel="ν, weight of pairs", ylabel="success [%]")
    axes.set(ylim=(-3, 103))
    axes.set_xticks(ticks, [f"{nu:g}" for nu in ticks])
    axes.minorticks_off()
    figure.legend(loc="upper center", ncols=2)
    figure.subplots_adjust(top=0.88)
    return Picture(
        figure,
        alt=f"Success in percent for each ν, means of the seeds: {listed(words)}.",
        caption=f"λ = {CHOSEN.confusion:g}. Dots are {len(results['random'].seeds)} of "
        "the ten seeds, lines their means. Dotted: no pairs (ν = 0).",
    )


def gap_curve(result: Result) -> Picture:
    """Success against the distance of the two worlds, every seed.

    Args:
        result: `domain_confusion_gaps`.
    """
    figure, axes = new_figure(height=3.4)
    words = []
    for number, arm in enumerate(GAP_ARMS):
        runs = np.stack([percent(result.curves, distant(arm, gap)) for gap in GAPS])
        across = np.array(GAPS) + 0.03 * (number - 1)
        dots = np.repeat(across, runs.shape[1])
        axes.plot(dots, runs.ravel(), "o", color=COLOURS[arm], ms=4, mec="none")
        axes.plot(across, runs.mean(axis=1), color=COLOURS[arm], label=arm)
        means = ", ".join(f"{mean:.0f}" for mean in runs.mean(axis=1))
        words.append(f"{arm} {means}")
    axes.set(xlabel="gap", ylabel="success [%]", ylim=(-3, 103), xticks=GAPS)
    figure.legend(loc="upper center", ncols=3, columnspacing=1, handletextpad=0.4)
    figure.subplots_adjust(top=0.88)
    gaps = ", ".join(f"{gap:g}" for gap in GAPS)
    return Picture(
        figure,
        alt=f"Success in percent at gaps of {gaps}, means of the seeds: "
        f"{listed(words)}.",
        caption=f"Dots are {len(result.seeds)} seeds, lines their means. Gap 1 is the "
        "chapter’s “real” world; each network learned at the gap at which it is "
        "tested.",
    )
