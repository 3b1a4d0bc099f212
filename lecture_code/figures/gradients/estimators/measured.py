"""What was measured of one bit: bias and variance of every estimator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.show import METHOD_COLOURS, Picture, Table, new_figure

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
    axes.text(0.94, LOWEST, "0", ha="right", va="center", fontsize=9.5)
    axes.text(-3.1, LOWEST, "wrong sign", va="center", fontsize=9.5)
    axes.set(yscale="log", xlim=(-3.2, 1.4), xlabel="mean gradient / exact gradient")
    axes.set_ylabel("spread of one draw / exact")
    axes.legend(fontsize=9.5, loc="lower left", bbox_to_anchor=(-0.16, 1), ncols=2)
    figure.subplots_adjust(top=0.76)
    taus = ", ".join(f"{tau:g}" for tau in result.settings["temperatures"])
    alt = (
        f"Mean gradient as a share of the exact one at {point_name(result, at)}, for "
        f"τ = {taus}: {'; '.join(told)}. Below zero the sign is wrong. REINFORCE and "
        "REBAR lie at 1. Spread falls with τ. The optimal baseline has no spread."
    )
    caption = (
        f"One bit, {point_name(result, at)}. Dashed: no bias. Shaded: the mean has the "
        "wrong sign. Triangle: a spread of zero, which a logarithmic axis cannot show."
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
    if name == "Gumbel-softmax":
        for tau, across, up in zip(taus, x, y, strict=True):
            first = tau == taus[0]
            axes.annotate(
                f"τ = {tau:g}",
                (across, up),
                xytext=(-5, 5) if first else (7, -3),
                textcoords="offset points",
                ha="right" if first else "left",
                va="bottom" if first else "top",
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


def signed(value: float, digits: int) -> str:
    """'+0.0250', '−0.0083'."""
    return f"{value:+.{digits}f}".replace("-", "−")
