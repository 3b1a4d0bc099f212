"""What was measured of the chain of bits: gaps, where bits end, and the cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lecture_code.experiments import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.gradients.estimators.measured import COLOURS, NAMES, NARROW
from lecture_code.gradients.estimator_descent import DescentSettings
from lecture_code.gradients.wrong_sign import turning_point
from lecture_code.show import Picture, Table, new_figure
from lecture_code.show.svg import FOREGROUND


def arm_name(arm: str) -> str:
    """Name on the page of an arm of the result: 'Gumbel-softmax, τ = 0.5'."""
    if arm in NAMES:
        return NAMES[arm]
    estimator, separator, tau = arm.partition(", τ")
    return NAMES[estimator] + separator + tau


def gap_curves(result: Result, arms: Sequence[str]) -> Picture:
    """Mean gap against steps, with 95 % intervals over the chains.

    Args:
        result: `estimators_latents`.
        arms: names of its arms.
    """
    figure, axes = new_figure(height=3.7)
    told = []
    for arm in arms:
        gaps = np.array(result.curves[arm]["gap"])  # (measurements, chains)
        steps = result.settings["every"] * np.arange(len(gaps))
        found = [mean_of_seeds(row) for row in gaps]
        estimator = arm.partition(", τ")[0]
        style = "-" if arm in NAMES else ":"
        colour = COLOURS[estimator]
        middle = [100 * one.value for one in found]
        axes.plot(steps, middle, style, color=colour, label=arm_name(arm))
        low = [100 * max(one.low, 1e-4) for one in found]
        high = [100 * one.high for one in found]
        axes.fill_between(steps, low, high, color=colour, alpha=0.15)
        told.append(f"{arm_name(arm)} {middle[-1]:.1f} %")
    axes.set(yscale="log", xlabel="steps", ylabel="gap to the best string [%]")
    axes.set_ylim(0.3, 170)
    axes.set_yticks([1, 10, 100], ["1", "10", "100"])
    axes.legend(
        fontsize=9.5,
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(-0.16, 1.01),
        handlelength=1.3,
        columnspacing=1.0,
    )
    figure.subplots_adjust(top=0.78)
    alt = (
        f"Mean gap against steps on a logarithmic axis; at the end: {'; '.join(told)}."
    )
    caption = (
        f"Means of {len(result.seeds)} chains with 95 % intervals. 100 %: fair coins; "
        "0: the best string. Bands that reach zero are cut."
    )
    return Picture(figure, alt=alt, caption=caption)


def where_bits_end(result: Result, arms: Sequence[str], tau: float) -> Picture:
    """Every bit's target and its P(b = 1) at the end, for two learners.

    Args:
        result: `estimators_latents`.
        arms: two names of its arms.
        tau: temperature of the border.
    """
    targets = np.array(result.curves["targets"]).ravel()
    p = np.linspace(0.002, 0.998, 300)
    turn = turning_point(np.log(p / (1 - p)), tau)
    figure, panels = new_figure(1, 2, height=3.3, sharey=True)
    told = []
    for axes, arm in zip(panels, arms, strict=True):
        ends = np.array(result.curves[arm]["p"]).ravel()
        axes.plot(targets, ends, ".", color=COLOURS[arm.partition(", τ")[0]], alpha=0.6)
        axes.axvline(0.5, color=FOREGROUND, linewidth=0.8)
        title = arm_name(arm).replace(", τ", ",\nτ")
        axes.set(title=title, xlabel="target t", xlim=(0.28, 0.72))
        axes.set(ylim=(-0.03, 1.03))
        share = np.mean((ends > 0.05) & (ends < 0.95))
        told.append(f"{arm_name(arm)}: {100 * share:.0f} % between 0.05 and 0.95")
    panels[1].plot(turn, p, color=FOREGROUND, linewidth=1.4)
    panels[0].set(ylabel="P(b = 1) at the end")
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.17, top=0.85, wspace=0.08)
    alt = (
        "Final P(b = 1) of every bit against its target. "
        f"{'; '.join(told)}. On the right the dots follow a rising line, the border t* "
        f"for τ = {tau:g}."
    )
    caption = (
        f"Each dot is one bit of the {len(result.seeds)} chains. Line: the place where "
        "a single bit stops by the closed form of *Where it breaks*."
    )
    return Picture(figure, alt=alt, caption=caption)


def chain_table(
    result: Result, longer: Result, rates: Result, rates_longer: Result
) -> Table:
    """What each learner reaches, and what it reaches in three times as many steps.

    Args:
        result: `estimators_latents`.
        longer: three times as many steps.
        rates: Gumbel-softmax at low temperatures and a small rate.
        rates_longer: three times as many steps.
    """
    later = longer.curves | rates_longer.curves
    given = result.settings["arms"] | rates.settings["arms"]
    rows = {}
    for arm, ends in every_arm(result, rates):
        last = ends["gap"][-1]
        rows[chosen_name(arm, DescentSettings(**given[arm]))] = {
            "gap": in_percent(last),
            "median": f"{100 * np.median(last):.1f}",
            "undecided": f"{100 * np.mean(ends['undecided']):.0f}",
            "3 ×": in_percent(later[arm]["gap"][-1]) if arm in later else "–",
        }
    return Table(
        rows,
        corner="learner",
        caption=f"All in %, after {result.settings['steps']:,} steps. Gap: mean of "
        f"{len(result.seeds)} chains and half of its 95 % interval; median: of the "
        "same gaps. Undecided: bits with 0.05 < P(b = 1) < 0.95. 3 ×: gap after three "
        "times as many steps.",
    )


def chosen_name(arm: str, chosen: DescentSettings) -> str:
    """Name of an arm; with τ and rate if it is the best of a Gumbel family."""
    if arm in ("Gumbel-softmax", "ST-Gumbel"):
        return f"{NAMES[arm]}, τ = {chosen.temperature:g}, rate {chosen.rate:g}"
    return arm_name(arm)


def many_table(result: Result, longer: Result) -> Table:
    """What two learners of many bits reach.

    Args:
        result: `estimators_many`.
        longer: three times as many steps.
    """
    rows = {}
    for arm, ends in every_arm(result):
        chosen = DescentSettings(**result.settings["arms"][arm])
        rows[chosen_name(arm, chosen)] = {
            "gap": in_percent(ends["gap"][-1], 2),
            "undecided": f"{100 * np.mean(ends['undecided']):.1f}",
            "3 ×": in_percent(longer.curves[arm]["gap"][-1], 2),
        }
    return Table(
        rows,
        corner="learner",
        caption=f"{result.settings['chain']['bits']} bits without interaction, all in "
        f"%, after {result.settings['steps']:,} steps. Undecided: bits with 0.05 < "
        "P(b = 1) < 0.95. 3 ×: gap after three times as many steps. Means of "
        f"{len(result.seeds)} problems; tuned on ten others.",
    )


def every_arm(*results: Result) -> list[tuple[str, dict[str, Any]]]:
    """All arms and what they measured, in the order of the results."""
    return [(arm, one.curves[arm]) for one in results for arm in one.settings["arms"]]


def settings_table(result: Result, rates: Result) -> Table:
    """Rate, τ, η and the rate of φ of each learner."""
    learnt = DescentSettings(**result.settings["arms"]["RELAX"])
    rows = {}
    for arm, given in (result.settings["arms"] | rates.settings["arms"]).items():
        chosen = DescentSettings(**given)
        rows[arm_name(arm)] = {"rate": f"{chosen.rate:g}"} | {
            "τ": f"{chosen.temperature:g}"
            if chosen.estimator in ("Gumbel-softmax", "ST-Gumbel", "REBAR")
            else "–",
            "η": f"{chosen.eta:g}" if chosen.estimator == "REBAR" else "–",
        }
    return Table(
        rows,
        corner="learner",
        caption="Chosen on ten other chains, "
        "except for the exact gradient and the small rates. RELAX starts with τ = "
        f"{learnt.temperature:g} and η = {learnt.eta:g}; Adam changes c with rate "
        f"{learnt.surrogate_rate:g}.",
    )


def causes_table(result: Result, straight: Result, far: Result) -> Table:
    """The gap with the suspected cause, and without it in two ways.

    Args:
        result: `estimators_latents`.
        straight: the loss is a straight line between the bits.
        far: the targets are far from ½.
    """
    rows = {}
    for arm in straight.settings["arms"]:
        rows[arm_name(arm)] = {
            "as it is": in_percent(result.curves[arm]["gap"][-1]),
            "straight between 0 and 1": in_percent(straight.curves[arm]["gap"][-1]),
            "targets far from ½": in_percent(far.curves[arm]["gap"][-1]),
        }
    return Table(
        rows,
        corner="learner",
        caption="Gap in % after 1,000 steps: mean of the chains and half of its 95 % "
        "interval. The strings of the second column have the same losses as those of "
        "the first.",
    )


def in_percent(values: Sequence[float], digits: int = 1) -> str:
    """'1.2 ± 0.4' of one share a chain."""
    found = mean_of_seeds(100 * np.asarray(values, dtype=float))
    half = found.high - found.value
    return f"{found.value:.{digits}f} ±{NARROW}{half:.{digits}f}"
