"""SeqGAN against its start, the controls and a temperature, from
`sequence_oracle_small` and `sequence_oracle`.

Each seed has an oracle of its own, so only differences to the seed's start can be
compared. Read `plane_picture`: one axis pays for what a generator writes, the other for
what it leaves out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.sequence_generation.oracle import (
    against_temperature,
    end_values,
    on_curve,
    start_values,
)
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Explore,
    Picture,
    Table,
    explore,
    new_figure,
)
from lecture_code.show.svg import FOREGROUND

NAMES = {
    "roll-outs": "SeqGAN",
    "sentence": "no roll-outs",
    "constant": "constant reward",
    "constant, slow": "constant reward, slow",
    "noise": "random reward",
    "MLE continued": "more likelihood steps",
    "fresh sequences": "SeqGAN, fresh data",
    "exact judge": "exact judge",
    "soft judge": "exact judge, softened",
}
"""Arm of the results -> name on the page."""
COLOURS = {
    "roll-outs": METHOD_COLOURS["REINFORCE"],
    "sentence": METHOD_COLOURS["REINFORCE without memory"],
    "constant": METHOD_COLOURS["straight-through"],
    "constant, slow": METHOD_COLOURS["straight-through"],
    "noise": METHOD_COLOURS["REBAR"],
    "MLE continued": METHOD_COLOURS["optimal baseline"],
    "fresh sequences": METHOD_COLOURS["REINFORCE"],
    "exact judge": FOREGROUND,
    "soft judge": FOREGROUND,
}
MARKS = dict(zip(NAMES, "oDshv^pXP", strict=True))
TEMPERATURES = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1)
"""Those of the plane; lower ones are far from all arms."""

Floats = NDArray[np.float64]


def arms_of(result: Result) -> list[str]:
    """Arms of a result, in the order of `NAMES`."""
    return [arm for arm in NAMES if arm in result.curves["arms"]]


def change(result: Result, arm: str, measure: str) -> Floats:
    """End of an arm minus its start, by seed."""
    end = end_values(result.curves, arm, measure)
    return np.asarray(end - start_values(result.curves, measure))


def temperature_change(result: Result, measure: str, temperatures: Floats) -> Floats:
    """Maximum likelihood at temperatures minus the start, (seeds, temperatures)."""
    rows = on_curve(result.curves, measure, temperatures)
    return np.asarray(rows - start_values(result.curves, measure)[:, None])


def interval_in_words(found: Interval) -> str:
    """ "−0.12 [−0.15, −0.09]"."""
    words = f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
    return words.replace("-0.00", "0.00").replace("-", "−")


def signed(change: float) -> str:
    """ "+0.12" or "−0.12"."""
    return f"{change:+.2f}".replace("-", "−")


def _arms(axes: Axes, result: Result) -> list[str]:
    """Marks of every arm, and their means in words."""
    told = []
    for arm in arms_of(result):
        name = NAMES[arm]
        gen, oracle = change(result, arm, "gen"), change(result, arm, "oracle")
        colour = COLOURS[arm]
        axes.plot(gen, oracle, MARKS[arm], color=colour, markersize=3.5, alpha=0.5)
        axes.plot(
            gen.mean(),
            oracle.mean(),
            MARKS[arm],
            color=colour,
            markersize=8,
            label=name,
        )
        told.append(f"{name} {signed(gen.mean())} and {signed(oracle.mean())}")
    return told


def plane_picture(result: Result, temperature: float) -> Picture:
    """Both NLLs of every arm and of maximum likelihood at a temperature, as differences
    to the start.
    """
    taus = np.append(np.linspace(TEMPERATURES[0], TEMPERATURES[-1], 61), temperature)
    x, y = (
        temperature_change(result, name, taus).mean(axis=0)
        for name in ("gen", "oracle")
    )
    figure, axes = new_figure(height=3.8)
    figure.subplots_adjust(left=0.17)
    axes.plot(x[:-1], y[:-1], "-", color=GREY, label="likelihood, all τ")
    axes.plot(x[-1], y[-1], "*", color=GREY, markersize=15)
    axes.annotate(
        f"τ = {temperature:g}",
        (x[-1], y[-1]),
        xytext=(9, 5),
        textcoords="offset points",
        color=GREY,
    )
    told = _arms(axes, result)
    axes.set(
        xlabel="NLL of real data, change [nats per token]",
        ylabel="NLL under oracle, change [nats per token]",
    )
    axes.legend(fontsize=9.5, ncols=2, loc="upper right")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.45 * (high - low))
    alt = (
        "NLL under the oracle against NLL of real data, both as changes from the start "
        f"[nats per token]. Temperature {temperature:g}: {signed(x[-1])} and "
        f"{signed(y[-1])}. Means of the arms: {'; '.join(told)}."
    )
    caption = (
        "Small marks: seeds. Large marks: means. Lower and further left is better."
    )
    return Picture(figure, alt=alt, caption=caption)


def explore_plane(result: Result) -> Explore:
    """The same with the temperature to choose."""
    return explore(
        lambda temperature: plane_picture(result, temperature),
        temperature=list(TEMPERATURES),
        start={"temperature": 1.0},
        labels={"temperature": "temperature τ of maximum likelihood"},
    )


def oracle_table(*results: Result) -> Table:
    """Every arm: changes from the start, and the distance to the temperature curve.

    Args:
        results: with the same starts.
    """
    curves = results[0].curves
    rows: dict[str, dict[str, Any]] = {
        "maximum likelihood": {
            "oracle": "0",
            "against τ": "0",
            "real": "0",
            "different": list(100 * start_values(curves, "distinct")),
        }
    }
    arms = {arm: result for result in results for arm in arms_of(result)}
    for arm in sorted(arms, key=list(NAMES).index):
        result = arms[arm]
        rows[NAMES[arm]] = {
            "oracle": interval_in_words(mean_of_seeds(change(result, arm, "oracle"))),
            "against τ": interval_in_words(against_temperature(result.curves, arm)),
            "real": interval_in_words(mean_of_seeds(change(result, arm, "gen"))),
            "different": list(100 * end_values(result.curves, arm, "distinct")),
        }
    return Table(
        rows,
        units={"different": "%"},
        digits={"different": 1},
        corner="after",
        caption="*Oracle*, *real*: change of both NLLs [nats per token], mean of "
        f"{len(results[0].seeds)} seeds with its 95 % interval. *Against τ*: NLL "
        "under the oracle minus that of maximum likelihood with the temperature that "
        "has the same NLL of real data; negative is better. *Different*: share of "
        "different pairs of neighbours.",
    )
