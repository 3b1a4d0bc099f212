"""What the chapter on EPOpt shows of its trainings: the specialists, the tail of a
batch, and a race. The returns over masses and frictions are in `trained`.

The functions take the committed result `epopt` and its arrays, or policies and worlds,
and give a shown thing with its alt text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments.policies import load_gaussian_policy
from lecture_code.experiments.results import Result
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.learning.risk import (
    conditional_value_at_risk,
    value_at_risk,
    worst,
)
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Beside,
    Picture,
    Replay,
    Table,
    band,
    film,
    new_figure,
)
from lecture_code.simulation import Policy, World, rollout

Array = NDArray[np.float64]
Arrays = Mapping[str, Array]

COLOURS = {
    "TRPO at 3 kg": METHOD_COLOURS["trained on the light robot"],
    "TRPO at 6 kg": METHOD_COLOURS["trained on the mean robot"],
    "TRPO at 9 kg": METHOD_COLOURS["trained on the heavy robot"],
    "EPOpt(1)": METHOD_COLOURS["domain randomisation"],
    "EPOpt(0.1)": METHOD_COLOURS["EPOpt"],
}
"""Arm of the experiment -> its colour on the page."""
WORLDS = {
    "3 kg": COLOURS["TRPO at 3 kg"],
    "6 kg": GREY,
    "9 kg": METHOD_COLOURS["reality"],
}
"""Robot on which the specialist of 3 kg acts -> colour: at home it is the specialist's
own, and the heaviest robot is the reality that the training never sees.
"""
SLIDERS = {
    "torso_mass": (3.0, 9.0),
    "friction": (0.25, 2.0),
    "damping": (0.5, 1.5),
    "armature": (0.5, 1.5),
}
"""Knob -> the ends of its slider in the playground; the mass in kg, the others in
multiples of the robot's own.
"""
SPECIALISTS = ("TRPO at 3 kg", "TRPO at 6 kg", "TRPO at 9 kg")
ENSEMBLES = ("EPOpt(1)", "EPOpt(0.1)")


def arm_index(result: Result, arm: str) -> int:
    """Place of an arm on the first axis of a result's arrays."""
    return list(result.settings["arms"]).index(arm)


def several(values: Sequence[float] | Array) -> str:
    """'1,511, 861': rounded numbers in a row."""
    return ", ".join(f"{value:,.0f}" for value in values)


