"""What the chapter *Grounded action transformation* shows of the committed results.

`grounding_models` holds how close grounded simulators come (`imitation`, `by_alpha`,
`by_recordings`); `grounding`, `grounding_long` and `grounding_feedback` hold trials of
whole methods (`trial_table`, `gains`, `against_generation`, `drifts`,
`feedback_table`). The functions give a shown thing with its alt text; `numbers_of_…`
give what the text says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.show import GREY, Picture, Table, band, new_figure

from .drawings import COLOURS

Array = NDArray[np.float64]

SIMULATORS = {"no grounding": (0, 0), "GAT": (0, -1), "GAT with memory": (2, -1)}
"""Simulator -> its memory, and the place of its α among the α that were measured."""
UNTURNED = {"damping": 1.0, "torso_mass": 1.0, "action_delay": 0}
"""The knobs with which the robot is the simulator."""


# --- how close a grounded simulator comes: `grounding_models`


def one_step_errors(models: Result, robot: str, amount: float, name: str) -> Array:
    """One-step error of a simulator for each seed, (seeds,).

    Args:
        models: the result `grounding_models`.
        robot: name of a real robot, or of the only knob in which the robot differs.
        amount: recorded trajectories, or the value of the knob.
        name: one of `SIMULATORS`.
    """
    memory, place = SIMULATORS[name]
    found = models.curves[f"{robot}/{memory}/{amount:g}"]["error"]
    return np.array(found)[:, place]


def imitation(models: Result, **values: float) -> Picture:
    """One-step error of each simulator where the robot differs in one knob.

    Args:
        models: the result `grounding_models`.
        values: the value of each knob; at most one of them differs from `UNTURNED`.
    """
    turned = [knob for knob, value in values.items() if value != UNTURNED[knob]]
    knob = turned[0] if turned else "action_delay"
    figure, axes = new_figure()
    words = []
    for place, name in enumerate(SIMULATORS):
        dots = one_step_errors(models, knob, values[knob], name)
        axes.bar(place, np.median(dots), color=COLOURS[name], alpha=0.4)
        axes.plot([place] * len(dots), dots, "o", ms=4, color=COLOURS[name])
        words.append(f"{name} {np.median(dots):.2f}")
    axes.set(xticks=range(len(SIMULATORS)), xticklabels=SIMULATORS, ylim=(0, 1.2))
    axes.set_ylabel("error in one step")
    return Picture(figure, alt="Median one-step error: " + ", ".join(words) + ".")


def imitation_table(models: Result) -> Table:
    """Median one-step errors for three robots that differ in one knob."""
    cases = {
        "a robot like the simulator": ("damping", 1.0),
        "a robot with damping × 0.75": ("damping", 0.75),
        "a robot that is one step late": ("action_delay", 1),
    }
    rows = {
        case: {
            name: one_step_errors(models, *robot, name).tolist() for name in SIMULATORS
        }
        for case, robot in cases.items()
    }
    return Table(rows, digits=2, caption="Error in one step: median (lowest–highest).")


def measured(models: Result, robot: str, memory: int, what: str) -> Array:
    """A measure after the largest number of recordings, (seeds, …).

    Args:
        what: "error" and "return" have one column an α; "real" is the robot's return.
    """
    most = models.settings["amounts"][-1]
    return np.array(models.curves[f"{robot}/{memory}/{most}"][what])


def by_alpha(models: Result, robot: str) -> Picture:
    """One-step error, and the return of θ₀ in the grounded simulator, against α."""
    alphas = models.settings["alphas"]
    figure, (error, earned) = new_figure(2, 1, height=4.6, sharex=True)
    words = []
    for name, (memory, _) in list(SIMULATORS.items())[1:]:
        for axes, what in ((error, "error"), (earned, "return")):
            lines = measured(models, robot, memory, what)
            band(axes, alphas, lines, name, COLOURS[name])
            middle = np.median(lines, axis=0)
            words.append(f"{name}, {what}: {middle[0]:.3g} to {middle[-1]:.3g}")
    truth = float(np.median(measured(models, robot, 0, "real")))
    earned.axhline(truth, color=COLOURS["robot"], ls="--", label="on the robot")
    error.set(ylabel="error in one step", ylim=(0, None))
    earned.set(xlabel="α", ylabel="return of θ₀", ylim=(-100, 560))
    earned.legend(loc="upper right", ncols=2)
    return Picture(
        figure,
        alt=f"Robot: {robot}. Medians from α = 0 to α = 1. {'; '.join(words)}. "
        f"On the robot θ₀ earns {truth:.0f}.",
        caption="Median and range of five walks.",
    )


def by_recordings(models: Result, robot: str) -> Picture:
    """One-step error against the number of recorded trajectories."""
    amounts = models.settings["amounts"]
    figure, axes = new_figure()
    ends = []
    for name in SIMULATORS:
        lines = [one_step_errors(models, robot, N, name) for N in amounts]
        band(axes, amounts, np.transpose(lines), name, COLOURS[name])
        ends.append(f"{name} {np.median(lines[0]):.2f} to {np.median(lines[-1]):.2f}")
    axes.set(xscale="log", xlabel="recorded trajectories N")
    axes.set(xticks=amounts, xticklabels=amounts, ylabel="error in one step")
    axes.minorticks_off()
    axes.set_ylim(0, 1.5 * axes.get_ylim()[1])
    axes.legend(loc="upper right", ncols=2)
    return Picture(
        figure,
        alt=f"Robot: {robot}. Median one-step error from {amounts[0]} to {amounts[-1]} "
        f"recorded trajectories: {', '.join(ends)}.",
    )


# --- trials of whole methods: `grounding`, `grounding_long`, `grounding_feedback`


def starts(trials: Result, robot: str) -> Array:
    """Return of each trial's θ₀ on the robot, (trials,)."""
    return np.array(trials.curves[robot]["start"])


