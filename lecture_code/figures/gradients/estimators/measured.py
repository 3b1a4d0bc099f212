"""What was measured of one bit, and of many that do not interact: bias and noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.estimators.bits import BitsSettings
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.show import METHOD_COLOURS, Picture, Table, new_figure
from lecture_code.show.svg import FOREGROUND

Floats = NDArray[np.float64]
NAMES = {
    "exact": "exact",
    "REINFORCE": "REINFORCE",
    "REINFORCE, others": "REINFORCE with baseline",
    "REINFORCE, optimal": "optimal baseline",
    "straight-through": "straight-through",
    "Gumbel-softmax": "Gumbel-softmax",
    "ST-Gumbel": "straight-through Gumbel",
    "REBAR": "REBAR",
    "RELAX": "RELAX",
}
"""Estimator -> its name on the page."""
COLOURS = {
    "exact": METHOD_COLOURS["exact"],
    "REINFORCE": METHOD_COLOURS["REINFORCE"],
    "REINFORCE, others": METHOD_COLOURS["optimal baseline"],
    "Gumbel-softmax": METHOD_COLOURS["Gumbel-softmax"],
    "ST-Gumbel": METHOD_COLOURS["straight-through Gumbel"],
    "REBAR": METHOD_COLOURS["REBAR"],
    "RELAX": METHOD_COLOURS["constant baseline"],
}
LOWEST = 0.75
"""Height of a spread of zero on the logarithmic axis."""
PLACES = {
    "Gumbel-softmax": (0, -11, "center"),
    "ST-Gumbel": (-7, 6, "right"),
    "REBAR": (7, 0, "left"),
}
"""Estimator -> where a label stands beside its point [points]."""
NARROW = "\N{NO-BREAK SPACE}"


def row_name(row: str) -> str:
    """'Gumbel-softmax, τ = 0.5' of a row of the result, with the page's name."""
    if row in NAMES:
        return NAMES[row]
    estimator, _, tau = row.partition(", τ")
    return f"{NAMES[estimator]}, τ{tau}"


def means(result: Result, row: str, kind: str, at: int) -> Floats:
    """Bias or variance of a row at a point, (seeds,)."""
    return np.array(result.curves["rows"][row][kind])[:, at]


def point_name(result: Result, at: int) -> str:
    """'p = 0.1, t = 0.4' of a point of the result."""
    p, t = result.settings["points"][at]
    return f"p = {p:g}, t = {t:g}"


def trade_off(result: Result, at: int) -> Picture:
    """Mean gradient against the spread of one draw, for every estimator and τ.

    Args:
        result: `estimators_table`.
        at: index of the point.
    """
    exact = result.curves["exact"][at]
    figure, axes = new_figure(height=3.9)
    axes.axvspan(-3.2, 0, color=METHOD_COLOURS["Gumbel-softmax"], alpha=0.1)
    axes.axvline(1, color=METHOD_COLOURS["exact"], linestyle="--", linewidth=1.2)
    told = [
        draw_temperatures(axes, result, name, at)
        for name in ("Gumbel-softmax", "ST-Gumbel", "REBAR")
    ]
    y = means(result, "REINFORCE", "variance", at).mean() ** 0.5 / exact
    axes.plot(1, y, "s", color=COLOURS["REINFORCE"], label="REINFORCE", markersize=7)
    colour = METHOD_COLOURS["optimal baseline"]
    axes.plot(1, LOWEST, "v", color=colour, label="optimal baseline")
    axes.text(-3.1, LOWEST, "wrong sign", va="center", fontsize=9.5)
    axes.set(yscale="log", xlim=(-3.2, 1.8), xlabel="mean gradient / exact gradient")
    axes.set_ylabel("spread of one draw / exact")
    axes.legend(fontsize=9.5, loc="lower left", bbox_to_anchor=(-0.16, 1), ncols=2)
    axes.set_yticks([1, 3, 10], ["1", "3", "10"])
    figure.subplots_adjust(top=0.76)
    taus = ", ".join(f"{tau:g}" for tau in result.settings["temperatures"])
    alt = (
        f"Mean gradient as a share of the exact one at {point_name(result, at)}, for "
        f"τ = {taus}: {'; '.join(told)}. Below zero the sign is wrong. REINFORCE and "
        "REBAR lie at 1. Spread falls with τ. The optimal baseline has no spread."
    )
    caption = (
        f"One bit, {point_name(result, at)}. Dashed: no bias. Shaded: the "
        "mean has the wrong sign. Spread: standard deviation of one draw. Triangle: a "
        "spread of zero, which a logarithmic axis cannot show. REBAR with η = 1; the "
        "numbers are τ."
    )
    return Picture(figure, alt=alt, caption=caption)


