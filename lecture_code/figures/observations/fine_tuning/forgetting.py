"""What is forgotten: over the layers, and with a penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lecture_code.experiments.observations.fine_tuning.cures import (
    CURES,
    FREE,
    CureTrial,
)
from lecture_code.experiments.observations.fine_tuning.grid import GridTrial
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.grids import AGAINST, SHOWN_LABELS
from lecture_code.figures.observations.fine_tuning.runs import (
    COMMON_RATE,
    LAYER_WAYS,
    PENALTY_COLOURS,
    PRINT,
    Array,
    at_end,
    best_trial,
    fastest,
    forgetting,
    free_rates,
    matched_trials,
    of_trial,
    spread,
)
from lecture_code.show import GREY, Picture, Table, new_figure

PENALTIES = ("L2-SP", "EWC", "rehearsal")
LOWER = "lower rate"
BEST_ON_SCANS = "best rate"
CURVE_COLOURS = {**PENALTY_COLOURS, LOWER: GREY}


def source_over_layers(result: Result, labels: int = SHOWN_LABELS) -> Picture:
    """Print against the number of layers, at one rate and at each way's best rate.

    Args:
        result: `fine_tuning`.
        labels: n.
    """
    figure, axes = new_figure(height=3.2)
    layers = np.arange(1, len(LAYER_WAYS) + 1)
    words = []
    for number, about in enumerate(("best rate of each", f"rate {COMMON_RATE:g}")):
        trials = [
            best_trial(result, way, labels)
            if number == 0
            else GridTrial(way, labels, COMMON_RATE)
            for way in LAYER_WAYS
        ]
        runs = np.stack([at_end(result, trial, "source") for trial in trials])
        colour = (PRINT, GREY)[number]
        across = layers + 0.1 * (number - 0.5)
        dots = np.repeat(across, runs.shape[1])
        face = "none" if number else colour
        axes.plot(dots, runs.ravel(), "o", color=colour, ms=4, mfc=face)
        axes.plot(across, runs.mean(1), "--" if number else "-", color=colour)
        axes.plot([], [], "--" if number else "-", color=colour, label=about)
        means = ", ".join(f"{mean:.0f}" for mean in runs.mean(1))
        words.append(f"{about}: {means}")
    axes.set(xlabel="layers k that learn", ylabel="right on print [%]", ylim=(45, 101))
    axes.set_xticks(layers)
    axes.legend(loc="lower right")
    return Picture(
        figure,
        alt=f"Right on print in percent for k from 1 to {len(LAYER_WAYS)}, means of "
        f"the seeds. {'; '.join(words)}.",
        caption=f"After 200 batches of {labels} labelled scans. Dots are "
        f"{len(result.seeds)} seeds, lines their means. Before, all are right on "
        "99 % of print.",
    )


def layers_table(result: Result, labels: int = SHOWN_LABELS) -> Table:
    """The last k layers: best rate, scans and print.

    Args:
        result: `fine_tuning`.
        labels: n.
    """
    kept = at_end(result, best_trial(result, AGAINST, labels), "source")
    rows = {}
    for way in LAYER_WAYS:
        best = best_trial(result, way, labels)
        common = GridTrial(way, labels, COMMON_RATE)
        rows[way] = {
            "best rate": f"{best.rate:g}",
            "scans": spread(mean_of_seeds(at_end(result, best, "target"))),
            "print": spread(mean_of_seeds(at_end(result, best, "source"))),
            f"print at {COMMON_RATE:g}": spread(
                mean_of_seeds(at_end(result, common, "source"))
            ),
            "all − it": "–"
            if way == AGAINST
            else str(mean_of_seeds(kept - at_end(result, best, "source"))),
        }
    return Table(
        rows,
        caption=f"With {labels} labels, after 200 batches: mean of "
        f"{len(result.seeds)} seeds with 95 % interval. *all − it*: print of all "
        "layers minus print of this way, at the best rates, paired",
        units={
            "scans": "%",
            "print": "%",
            f"print at {COMMON_RATE:g}": "%",
            "all − it": "points",
        },
        corner="learns",
    )


class CureCurves:
    """Both accuracies of each penalty, over its weights λ, and of lower rates.

    Args:
        results: "upright" or "turned" -> `fine_tuning_cures`, or
            `fine_tuning_cures_turned` with its further rates.
    """

    def __init__(self, results: Mapping[str, Result]) -> None:
        self.results = results
        self.choices = {scans: matched_trials(one) for scans, one in results.items()}
        self.weights = tuple(range(1, 1 + len(CURES.strengths[PENALTIES[0]])))

    def seeds(self, scans: str, trials: Sequence[CureTrial]) -> Array:
        """Right on scans and on print of each trial, (trials, 2, seeds) [%]."""
        return np.array(
            [
                [
                    of_trial(self.results[scans], trial.name, entry)
                    for entry in ("target", "source")
                ]
                for trial in trials
            ]
        )

    def curve(self, scans: str, name: str) -> Array:
        """All weights λ at the highest rate, from none on; for "lower rate" all rates,
        from the highest on: (trials, 2, seeds) [%].
        """
        rates = free_rates(self.results[scans])
        free = [CureTrial(FREE, 0.0, rate) for rate in rates]
        if name == LOWER:
            return self.seeds(scans, free)
        held = [CureTrial(name, s, rates[0]) for s in CURES.strengths[name]]
        return self.seeds(scans, [free[0], *held])

    def draw(self, scans: str, penalty: str, weight: int) -> Picture:
        """All curves, with one trial marked.

        Args:
            scans: "upright" or "turned".
            penalty: of `PENALTIES`.
            weight: number of the trial's λ, from 1, the smallest.

        Raises:
            KeyError: there is no such penalty.
        """
        figure, axes = new_figure(height=3.6)
        for name, colour in CURVE_COLOURS.items():
            places = self.curve(scans, name).mean(axis=2)
            width = 2.8 if name == penalty else 1.4
            line = ":" if name == LOWER else "-"
            axes.plot(*places.T, "o", ls=line, color=colour, ms=4, lw=width)
            axes.plot([], [], "o", ls=line, color=colour, label=name)
            chosen = self.choices[scans].get(FREE if name == LOWER else name)
            if chosen:
                choice = self.seeds(scans, [chosen]).mean(axis=2)
                axes.plot(*choice.T, "D", color=colour, ms=8)
        runs = self.curve(scans, penalty)[weight]
        place = runs.mean(axis=1)
        colour = CURVE_COLOURS[penalty]
        axes.plot(*runs, "x", color=colour, ms=5)
        axes.plot(*place, "o", ms=14, mfc="none", mec=colour, mew=2.4)
        start = self.curve(scans, LOWER)[0].mean(axis=1)
        axes.plot(*start, "s", color=GREY, ms=9)
        axes.set(xlabel="right on scans [%]", ylabel="right on print [%]")
        low = np.min([self.curve(scans, n).min((0, 2)) for n in CURVE_COLOURS], axis=0)
        high = np.max([self.curve(scans, n).max((0, 2)) for n in CURVE_COLOURS], axis=0)
        axes.set(xlim=(low[0] - 1, high[0] + 1), ylim=(low[1] - 2, 102))
        axes.legend(loc="lower left")
        said = (
            f"{penalty}, λ = {CURES.strengths[penalty][weight - 1]:g}: scans "
            f"{place[0]:.0f} %, print {place[1]:.0f} %"
        )
        return Picture(
            figure,
            alt=f"Scans {scans}: right on print against right on scans, for three "
            f"penalties and for lower rates. {said}.",
            caption=f"{said}; crosses are its {len(CURES.seeds)} seeds, all else are "
            "means. The square has no penalty. Solid lines: a larger and larger λ. "
            "Dotted line: a lower and lower rate. Diamonds: the choices of the tables "
            "below. Up and to the right is better.",
        )


def cures_table(result: Result) -> Table:
    """Every method at the same accuracy on scans: what is forgotten.

    Args:
        result: `fine_tuning_cures` or `fine_tuning_cures_turned`.
    """
    trials = matched_trials(result)
    lower = forgetting(result, trials[FREE])
    rows: dict[str, dict[str, str]] = {}
    for name, trial in {BEST_ON_SCANS: fastest(result), **trials}.items():
        lost = forgetting(result, trial)
        rows["lower rate" if name == FREE else name] = {
            "rate": f"{trial.rate:g}",
            "λ": f"{trial.strength:g}",
            "forgets": spread(mean_of_seeds(lost)),
            "minus lower rate": "–"
            if name == FREE
            else str(mean_of_seeds(lost - lower)),
            "scans": spread(mean_of_seeds(of_trial(result, trial.name, "target"))),
        }
    turned = "turned by a quarter" if result.settings["quarters"] else "upright"
    return Table(
        rows,
        caption=f"Scans {turned}. *Forgets*: points lost on print. Each method has the "
        "rate and the λ that keep most of print, among those at most 1 point behind "
        "the first row on validation scans; the first two rows have no penalty. *Minus "
        f"lower rate*: paired over {len(result.seeds)} seeds, 95 % interval",
        units={"forgets": "points", "minus lower rate": "points", "scans": "%"},
        corner="method",
    )
