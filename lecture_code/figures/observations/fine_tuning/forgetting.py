"""What is forgotten with a penalty, and with a lower rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from lecture_code.experiments.observations.fine_tuning.cures import (
    CURES,
    FREE,
    CureTrial,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.runs import (
    PENALTY_COLOURS,
    Array,
    fastest,
    forgetting,
    free_rates,
    matched_trials,
    of_trial,
    spread,
    weights_at,
)
from lecture_code.show import GREY, Picture, Table, new_figure

PENALTIES = ("L2-SP", "EWC", "rehearsal")
LOWER = "lower rate"
BEST_ON_SCANS = "best rate"
TOLERANCES = (1.5, 2.0)  # points by which a method may be behind on scans
NO_EXAMPLES = ("L2-SP", "EWC")  # penalties that keep no example of the source


class CureCurves:
    """Both accuracies of a penalty, over its weights λ, and of lower rates.

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

    def trials(self, scans: str, name: str) -> list[CureTrial]:
        """All weights λ, from none on, at the rate of the method's choice; for "lower
        rate" all rates, from the highest on.
        """
        result = self.results[scans]
        rates = free_rates(result)
        if name == LOWER:
            return [CureTrial(FREE, 0.0, rate) for rate in rates]
        chosen = self.choices[scans].get(name)
        rate = chosen.rate if chosen else CURES.rates[0]
        weights = weights_at(result, name, rate)
        held = [CureTrial(name, weight, rate) for weight in weights]
        return [CureTrial(FREE, 0.0, rate), *held]

    def curve(self, scans: str, name: str) -> Array:
        """Both accuracies of `trials`, (trials, 2, seeds) [%]."""
        return self.seeds(scans, self.trials(scans, name))

    def draw(self, scans: str, penalty: str, weight: int) -> Picture:
        """The curve of a penalty beside that of lower rates, with one trial marked.

        Args:
            scans: "upright" or "turned".
            penalty: of `PENALTIES`.
            weight: number of the trial's λ, from 1, the smallest.

        Raises:
            KeyError: there is no such penalty.
        """
        colour = PENALTY_COLOURS[penalty]
        figure, axes = new_figure(height=3.6)
        for name, shade, line in ((LOWER, GREY, ":"), (penalty, colour, "-")):
            places = self.curve(scans, name).mean(axis=2)
            axes.plot(*places.T, "o", ls=line, color=shade, ms=4.5, label=name)
            chosen = self.choices[scans].get(FREE if name == LOWER else name)
            if chosen:
                choice = self.seeds(scans, [chosen]).mean(axis=2)
                axes.plot(*choice.T, "D", color=shade, ms=8)
        trial = self.trials(scans, penalty)[weight]
        runs = self.curve(scans, penalty)[weight]
        place = runs.mean(axis=1)
        axes.plot(*runs, "x", color=colour, ms=5)
        axes.plot(*place, "o", ms=14, mfc="none", mec=colour, mew=2.4)
        setting = f"{penalty}, λ = {trial.strength:g}, rate {trial.rate:g}"
        axes.set(xlabel="right on scans [%]", ylabel="right on print [%]")
        axes.set_title(setting)
        self.frame(axes, scans)
        said = f"{setting}: scans {place[0]:.0f} %, print {place[1]:.0f} %"
        return Picture(
            figure,
            alt=f"Scans {scans}: right on print against right on scans, for {penalty} "
            f"and for lower rates. {said}.",
            caption=f"{said}; crosses are its {len(CURES.seeds)} seeds, all else are "
            "means. Dotted line: no penalty, and a lower and lower rate. Solid line: a "
            "larger and larger λ, at the rate of the method's choice. Diamonds: the "
            "choices of the tables below. Up and to the right is better.",
        )

    def frame(self, axes: Axes, scans: str) -> None:
        """The same limits for all penalties, and a legend."""
        every = [self.curve(scans, name) for name in (LOWER, *PENALTIES)]
        low = np.min([runs.min((0, 2)) for runs in every], axis=0)
        high = np.max([runs.max((0, 2)) for runs in every], axis=0)
        axes.set(xlim=(low[0] - 1, high[0] + 1), ylim=(low[1] - 2, 102))
        axes.legend(loc="lower left")


