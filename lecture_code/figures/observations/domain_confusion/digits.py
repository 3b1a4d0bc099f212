"""Digits in two domains, and classes whose shares shift, in *Domain confusion*.

`digits_table` and `shift_picture` show committed runs; `live_digits` learns anew, on
the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.digit_arms import (
    ARMS,
    DigitArmSettings,
)
from lecture_code.experiments.observations.domain_confusion.digits import (
    DIGITS,
    DigitArmRun,
)
from lecture_code.experiments.observations.domain_confusion.shift import shifted
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, new_figure

Array = NDArray[np.float64]

LIVE = replace(
    DIGITS,
    method=replace(DIGITS.method, first=80, second=160, batch=32),
    printed=1500,
    checks=200,
)
"""Less print and shorter training than in the committed runs."""
LIVE_ARMS = ("synthetic only", "confusion alone", "weak pairs, ν = 0.1")
COARSE = 5  # steps of what is learnt on the page [%]
LOSS = 10  # percentage points or more that count as a loss
COLOURS = {0.0: GREY, 1.0: METHOD_COLOURS["domain confusion"]}
"""λ -> colour."""


def percent(result: Result, arm: str, entry: str = "accuracy") -> Array:
    """An entry of all seeds, (seeds,) [%].

    Raises:
        KeyError: the result has no such arm; the message lists those that it has.
    """
    if arm not in result.curves:
        raise KeyError(f"no runs of {arm!r}; there are {', '.join(result.curves)}")
    return 100 * np.array(result.curves[arm][entry], dtype=float)


def lead(result: Result, arm: str, other: str) -> Interval:
    """How much more often an arm is right than another, by seed [percentage points]."""
    return mean_of_seeds(percent(result, arm) - percent(result, other))


def change(after: Result, before: Result, arm: str) -> Interval:
    """How much more often an arm is right than before, by seed [percentage points]."""
    return mean_of_seeds(percent(after, arm) - percent(before, arm))


def digits_table(result: Result) -> Table:
    """Every arm of `domain_confusion_digits`: how often it is right on scans, what its
    pairs are worth, and whether domains can be told apart.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for arm, about in result.settings["arms"].items():
        mean = {
            entry: float(percent(result, arm, entry).mean())
            for entry in ("neighbour", "purity", "domain error")
        }
        rows[arm] = {
            "right on scans": str(mean_of_seeds(percent(result, arm))),
            "neighbour": mean["neighbour"],
            "purity": f"{mean['purity']:.0f}" if about["pairs"] else "–",
            "domain error": mean["domain error"],
        }
    tests = result.settings["tests"]
    return Table(
        rows,
        caption=f"Right on *scans*, on {tests} that nothing has learnt from: mean of "
        f"{len(result.seeds)} seeds with 95 % interval. *Neighbour*: how often the "
        "printed digit nearest in conv1 has the right label. *Purity*: pairs of one "
        "class. *Domain error*: share of wrong answers of a new classifier of "
        "domains; 50 is chance",
        units=dict.fromkeys(("right on scans", *mean), "%"),
        digits={"neighbour": 0, "domain error": 0},
        corner="learns from",
    )


def shift_picture(result: Result) -> Picture:
    """`domain_confusion_shift`: how often a network is right in the target, against the
    share of class B there, with the bound that equal features would set.
    """
    shares = [float(share) for share in result.settings["shares"]]
    figure, axes = new_figure(height=3.4)
    place = 100 * np.array(shares)
    axes.plot(place, 150 - place, ":", color=GREY, label="most, if features are alike")
    words = []
    for lam in (0.0, 1.0):
        runs = np.stack([percent(result, shifted(share, lam)) for share in shares])
        draw_shift(axes, place + 0.8 * (lam - 0.5), runs, lam)
        ends = ", ".join(f"{one.min():.0f} to {one.max():.0f}" for one in runs)
        words.append(f"with λ = {lam:g} {ends}")
    axes.set(
        xlabel="class B in the target [%]",
        ylabel="right in the target [%]",
        xticks=place,
        ylim=(0, 105),
    )
    figure.legend(loc="upper center", ncols=3, columnspacing=1, handletextpad=0.4)
    figure.subplots_adjust(top=0.88)
    plain, crowd = (percent(result, shifted(shares[-1], lam)) for lam in (0.0, 1.0))
    losers = int((plain - crowd >= LOSS).sum())
    said = (
        f"At {place[-1]:.0f} %, {losers} of {len(plain)} seeds lose {LOSS} points or "
        "more."
    )
    listed = ", ".join(f"{share:.0f}" for share in place)
    return Picture(
        figure,
        alt=f"Right in the target, in percent, when {listed} % of it are of class "
        f"B: {'; '.join(words)}. {said}",
        caption=f"Each thin line is one of {len(result.seeds)} seeds. In the source "
        f"half of the points are of class B. {said} The dotted line is the "
        "most that is possible if features of both domains are alike and the source is "
        "right.",
    )


