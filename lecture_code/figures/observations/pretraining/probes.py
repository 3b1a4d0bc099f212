"""The comparison of features: all runs, the table, and the size of the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lecture_code.experiments.observations.pretraining.arms import (
    FeatureArm,
    FeaturePupil,
    FeatureSettings,
)
from lecture_code.experiments.observations.pretraining.features import JOINT, measured
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.runs import (
    COMPARED,
    DIGITS,
    FEATURE_COLOURS,
    LINES,
    UNITS,
    colour_of,
    error_words,
    in_words,
    probe_errors,
    shown_name,
)
from lecture_code.show import GREY, Picture, Table, new_figure

SIZES = {1000: " (1000)", 5000: " (5000)", 20_000: ""}
"""Triples -> how the result marks an arm that has so many."""
SHOWN_ERRORS = ("place", "angle", "pose")
CONTROLS = ("inverse", "first picture only", "random features")
LENGTH = "loss of the length"
ROOM = 1.3  # of a panel, for the means behind the longest bar
LIVE = FeatureSettings(
    {"inverse + forward": FeatureArm("inverse", 1000, inverse=JOINT)},
    batches=200,
    labelled=300,
    tests=500,
)


def probe_dots(result: Result) -> Picture:
    """Errors of the place and of the angle of every seed, by features, and their means.

    Args:
        result: `pretraining`.
    """
    figure, panels = new_figure(1, 2, height=4.2)
    figure.subplots_adjust(left=0.36, right=0.97, top=0.98, bottom=0.13, wspace=0.12)
    words = []
    for row, arm in enumerate(COMPARED):
        parts = []
        for axes, error in zip(panels, ("place", "angle"), strict=True):
            runs = probe_errors(result, arm, error)
            colour = colour_of(arm)
            axes.barh(row, runs.mean(), 0.62, color=colour, alpha=0.35, lw=0)
            shifts = np.linspace(-0.16, 0.16, len(runs))
            axes.plot(runs, row + shifts, "o", color=colour, ms=4.5, mec="none")
            axes.annotate(
                f"{runs.mean():.{DIGITS[error]}f}",
                (runs.max(), row),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
            )
            parts.append(f"{error} {runs.mean():.1f}")
        words.append(f"{shown_name(arm)} {' and '.join(parts)}")
    for axes, label in zip(panels, ("place off [cm]", "angle off [°]"), strict=True):
        axes.set(xlabel=label, ylim=(len(COMPARED) - 0.5, -0.5))
        axes.set_xlim(0, ROOM * axes.dataLim.x1)
        axes.grid(visible=False, axis="y")
    panels[0].set_yticks(range(len(COMPARED)), map(shown_name, COMPARED))
    panels[1].set_yticks(range(len(COMPARED)), [""] * len(COMPARED))
    panels[1].axvline(90, ls=":", lw=1.4, color=GREY)
    return Picture(
        figure,
        alt="Errors of linear probes, place [cm] and angle [°], means of the seeds: "
        f"{'; '.join(words)}.",
        caption="Each dot is a seed. Each bar, and the number behind the dots, is the "
        f"mean of {len(result.seeds)} seeds. "
        "The dotted line is the error of a guess of the angle.",
    )


def probe_table(result: Result) -> Table:
    """Errors of linear probes that learn from 100 labels.

    Args:
        result: `pretraining`.
    """
    rows = error_rows(result, COMPARED)
    return Table(
        rows,
        caption=f"Errors of linear probes, mean of {len(result.seeds)} seeds with a 95 "
        "% interval. The pose is how far the points of the object are from where the "
        "probe says. A guess of the angle is 90° off",
        units=UNITS,
        corner="features",
    )


def longer_table(longer: Result) -> Table:
    """The same after a training that is three times as long.

    Args:
        longer: `pretraining_longer`.
    """
    return Table(
        error_rows(longer, [arm for arm in COMPARED if arm in longer.curves]),
        caption="Errors of linear probes after three times as much training, mean of "
        f"{len(longer.seeds)} seeds with a 95 % interval",
        units=UNITS,
        corner="features",
    )


def error_rows(result: Result, arms: Sequence[str]) -> dict[str, dict[str, str]]:
    """Name on the page -> errors of the place, the angle and the pose, in words."""
    return {
        shown_name(arm): {
            error: error_words(result, arm, error) for error in SHOWN_ERRORS
        }
        for arm in arms
    }


def control_table(result: Result) -> Table:
    """The inverse model beside itself without the second picture, and beside random
    features: place, pose, and the loss of the length where something predicts it.

    Args:
        result: `pretraining`.
    """
    rows = {}
    for arm in CONTROLS:
        row = {name: error_words(result, arm, name) for name in ("place", "pose")}
        losses = np.array(result.curves[arm][LENGTH], dtype=float)
        known = losses.min() > 0  # -1 where nothing predicts the length
        row[LENGTH] = in_words(mean_of_seeds(losses), 2) if known else "–"
        rows[arm] = row
    return Table(
        rows,
        caption=f"Errors of linear probes, and the loss of the length; mean of "
        f"{len(result.seeds)} seeds with a 95 % interval",
        units={name: UNITS[name] for name in ("place", "pose")},
        corner="features",
    )


def collapse_table(collapse: Result) -> Table:
    """How far features vary, and the pose, with and without the inverse loss and the
    target.

    Args:
        collapse: `pretraining_collapse`.
    """
    rows = {}
    for arm, curves in collapse.curves.items():
        std = mean_of_seeds(np.array(curves["feature std"], dtype=float))
        pose = error_words(collapse, arm, "pose")
        rows[arm] = {"feature std": in_words(std, 3), "pose": pose}
    return Table(
        rows,
        caption="How far features vary, and errors of linear probes, after the short "
        f"training of *Live*; mean of {len(collapse.seeds)} seeds with a 95 % interval",
        units={"pose": UNITS["pose"]},
        corner="training",
    )


def lambda_table(result: Result) -> Table:
    """Errors with 1,000 triples by the weight λ of the forward model.

    Args:
        result: `pretraining`.
    """
    few = "inverse + forward (1000)"
    arms = {"0": "inverse (1000)", "10": few}
    arms |= {lam: f"{few}, λ = {lam}" for lam in ("0.1", "1", "100", "1000")}
    rows = {
        f"λ = {float(lam):,g}": {
            error: error_words(result, arms[lam], error) for error in ("place", "pose")
        }
        for lam in sorted(arms, key=float)
    }
    return Table(
        rows,
        caption=f"Errors of linear probes with 1,000 triples, mean of "
        f"{len(result.seeds)} seeds with a 95 % interval",
        units={error: UNITS[error] for error in ("place", "pose")},
        corner="weight",
    )


def size_curves(result: Result) -> Picture:
    """Error of the place over the number of triples, alone and with the forward model.

    Args:
        result: `pretraining`.
    """
    figure, axes = new_figure(height=3.0)
    figure.subplots_adjust(top=0.86)
    words = []
    for shift, arm in ((0.97, "inverse"), (1.03, "inverse + forward")):
        runs = np.stack(
            [probe_errors(result, arm + mark, "place") for mark in SIZES.values()]
        )
        across = shift * np.array([*SIZES], dtype=float)
        colour = FEATURE_COLOURS[arm]
        dots = np.repeat(across, runs.shape[1])
        axes.plot(dots, runs.ravel(), "o", color=colour, ms=4, mec="none")
        axes.plot(across, runs.mean(axis=1), color=colour, ls=LINES[arm], label=arm)
        words.append(f"{arm} {', '.join(f'{m:.2f}' for m in runs.mean(axis=1))}")
    axes.set(xscale="log", xlabel="triples", ylabel="place off [cm]", ylim=(0, None))
    axes.set_xticks([*SIZES], [f"{n:,}" for n in SIZES])
    axes.minorticks_off()
    figure.legend(loc="upper center", ncols=2, handlelength=2.8)
    return Picture(
        figure,
        alt="Error of the place [cm] with 1,000, 5,000 and 20,000 triples, means of "
        f"the seeds: {'; '.join(words)}.",
        caption=f"Dots are {len(result.seeds)} seeds, and lines are their means.",
    )


def live_probes(seed: int, settings: FeatureSettings = LIVE) -> Iterator[Table]:
    """Learn features from few pokes, and show what a probe predicts before and after.

    Args:
        seed: of everything random.
        settings: how much is learnt; its one arm is trained.

    Yields:
        the table before the training, and after it.
    """
    (arm,) = settings.arms.values()
    without = replace(arm, method="untrained")
    rows: dict[str, dict[str, str]] = {}
    for name, which in (("untrained", without), ("after the pokes", arm)):
        pupil = FeaturePupil(which, settings, seed)
        while pupil.done < 1:
            pupil.advance()
        errors = measured(pupil)
        rows[name] = {
            "place": f"{100 * errors['place']:.0f}",
            "pose": f"{100 * errors['pose']:.0f}",
        }
        yield Table(
            rows,
            caption=f"Errors of linear probes after {settings.batches} batches from "
            f"{arm.triples:,} triples. One seed",
            units={"place": "cm", "pose": "cm"},
            corner="features",
        )