def of_method(trials: Result, robot: str, method: str, what: str = "final") -> Array:
    """What a method reached in each trial: "final" and "best" (trials,), "robot" and
    "own" (trials, generations).
    """
    return np.array(trials.curves[robot][method][what])


def gained(trials: Result, robot: str, method: str) -> Array:
    """Return that a method gained over θ₀ on the robot, (trials,)."""
    return of_method(trials, robot, method) - starts(trials, robot)


def trial_row(trials: Result, robot: str, method: str) -> dict[str, Any]:
    """A row of the lecture's table."""
    final = of_method(trials, robot, method)
    start = starts(trials, robot)
    return {
        "% improve": 100 * (final.mean() / start.mean() - 1),
        "failures": int(np.sum(final <= start)),
        "best generation": of_method(trials, robot, method, "best").mean(),
    }


def trial_table(trials: Result, robot: str) -> Table:
    """The lecture's table for one of our robots."""
    methods = trials.settings["methods"]
    return Table(
        {method: trial_row(trials, robot, method) for method in methods},
        caption=f"{robot.capitalize()}, {len(trials.seeds)} trials",
        digits={"% improve": 0, "failures": 0, "best generation": 1},
        corner="method",
    )


def protocol(trials: Result) -> Table:
    """How the trials were made."""
    settings = trials.settings
    methods = settings["methods"]
    rows = {
        "trials on each robot": f"{len(trials.seeds)}, each with a θ₀ of its own",
        "search": f"CMA-ES, {settings['generations']} generations of "
        f"{settings['population']} walks, the same draws for every method",
        "looks at the robot": f"{settings['looks']} walks after each generation; the "
        "best generation is kept",
        "test on the robot": f"{settings['final']} walks from other starts",
        "failure": "the test earns no more than θ₀",
        "noise envelope": "Gaussian noise on the actions in the simulator, std "
        f"{methods['noise envelope']['std']:g}",
        "parameters": "grounding by identified mass and damping, from "
        f"{settings['identification']} recorded walks",
        "GAT": f"α = {methods['GAT']['alpha']:g}, "
        f"{settings['grounding']['trajectories']} recorded walks",
        "GAT with memory": f"α = {methods['GAT with memory']['alpha']:g}, "
        f"{settings['grounding']['trajectories']} recorded walks, two earlier actions",
        "robot": "the search runs on the robot itself: the ceiling",
    }
    return Table({label: {"here": words} for label, words in rows.items()})