def draw_temperatures(axes: Axes, result: Result, name: str, at: int) -> str:
    """The points of one estimator, joined over τ; its mean gradients in words."""
    exact = result.curves["exact"][at]
    taus = result.settings["temperatures"]
    rows = [f"{name}, τ = {tau:g}" for tau in taus]
    x = [1 + means(result, row, "bias", at).mean() / exact for row in rows]
    y = [means(result, row, "variance", at).mean() ** 0.5 / exact for row in rows]
    axes.plot(x, y, "o-", color=COLOURS[name], label=NAMES[name], markersize=5)
    first = f"{taus[0]:g}" if name == "Gumbel-softmax" else f"τ = {taus[0]:g}"
    words = [first, *(f"{tau:g}" for tau in taus[1:])]
    if name == "REBAR":  # the other points lie on each other
        words = [words[0], f"{taus[1]:g} to {taus[-1]:g}"]
    dx, dy, ha = PLACES[name]
    for text, across, up in zip(words, x, y, strict=False):
        axes.annotate(
            text,
            (across, up),
            xytext=(dx, dy),
            textcoords="offset points",
            ha=ha,
            va="center",
            fontsize=9.5,
        )
    return f"{NAMES[name]} {', '.join(f'{share:.2f}' for share in x)}"


def gradient_table(result: Result, points: Sequence[int]) -> Table:
    """Mean gradient with half of its interval, and variance, at a few points.

    Args:
        result: `estimators_table`.
        points: indices.
    """
    rows: dict[str, dict[str, str]] = {"exact": {}}
    for at in points:
        head = point_name(result, at)
        exact = result.curves["exact"][at]
        rows["exact"][head] = signed(exact, 5)
        for row in result.curves["rows"]:
            found = mean_of_seeds(exact + means(result, row, "bias", at))
            cell = f"{signed(found.value, 5)} ±{NARROW}{found.high - found.value:.5f}"
            rows.setdefault(row_name(row), {})[head] = cell
    last = points[0]
    rows["exact"]["variance"] = "0"
    for row in result.curves["rows"]:
        variance = means(result, row, "variance", last).mean()
        rows[row_name(row)]["variance"] = f"{variance:.4f}"
    return Table(
        rows,
        corner="estimator",
        caption=f"Mean gradient and half of its 95 % interval, {len(result.seeds)} "
        f"seeds with {result.settings['draws']:,} draws each. Variance: of one draw, "
        f"at {point_name(result, last)}.",
    )


def noise_of_bits(result: Result) -> Picture:
    """Spread of one logit's gradient against the number of bits, logarithmic.

    Args:
        result: `estimators_bits`.
    """
    sizes = result.settings["sizes"]
    figure, axes = new_figure(height=3.3)
    told = [draw_sizes(axes, result, name) for name in result.curves]
    settings = BitsSettings(**result.settings)
    known = [settings.spread_of_reinforce(n) for n in sizes]
    axes.plot(sizes, known, "--", color=FOREGROUND, linewidth=1.0, zorder=3)
    axes.set(xscale="log", yscale="log", xlabel="number of bits n")
    axes.set_ylabel("spread of one draw / exact")
    axes.set_xticks(sizes, [f"{n}" for n in sizes])
    axes.set_yticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    axes.minorticks_off()
    alt = (
        f"Spread of one draw of one logit's gradient against n from {sizes[0]} to "
        f"{sizes[-1]:,}, both axes logarithmic: {'; '.join(told)}. The lines cross "
        "before n = 10."
    )
    caption = (
        f"Bits without interaction, P(b = 1) = {settings.p:g}, t = "
        f"{settings.target:g}, ten draws a step, Gumbel-softmax with τ = "
        f"{settings.temperature:g}. Spread: standard deviation of one draw. Means and "
        f"95 % intervals of {len(result.seeds)} seeds. Dashed: by calculation."
    )
    return Picture(figure, alt=alt, caption=caption)


def draw_sizes(axes: Axes, result: Result, name: str) -> str:
    """The spread of one estimator for every n; its ends in words."""
    found = [mean_of_seeds(each) for each in np.array(result.curves[name]["spread"]).T]
    middle = [one.value for one in found]
    half = [one.high - one.value for one in found]
    colour = COLOURS[name]
    sizes = result.settings["sizes"]
    axes.errorbar(
        sizes, middle, half, fmt="o-", color=colour, markersize=5, label=NAMES[name]
    )
    rises = middle[-1] > 2 * middle[0]
    axes.annotate(
        NAMES[name],
        (sizes[-3], middle[-3]) if rises else (sizes[-1], middle[-1]),
        xytext=(-4, 6) if rises else (0, -7),
        textcoords="offset points",
        color=colour,
        ha="right",
        va="bottom" if rises else "top",
    )
    return f"{NAMES[name]} from {middle[0]:.1f} to {middle[-1]:.1f}"


def signed(value: float, digits: int) -> str:
    """'+0.0250', '−0.0083'."""
    return f"{value:+.{digits}f}".replace("-", "−")