def cures_by_seed(results: Mapping[str, Result]) -> Picture:
    """How much more of print a penalty keeps than a lower rate: a dot for each seed.

    Args:
        results: title of a panel -> a result, as for `CureCurves`.
    """
    figure, panels = new_figure(1, len(results), height=2.8, sharey=True)
    figure.subplots_adjust(left=0.13, right=0.99, bottom=0.14, top=0.88, wspace=0.08)
    words = []
    for axes, (title, result) in zip(panels, results.items(), strict=True):
        trials = matched_trials(result)
        lower = forgetting(result, trials[FREE])
        axes.axhline(0, color=GREY, lw=1.2, ls=":")
        for place, name in enumerate(NO_EXAMPLES):
            saved = lower - forgetting(result, trials[name])
            across = place + np.linspace(-0.15, 0.15, len(saved))
            colour = PENALTY_COLOURS[name]
            axes.plot(across, saved, "o", color=colour, ms=6)
            axes.hlines(saved.mean(), place - 0.3, place + 0.3, color=colour, lw=2.5)
            words.append(f"{title}, {name}: {saved.mean():.1f}")
        axes.set_xticks(range(len(NO_EXAMPLES)), NO_EXAMPLES)
        axes.set(title=f"scans {title}", xlim=(-0.6, len(NO_EXAMPLES) - 0.4))
    panels[0].set_ylabel("print kept [points]")
    return Picture(
        figure,
        alt="Points of print that a penalty keeps more than a lower rate, means of the "
        f"seeds. {'; '.join(words).replace('-', '−')}.",
        caption="Points of print kept, minus those of the lower rate (dotted line). "
        f"Dots are the {len(CURES.seeds)} seeds, in the same order; bars are means. "
        "Rehearsal would lie far above.",
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
        held = f"{name}, λ = {trial.strength:g}" if trial.strength else name
        rows[LOWER if name == FREE else held] = {
            "forgets": spread(mean_of_seeds(lost)),
            "gap": "–" if name == FREE else str(mean_of_seeds(lost - lower)),
            "scans": spread(mean_of_seeds(of_trial(result, trial.name, "target"))),
            "rate": f"{trial.rate:g}",
        }
    turned = "turned by a quarter" if result.settings["quarters"] else "upright"
    return Table(
        rows,
        caption=f"Scans {turned}. *Forgets*: points lost on print. For each method: "
        "the rate and the λ that forget least and are at most 1 point behind "
        f"*{BEST_ON_SCANS}* on validation scans. The first two rows have no penalty. "
        f"*Gap*: points forgotten more than with *{LOWER}*, {len(result.seeds)} seeds, "
        "95 % interval",
        units={"forgets": "points", "gap": "points", "scans": "%"},
        corner="method",
    )


def tolerance_table(results: Mapping[str, Result]) -> Table:
    """The gaps of `cures_table`, if a method may be further behind on scans.

    Args:
        results: "upright" or "turned" -> a result, as for `CureCurves`.
    """
    rows: dict[str, dict[str, str]] = {}
    for points in TOLERANCES:
        row = rows[f"{points:g} points behind"] = {}
        for scans, result in results.items():
            trials = matched_trials(result, behind=points / 100)
            lower = forgetting(result, trials[FREE])
            for name in NO_EXAMPLES:
                lost = forgetting(result, trials[name])
                row[f"{name}, {scans}"] = str(mean_of_seeds(lost - lower))
    return Table(
        rows,
        caption="*Gap* as in the tables above [points], if a method may be further "
        "behind on validation scans; below 0 it forgets less than a lower rate",
        corner="allowed",
    )