def typical_policies(result: Result, arrays: Arrays) -> dict[str, GaussianPolicy]:
    """Arm -> the policy of its typical training, whose mean return is the median."""
    policies = {}
    for arm in result.settings["arms"]:
        means = arrays["sweep"][arm_index(result, arm)].mean(axis=(1, 2))
        middle = int(np.argsort(means)[len(means) // 2])
        seed = result.settings["seeds"][middle]
        policies[arm] = load_gaussian_policy(result.name, arm, seed)
    return policies


# --- the specialists


def at_home_and_abroad(
    policy: Policy, worlds: Mapping[str, World], steps: int, rng: np.random.Generator
) -> Beside:
    """The same policy in several worlds from the same start, each in a view of its own.
    A metre has the same length in all views.

    Args:
        policy: a specialist.
        worlds: "3 kg", "6 kg" or "9 kg" -> the world.
        steps: control steps at most.
        rng: draws the start, the same for every world.
    """
    robots = {}
    for words, world in worlds.items():
        batch = rollout([world], policy, steps, deepcopy(rng))
        robots[words] = film(words, world, batch, colour=WORLDS[words])
    everyone = list(robots.values())
    views = [
        Replay(
            [robot],
            f"The specialist on {words}",
            dt=worlds[words].dt,
            beside=everyone,
        )
        for words, robot in robots.items()
    ]
    return Beside(*views)


def returns_during_training(
    result: Result, mass: float, arm: str = SPECIALISTS[0]
) -> Array:
    """Returns on one mass [kg] during a training, (seeds, evaluations)."""
    index = result.settings["evaluation_masses"].index(mass)
    return np.array(result.curves[arm]["evaluations"])[:, :, index]


def learning_curves(result: Result) -> Picture:
    """The light specialist's return during its training, at home and on heavier
    robots.
    """
    steps = np.median(result.curves[SPECIALISTS[0]]["steps"], axis=0) / 1e6
    figure, axes = new_figure()
    words = []
    for mass in (3.0, 6.0, 9.0):
        name = f"{mass:.0f} kg"
        earned = returns_during_training(result, mass)
        band(axes, steps, earned, f"on {name}", WORLDS[name])
        middle = np.median(earned, axis=0)[[len(steps) // 2, -1]]
        words.append(f"on {mass:.0f} kg {middle[0]:,.0f} and {middle[1]:,.0f}")
    axes.set(xlabel="control steps of training [million]", ylabel="return")
    axes.set_ylim(bottom=0)
    axes.legend()
    return Picture(
        figure,
        alt="Return of the 3 kg specialist against control steps. Medians after "
        f"{steps[len(steps) // 2]:.1f} million steps and at the end: "
        f"{'; '.join(words)}.",
        caption=f"{len(earned)} trainings: median, lowest and highest.",
    )


def learning_table(result: Result) -> Table:
    """The light specialist half-way and at the end of its training."""
    steps = np.median(result.curves[SPECIALISTS[0]]["steps"], axis=0) / 1e6
    half = len(steps) // 2
    heads = f"after {steps[half]:.1f} million", f"after {steps[-1]:.1f} million"
    rows = {}
    for mass in (3.0, 9.0):
        earned = returns_during_training(result, mass)
        columns = earned[:, half].tolist(), earned[:, -1].tolist()
        rows[f"on {mass:.0f} kg"] = dict(zip(heads, columns, strict=True))
    return Table(rows, digits=0, caption="Return after so many control steps")


# --- the tail of a batch


def last_batch(result: Result, arrays: Arrays, arm: str) -> tuple[Array, Array]:
    """Masses and returns of the last batch of an arm's first training, (N,) each."""
    mass, earned = arrays["last_batch"][arm_index(result, arm), 0]
    return mass, earned


def worst_of(axes: Axes, mass: Array, earned: Array, epsilon: float) -> NDArray[Any]:
    """Draw a batch with its worst share ε in colour, and return the indices of the
    worst.
    """
    chosen = worst(earned, epsilon)
    rest = np.setdiff1d(np.arange(len(earned)), chosen)
    axes.plot(mass[rest], earned[rest], "o", ms=4, color=GREY)
    axes.plot(mass[chosen], earned[chosen], "o", ms=5, color=COLOURS["EPOpt(1)"])
    axes.set(xlabel="torso mass [kg]", ylabel="return", xlim=(2.8, 9.2))
    return chosen


def batch(mass: Array, earned: Array) -> Picture:
    """Return against mass in a batch, with the worst tenth in colour."""
    figure, axes = new_figure()
    chosen = worst_of(axes, mass, earned, 0.1)
    level = value_at_risk(earned, 0.1)
    axes.axhline(level, color=COLOURS["EPOpt(1)"], linestyle=":")
    axes.text(9.15, 1.02 * level, "$Q_{0.1}$", ha="right", va="bottom")
    axes.set_ylim(bottom=0)
    return Picture(
        figure,
        alt=f"Return against torso mass for {len(earned)} trajectories of a policy "
        f"that was trained on the whole ensemble. The {len(chosen)} worst lie below a "
        f"dotted line. Their masses are from {mass[chosen].min():.1f} to "
        f"{mass[chosen].max():.1f} kg.",
        caption="The last batch of a training with ε = 1, of the first seed.",
    )


def tail(mass: Array, earned: Array, epsilon: float) -> Picture:
    """The worst share ε of a batch, and the histogram of its returns."""
    VaR = value_at_risk(earned, epsilon)
    CVaR = conditional_value_at_risk(earned, epsilon)
    figure, (left, right) = new_figure(1, 2, height=2.7, sharey=True)
    chosen = worst_of(left, mass, earned, epsilon)
    bins = np.linspace(0, earned.max(), 25)
    right.hist(earned, bins=bins, orientation="horizontal", color=GREY)
    colour = COLOURS["EPOpt(1)"]
    right.hist(earned[chosen], bins=bins, orientation="horizontal", color=colour)
    for axes in (left, right):
        axes.axhline(VaR, color=colour, ls=":", lw=1)
        axes.axhline(CVaR, color=colour, lw=1)
    right.set(xlabel="trajectories", ylim=(0, 1.05 * earned.max()))
    right.set_title(f"VaR {VaR:,.0f}, CVaR {CVaR:,.0f}")
    left.set_title(f"{len(chosen)} of {len(earned)}")
    return Picture(
        figure,
        alt=f"ε = {epsilon:g}: {len(chosen)} of {len(earned)} trajectories are "
        f"selected, VaR {VaR:,.0f}, CVaR {CVaR:,.0f}. Their masses are from "
        f"{mass[chosen].min():.1f} to {mass[chosen].max():.1f} kg.",
        caption="Dotted: the value at risk (VaR). Full line: the mean below it (CVaR).",
    )


def tail_table(earned: Array, shares: Sequence[float]) -> Table:
    """Selected trajectories, VaR and CVaR of a batch for several ε."""
    return Table(
        {
            f"{epsilon:g}": {
                "selected": len(worst(earned, epsilon)),
                "VaR": value_at_risk(earned, epsilon),
                "CVaR": conditional_value_at_risk(earned, epsilon),
            }
            for epsilon in shares
        },
        corner="ε",
        digits=0,
    )


def race(
    policies: Mapping[str, Policy], world: World, steps: int, rng: np.random.Generator
) -> Replay:
    """Several policies in one world from one start; the camera follows the policy that
    stays up longest.

    Args:
        policies: arm -> policy.
        world: the Hopper.
        steps: control steps at most.
        rng: draws the start, the same for every policy.
    """
    runs = {
        name: rollout([world], policy, steps, deepcopy(rng))
        for name, policy in policies.items()
    }
    order = sorted(runs, key=lambda name: -int(runs[name].lengths[0]))
    robots = [film(name, world, runs[name], colour=COLOURS[name]) for name in order]
    seconds = steps * world.dt
    title = f"{world.values['torso_mass']:g} kg, {seconds:g} seconds at most"
    return Replay(robots, title, dt=world.dt)