def gains(trials: Result) -> Picture:
    """A dot for every trial: what each method gained over θ₀ on each robot."""
    robots = list(trials.settings["real"])[::-1]  # as in the text: late and slack first
    methods = list(trials.settings["methods"])
    figure, panels = new_figure(2, 1, height=5.8, sharex=True)
    figure.subplots_adjust(bottom=0.17)
    words = []
    for axes, robot in zip(panels, robots, strict=True):
        medians = []
        for place, method in enumerate(methods):
            _dots(axes, place, gained(trials, robot, method), COLOURS[method])
            medians.append(f"{method} {np.median(gained(trials, robot, method)):.0f}")
        axes.axhline(0, color=GREY, lw=1)
        axes.set(title=robot, ylabel="gain in return over θ₀")
        words.append(f"{robot}: {', '.join(medians)}.")
    labels = [method.replace(" ", "\n") for method in methods]
    panels[-1].set_xticks(range(len(methods)), labels, rotation=30)
    return Picture(
        figure,
        alt="For each robot and method a dot a trial shows the gain in return over θ₀ "
        f"on the robot, and a bar shows the median. Medians: {' '.join(words)}",
        caption="Dots on or below the grey line are failures; bars are medians.",
    )


def _dots(axes: Axes, place: int, values: Array, colour: str) -> None:
    shift = np.linspace(-0.2, 0.2, len(values))
    axes.plot(place + shift, values, "o", ms=5, color=colour, alpha=0.7)
    middle = [np.median(values)] * 2
    axes.plot([place - 0.3, place + 0.3], middle, color=colour, lw=3)


def wins(trials: Result, robot: str, method: str, other: str) -> int:
    """Trials in which a method ends above another method."""
    ours, theirs = (of_method(trials, robot, name) for name in (method, other))
    return int(np.sum(ours > theirs))


# --- numbers in the text


def numbers_of_models(models: Result) -> dict[str, str]:
    """What the text says of `grounding_models`."""
    wrong, late = models.settings["real"]
    with_memory = np.median(measured(models, late, 2, "error"), axis=0)
    plain_gat = np.median(measured(models, wrong, 0, "error"), axis=0)
    truth = np.ravel(measured(models, wrong, 0, "real"))
    belief = measured(models, wrong, 0, "return")[:, -1]
    worst = int(np.argmin(truth))
    return {
        "n_most": str(models.settings["amounts"][-1]),
        "alpha_plain": f"{with_memory[0]:.2f}",
        "alpha_one": f"{with_memory[-1]:.2f}",
        "wrong_plain": f"{plain_gat[0]:.2f}",
        "wrong_one": f"{plain_gat[-1]:.2f}",
        "loop_worst": f"{truth[worst]:.0f}",
        "loop_worst_grounded": f"{belief[worst]:.0f}",
    }


def numbers_of_trials(trials: Result, tuning: Result) -> dict[str, str]:
    """What the text says of `grounding` and of its tuning."""
    wrong, late = trials.settings["real"]
    rivals = "no grounding", "noise envelope"
    late_wins = {
        wins(trials, late, method, other)
        for method in ("GAT", "GAT with memory")
        for other in rivals
    }
    astray = np.median(of_method(trials, late, "parameters", "robot")[:, -1])
    best = {
        robot: of_method(trials, robot, "GAT", "best").mean() for robot in (wrong, late)
    }
    return {
        "n_trials": str(len(trials.seeds)),
        "n_tuning": str(len(tuning.seeds)),
        "n_identified": str(trials.settings["identification"]),
        "n_recorded": str(trials.settings["grounding"]["trajectories"]),
        "late_wins": " or ".join(map(str, sorted(late_wins))),
        "astray": f"{astray:.0f}",
        "wins_none": str(wins(trials, wrong, "GAT", rivals[0])),
        "wins_noise": str(wins(trials, wrong, "GAT", rivals[1])),
        "wrong_best": f"{best[wrong]:.1f}",
        "late_best": f"{best[late]:.1f}",
    }