def alike_numbers(result: Result) -> dict[str, str]:
    """Least and most error of a new classifier of domains [%], of the networks with
    λ = 1 at the largest share that are right more often than the bound for features
    that are alike; 'least_fallen' and 'most_fallen' of all others,
    'most_any' of all networks. 'badly_told': the
    most error at the middle share. 'fallen_equal': with equal shares the seeds of
    those others are right at least so often [%].
    'less_b': of class B the others get less right [%]. 'least_plain':
    how often the worst network with λ = 0 is right, at any share [%].

    Args:
        result: `domain_confusion_shift`.
    """
    share = float(result.settings["shares"][-1])
    arm = shifted(share, 1.0)
    better = percent(result, arm) > 100 * (1.5 - share)
    told = percent(result, arm, "domain error")
    equal = percent(result, shifted(float(result.settings["shares"][0]), 1.0))
    plain = [percent(result, shifted(at, 0.0)) for at in result.settings["shares"]]
    middle = float(result.settings["shares"][1])
    among = shifted(middle, 1.0)
    missed = percent(result, among, "domain error")[
        percent(result, among) > 100 * (1.5 - middle)
    ]
    fallen = [right_by_class(result, at)[1] for at in result.settings["shares"][1:]]
    return {
        "least_told": f"{told[better].min():.0f}",
        "most_told": f"{told[better].max():.0f}",
        "least_fallen": f"{told[~better].min():.0f}",
        "most_fallen": f"{told[~better].max():.0f}",
        "most_any": f"{told.max():.0f}",
        "fallen_equal": f"{np.floor(equal[~better].min()):.0f}",
        "badly_told": f"{missed.max():.0f}",
        "less_b": f"{np.floor(max(rights.max() for rights in fallen)) + 1:.0f}",
        "least_plain": f"{min(rates.min() for rates in plain):.0f}",
    }


def neighbour_numbers(result: Result) -> dict[str, str]:
    """How many target points of class B have their nearest source point in class A
    [%], at the largest share. λ = 1: 'near_a_least' and 'near_a_most' of the networks
    that are right less often than the bound for features that are alike, and
    'near_a_others', the most of all others. 'near_a_plain': the most of the seeds of
    the former, with λ = 0.

    Args:
        result: `domain_confusion_shift`.
    """
    share = float(result.settings["shares"][-1])
    arm = shifted(share, 1.0)
    fallen = percent(result, arm) < 100 * (1.5 - share)
    near = percent(result, arm, "wrong neighbour")
    plain = percent(result, shifted(share, 0.0), "wrong neighbour")
    return {
        "near_a_least": f"{near[fallen].min():.0f}",
        "near_a_most": f"{near[fallen].max():.0f}",
        "near_a_others": f"{near[~fallen].max():.0f}",
        "near_a_plain": f"{plain[fallen].max():.0f}",
    }


def right_by_class(result: Result, share: float) -> tuple[Array, Array]:
    """How often class A and class B of the target are right [%], of the networks with
    λ = 1 that are right less often than the bound for features that are alike.

    Args:
        result: `domain_confusion_shift`.
        share: of class B in the target.
    """
    arm = shifted(share, 1.0)
    right = percent(result, arm)
    said_b = percent(result, arm, "second class")
    fallen = right < 100 * (1.5 - share)
    right_b = ((right + said_b - 100 * (1 - share)) / 2)[fallen]
    right_a = right[fallen] - right_b
    return right_a / (1 - share), right_b / share


def draw_shift(axes: Axes, places: Array, runs: Array, lam: float) -> None:
    """The runs (shares, seeds) [%] of one λ at their places, a thin line for each."""
    for number, run in enumerate(runs.T):
        label = "" if number else f"λ = {lam:g}"
        axes.plot(places, run, "o-", color=COLOURS[lam], ms=4, lw=1, label=label)


def coarse(share: float) -> float:
    """A share in percent, to the next `COARSE`."""
    return float(COARSE * round(100 * share / COARSE))


def live_digits(seed: int, settings: DigitArmSettings = LIVE) -> Iterator[Table]:
    """Learn digits from print alone, with confusion and with weak pairs too, and show
    what each has brought.

    Args:
        seed: of everything random.
        settings: how much is learnt; its arms are not used.

    Yields:
        the table after each of `LIVE_ARMS`.
    """
    rows: dict[str, dict[str, float]] = {}
    for name in LIVE_ARMS:
        run = DigitArmRun(ARMS[name], settings, seed)
        while run.progress < 1:
            run.advance()
        rows[name] = {
            "scans": coarse(run.measured["accuracy"]),
            "print": coarse(run.measured["printed"]),
        }
        yield Table(
            rows,
            caption=f"Right on *scans* and on *print*, after {run.length} batches. One "
            f"seed, {settings.tests} scans. We round to {COARSE} %, because another "
            "computer gives slightly different numbers",
            units={"scans": "%", "print": "%"},
            digits=0,
            corner="learns from",
        )
