"""Where a propagated gradient asks for the slope, and where its sign is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.wrong_sign import (
    density_of_noise,
    turning_point,
    weights_of_slope,
)
from lecture_code.show import (
    METHOD_COLOURS,
    Explore,
    Picture,
    Table,
    explore,
    new_figure,
)
from lecture_code.show.svg import FOREGROUND

Floats = NDArray[np.float64]
ESTIMATE = METHOD_COLOURS["REINFORCE"]
PROPAGATE = METHOD_COLOURS["Gumbel-softmax"]
HARD = METHOD_COLOURS["straight-through Gumbel"]
SHADE = 0.18
HIGHEST = 2.6
"""Weight at the upper edge of a frame."""
ARROW = {
    "arrowstyle": "-|>",
    "color": FOREGROUND,
    "linewidth": 1.6,
    "shrinkA": 0,
    "shrinkB": 0,
}
"""From point to point, without a gap."""


def logit(p: Floats | float) -> Floats:
    """log p / (1 − p)."""
    p = np.asarray(p, dtype=np.float64)
    return np.asarray(np.log(p) - np.log1p(-p))


def density(s: Floats, p: float, tau: float) -> Floats:
    """Density of the soft bit y = σ(z / τ) at s."""
    return np.asarray(density_of_noise(tau * logit(s) - logit(p)) * tau / (s * (1 - s)))


def two_questions(p: float, t: float, tau: float) -> Picture:
    """The loss between 0 and 1: where an estimate looks, and where a path looks.

    Args:
        p: P(b = 1).
        t: target.
        tau: temperature of the soft bit.
    """
    s = np.linspace(0, 1, 201)
    figure, (left, right) = new_figure(1, 2, height=3.1, sharey=True)
    for axes in (left, right):
        axes.plot(s, (s - t) ** 2, color=FOREGROUND, linewidth=1.0)
        axes.set(xlim=(-0.06, 1.06), ylim=(-0.16, 0.46))
        axes.set_xticks([0, 0.5, 1])
        axes.set_yticks([0, 0.1, 0.2, 0.3, 0.4])
    left.plot([0, 1], [t**2, (1 - t) ** 2], "o", color=ESTIMATE, markersize=9)
    left.plot([0, 1], [t**2, (1 - t) ** 2], "--", color=ESTIMATE, linewidth=1.2)
    left.set(title="estimate: the values", xlabel="choice b", ylabel="loss f")
    inside = np.linspace(0.004, 0.996, 249)
    shape = density(inside, p, tau)
    right.fill_between(
        inside, -0.16, -0.16 + 0.13 * shape / shape.max(), color=PROPAGATE, alpha=SHADE
    )
    for at in (0.05, 0.12, 0.22, 0.35, 0.6):
        across = np.array([-0.05, 0.05])
        height = (at - t) ** 2 + 2 * (at - t) * across
        right.plot(at + across, height, color=PROPAGATE, linewidth=2.5)
        right.plot(at, (at - t) ** 2, "o", color=PROPAGATE, markersize=4)
    right.set(title="propagate: the slopes", xlabel="soft choice y")
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.18, top=0.9, wspace=0.1)
    alt = (
        f"Two panels with the parabola (b − {t:g})². Left: dots at b = 0 and b = 1; "
        "the dashed line between them rises. Right: short tangents at soft choices. "
        "A hill along the bottom shows that most soft choices are near 0, where the "
        "tangents fall."
    )
    caption = (
        "Left: REINFORCE sees the two end points only. The loss rises from 0 to 1, so "
        "b = 1 must become less likely. Right: the path follows the slope at a soft "
        f"choice. The hill shows where these are drawn if P(b = 1) = {p:g}."
    )
    return Picture(figure, alt=alt, caption=caption)


def weighed_slopes(p: float, t: float, tau: float) -> Picture:
    """The weight of each slope between 0 and 1, and its mean t*."""
    theta = logit(p)
    turn = float(turning_point(theta, tau))
    _, each = weights_of_slope(theta, tau)
    inside = np.linspace(0.002, 0.998, 250)
    weight = density_of_noise(tau * logit(inside) - theta) / each.sum()
    figure, axes = new_figure(height=2.7)
    axes.plot(inside, weight, color=PROPAGATE)
    axes.axhline(1, color=METHOD_COLOURS["exact"], linestyle="--", linewidth=1.2)
    axes.fill_between(inside, 0, weight, where=inside < t, color=PROPAGATE, alpha=SHADE)
    axes.axvline(t, color=FOREGROUND, linewidth=0.8)
    axes.plot(turn, 0.06, "^", color=PROPAGATE, markersize=9, clip_on=False)
    low = turn < t
    sign = "wrong" if (t - 0.5) * (t - turn) < 0 else "right"
    verdict = "up" if low else "down"
    axes.set(xlabel="place s between 0 and 1", ylabel="weight of the slope")
    axes.set(xlim=(0, 1), ylim=(0, HIGHEST))
    axes.text(
        0.98, 2.35, f"P(b = 1) goes {verdict}: {sign}", ha="right", fontweight="bold"
    )
    alt = (
        f"Weight of the slopes from 0 to 1 at P(b = 1) = {p:g} and temperature "
        f"{tau:g}. Its mean is {turn:.2f}, the target is {t:g}: P(b = 1) goes "
        f"{verdict}, which is {sign}. The exact gradient has weight 1 everywhere."
    )
    caption = (
        f"Target t = {t:g} (line). Shaded: slopes that say “up”. Triangle: the mean "
        "place t*. Dashed: the equal weights of the exact gradient. Weights above "
        f"{HIGHEST} are cut."
    )
    return Picture(figure, alt=alt, caption=caption)


def explore_weights() -> Explore:
    """The weights for a few temperatures and probabilities; the target stays."""
    return explore(
        lambda tau, p: weighed_slopes(p, 0.4, tau),
        tau=[0.1, 0.25, 0.5, 1.0, 2.0],
        p=[0.02, 0.1, 0.25, 0.5, 0.8],
        start={"tau": 1.0, "p": 0.1},
        labels={"tau": "temperature τ", "p": "P(b = 1)"},
    )


def wrong_region(
    taus: Sequence[float], shaded: float, start: tuple[float, float]
) -> Picture:
    """The plane of P(b = 1) and t: the border t* for each τ, and one learner's way.

    Args:
        taus: temperatures of the borders.
        shaded: the temperature whose wrong region is shaded.
        start: P(b = 1) and t of the learner.
    """
    p = np.linspace(0.001, 0.999, 400)
    figure, axes = new_figure(height=3.6)
    axes.axhline(0.5, color=FOREGROUND, linewidth=0.8)
    for n, tau in enumerate(taus):
        turn = turning_point(logit(p), tau)
        opacity = 0.4 + 0.6 * n / max(1, len(taus) - 1)
        axes.plot(p, turn, color=PROPAGATE, alpha=opacity, label=f"τ = {tau:g}")
        if tau == shaded:
            axes.fill_between(p, 0.5, turn, color=PROPAGATE, alpha=SHADE)
            hard = turning_point(logit(p), tau, hard=True)
            name = f"straight-through Gumbel, τ = {tau:g}"
            axes.plot(p, hard, "--", color=HARD, linewidth=1.4, label=name)
            stop = float(np.interp(start[1], turn, p))
    axes.annotate(
        "",
        xy=(stop, start[1]),
        xytext=start,
        arrowprops=ARROW,
    )
    axes.plot(*start, "o", color=FOREGROUND, markersize=5)
    axes.set(xlabel="P(b = 1)", ylabel="target t", xlim=(0, 1), ylim=(0, 1.04))
    axes.legend(fontsize=9.5, loc="upper left")
    alt = (
        "Borders t* against P(b = 1), rising from the lower left to the upper right "
        f"through the middle; lower τ gives a flatter border. Between t = ½ and the "
        f"border of τ = {shaded:g} the plane is shaded. An arrow at t = {start[1]:g} "
        f"goes from P(b = 1) = {start[0]:g} to the border at {stop:.2f}."
    )
    caption = (
        f"Shaded: for τ = {shaded:g} the propagated gradient has the wrong sign. "
        "Dashed: the border of straight-through Gumbel. Arrow: the learner of the "
        "first picture. It stops at the border."
    )
    return Picture(figure, alt=alt, caption=caption)


def stops_table(t: float, taus: Sequence[float]) -> Table:
    """Where a learner stops, by quadrature, for both ways to relax."""
    p = np.linspace(1e-4, 1 - 1e-4, 20_001)
    rows = {}
    for tau in taus:
        cells: dict[str, float | str] = {}
        for name, hard in (
            ("Gumbel-softmax", False),
            ("straight-through Gumbel", True),
        ):
            turn = turning_point(logit(p), tau, hard=hard)
            reached = bool(turn[0] < t < turn[-1])
            cells[name] = float(np.interp(t, turn, p)) if reached else 0.0
        cells["(1 − τ) / 2"] = (1 - tau) / 2 if tau < 1 else 0.0
        rows[f"τ = {tau:g}"] = cells
    return Table(
        rows,
        corner="temperature",
        digits=2,
        caption=f"P(b = 1) at which a learner stops, for t = {t:g}; 0 is right. Last "
        "column: below this target Gumbel-softmax never has the wrong sign.",
    )
