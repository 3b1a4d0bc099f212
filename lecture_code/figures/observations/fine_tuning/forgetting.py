"""What is forgotten: over the layers, and with a penalty."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments.observations.fine_tuning.cures import (
    CURES,
    CureTrial,
)
from lecture_code.experiments.observations.fine_tuning.grid import GridTrial
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.grids import SHOWN_LABELS
from lecture_code.figures.observations.fine_tuning.runs import (
    COMMON_RATE,
    LAYER_WAYS,
    PENALTY_COLOURS,
    PRINT,
    SCANS,
    at_end,
    best_trial,
    forgetting,
    matched_trials,
    of_trial,
    spread,
)
from lecture_code.show import GREY, Picture, Table, new_figure

PENALTIES = ("L2-SP", "EWC", "rehearsal")
LEFT_OUT = (3.0, 30.0)  # λ of EWC between the others: not on the slider
CURVE_RATE = 3e-3


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
        colour = (SCANS, PRINT)[number]
        across = layers + 0.1 * (number - 0.5)
        dots = np.repeat(across, runs.shape[1])
        axes.plot(dots, runs.ravel(), "o", color=colour, ms=4, mec="none")
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
        }
    return Table(
        rows,
        caption=f"With {labels} labels, after 200 batches: mean of "
        f"{len(result.seeds)} seeds with 95 % interval",
        units={"scans": "%", "print": "%", f"print at {COMMON_RATE:g}": "%"},
        corner="learns",
    )


class CureCurves:
    """Both accuracies of each penalty, over its weights λ.

    Args:
        result: `fine_tuning_cures`.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.steps = (1, 2, 3, 4, 5, 6)  # from the smallest λ to the largest
        self.strengths = {
            name: [s for s in CURES.strengths[name] if s not in LEFT_OUT]
            if name == "EWC"
            else list(CURES.strengths[name])
            for name in PENALTIES
        }

    def place(self, trial: CureTrial) -> tuple[float, float]:
        """Mean accuracy on scans and on print [%]."""
        scans, printed = (
            float(of_trial(self.result, trial.name, entry).mean())
            for entry in ("target", "source")
        )
        return scans, printed

    def draw(self, penalty: str, weight: int) -> Picture:
        """All curves, with one trial marked.

        Args:
            penalty: of `PENALTIES`.
            weight: number of the trial's λ, from 1, the smallest, to 6.

        Raises:
            KeyError: there is no such penalty.
        """
        figure, axes = new_figure(height=3.4)
        free = self.place(CureTrial("all", 0.0, CURVE_RATE))
        for name, strengths in self.strengths.items():
            trials = [CureTrial(name, s, CURVE_RATE) for s in strengths]
            places = np.array([free, *map(self.place, trials)])
            style = {"lw": 2.6} if name == penalty else {"lw": 1.4, "alpha": 0.55}
            colour = PENALTY_COLOURS[name]
            axes.plot(*places.T, "o-", color=colour, ms=4, label=name, **style)
        axes.plot(*free, "s", color=GREY, ms=9, label="no penalty")
        strength = self.strengths[penalty][weight - 1]
        scans, printed = self.place(CureTrial(penalty, strength, CURVE_RATE))
        ring = {"mfc": "none", "mec": PENALTY_COLOURS[penalty], "mew": 2.4}
        axes.plot(scans, printed, "o", ms=14, **ring)
        axes.set(xlabel="right on scans [%]", ylabel="right on print [%]")
        axes.set(xlim=(75, 94), ylim=(78, 101))
        axes.legend(loc="lower left")
        said = (
            f"{penalty}, λ = {strength:g}: scans {scans:.0f} %, print {printed:.0f} %"
        )
        return Picture(
            figure,
            alt=f"Right on print against right on scans for three penalties. {said}.",
            caption=f"{said}. A point is a λ, mean of {len(self.result.seeds)} seeds, "
            f"all at the rate {CURVE_RATE:g}. Up and to the right is better.",
        )


def cures_table(result: Result) -> Table:
    """Every penalty at the same accuracy on scans: what is forgotten.

    Args:
        result: `fine_tuning_cures`.
    """
    rows = {}
    for penalty, trial in matched_trials(result).items():
        scans = of_trial(result, trial.name, "target")
        rows["no penalty" if penalty == "all" else penalty] = {
            "λ": f"{trial.strength:g}",
            "forgets": spread(mean_of_seeds(forgetting(result, trial))),
            "scans": spread(mean_of_seeds(scans)),
        }
    return Table(
        rows,
        caption="*Forgets*: points lost on print. Each penalty has the λ that keeps "
        "most, among those at most 1 point behind on validation scans. "
        f"{len(result.seeds)} seeds, 95 % interval",
        units={"forgets": "points", "scans": "%"},
        corner="penalty",
    )
