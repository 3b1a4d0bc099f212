"""What a recording says about a simulator, drawn: parameters, errors, transfer.

Tables and figures of system identification. Start with `transfer`: it shows whether an
identified simulator trains better policies for the real robot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import mannwhitneyu

from lecture_code.dynamics.reality_gap import Identification, follows_commands
from lecture_code.experiments import Result
from lecture_code.figures.dynamics.reality_gap.late import with_new_trainings
from lecture_code.show import METHOD_COLOURS, Picture, Table, band, new_figure
from lecture_code.simulation import Trajectories

SIMULATION = METHOD_COLOURS["simulation"]
REALITY = METHOD_COLOURS["reality"]
IDENTIFIED = METHOD_COLOURS["system identification"]
ROBOTS = {"half_cheetah": "HalfCheetah", "hopper": "Hopper"}
TRAINED_IN = {
    "simulator": ("simulator", SIMULATION),
    "identified": ("identified", IDENTIFIED),
    "robot": ("real", REALITY),
}  # the page's name of each world of training -> the result's, and the colour
REALITIES = {
    "wrong parameters": "wrong parameters",
    "under-modelling": "delayed by 50 ms",
}  # the result's name of each real robot, and the page's


def _times_nominal(identified: Identification, knob: str) -> float:
    """An identified knob as a multiple of its nominal value."""
    return identified.values[knob] / identified.world.parameters[knob].nominal


def identified_table(
    identified: Mapping[str, Sequence[Identification]], caption: str = ""
) -> Table:
    """Identified torso mass and damping, and R² after identification.

    Args:
        identified: what each recording of a robot gave, by the name of the robot.
        caption: visible above the table.
    """
    return Table(
        {
            name: {
                "torso mass": [_times_nominal(run, "torso_mass") for run in runs],
                "damping": [_times_nominal(run, "damping") for run in runs],
                "R²": [run.after for run in runs],
            }
            for name, runs in identified.items()
        },
        caption=caption,
        units={"torso mass": "×", "damping": "×"},
        digits=2,
        corner="real robot",
    )


def sensor_table(identified: Mapping[float, Identification]) -> Table:
    """What identification makes of one recording that is blurred more and more.

    Args:
        identified: the result by the standard deviation of the sensor noise.
    """
    return Table(
        {
            f"{noise:g}": {
                "torso mass": _times_nominal(run, "torso_mass"),
                "damping": _times_nominal(run, "damping"),
                "R² after": run.after,
            }
            for noise, run in identified.items()
        },
        units={"torso mass": "×", "damping": "×"},
        digits=2,
        corner="sensor noise",
    )


def commands_table(
    identified: Mapping[str, Sequence[Identification]],
    recordings: Mapping[str, Sequence[Trajectories]],
) -> Table:
    """R² after identification, and how much of the rest follows the commands.

    Args:
        identified: what each recording gave, by the kind of the recording.
        recordings: the recordings, in the same order.
    """
    return Table(
        {
            name: {
                "follows the commands": [
                    100 * follows_commands(run.world, recording)
                    for run, recording in zip(runs, recordings[name], strict=True)
                ],
                "R² after": [run.after for run in runs],
            }
            for name, runs in identified.items()
        },
        caption="Share of the errors that follows the commands, and R² after "
        "identification: the median of five recordings, with the lowest and the "
        "highest.",
        units={"follows the commands": "%"},
        digits={"R² after": 2, "follows the commands": 0},
    )


def least_following(
    identified: Sequence[Identification], recordings: Sequence[Trajectories]
) -> float:
    """The smallest share of the errors that follows the commands, over the recordings
    of a robot. Arguments as in `commands_table`, of a single robot.
    """
    pairs = zip(identified, recordings, strict=True)
    return min(follows_commands(run.world, recording) for run, recording in pairs)


def pairs_ahead(result: Result, real: str, first: str, second: str) -> tuple[int, int]:
    """Among all pairs of an expert from one world and an expert from another, how many
    there are in which the first earns more on the robot, and how many pairs there are.

    Experts of one seed share nothing but the numbers that the search draws, which lead
    to other policies in another world. So every pair counts.

    Args:
        result: the committed result `identification`.
        real: the real robot, by the result's name.
        first, second: worlds of training: "simulator", "identified" or "real".
    """
    returns = result.curves[real]["return"]
    ahead = np.greater.outer(returns[first], returns[second])
    return int(ahead.sum()), ahead.size


def chance_of_ranks(result: Result, real: str, first: str, second: str) -> float:
    """Probability of ranks at least as uneven if both worlds train equally well: the
    two-sided rank test of Mann and Whitney. Arguments as in `pairs_ahead`.
    """
    returns = result.curves[real]["return"]
    return float(mannwhitneyu(returns[first], returns[second], method="exact").pvalue)


def transfer(result: Result, *late: Result) -> Picture:
    """Returns by the world of training, a dot an expert: one panel for each robot.

    Filled dots are returns on the robot. Where they are known, hollow dots are returns
    in the world of training, and a line leads to the same expert's filled dot.

    Arguments as in `with_new_trainings`.
    """
    result = with_new_trainings(result, *late)
    figure, panels = new_figure(2, 1, height=5.2, sharex=True)
    words = []
    for axes, (real, title) in zip(panels, REALITIES.items(), strict=True):
        medians = _draw_experts(axes, result.curves[real])
        axes.set(title=f"{title}, trained in", ylim=(2.5, -0.5))
        axes.set_yticks(range(3), TRAINED_IN)
        shown = ", ".join(f"{name} {value:.0f}" for name, value in medians.items())
        words.append(f"{title}, medians: {shown}.")
    panels[-1].set_xlabel("return")
    return Picture(
        figure,
        alt="Two panels of dots, return on the robot by the world of training. "
        f"{' '.join(words)}",
        caption="A dot for each expert: return on the robot. Vertical lines: medians. "
        "A line leads to a hollow dot: the same expert in the world of its training.",
    )


def _draw_experts(axes: Axes, curves: Mapping[str, Any]) -> dict[str, float]:
    """Dots of one robot in a panel; returns the medians that the alt text names."""
    medians = {}
    for i, (name, (source, colour)) in enumerate(TRAINED_IN.items()):
        returns = np.array(curves["return"][source])
        y = i + np.linspace(-0.24, 0.24, len(returns))
        if source in curves.get("own", {}):
            own = np.array(curves["own"][source])
            last = slice(-len(own), None)
            axes.hlines(y[last], returns[last], own, color=colour, alpha=0.3)
            axes.plot(own, y[last], "o", color=colour, markerfacecolor="none")
            medians[f"{name} in its own world"] = float(np.median(own))
        axes.plot(returns, y, "o", color=colour, alpha=0.75, markersize=6)
        medians[name] = float(np.median(returns))
        axes.plot([medians[name]] * 2, [i - 0.34, i + 0.34], color=colour)
    return medians


def transfer_table(result: Result, *late: Result) -> Table:
    """Return by the world of training: medians and ranges.

    Arguments as in `with_new_trainings`.
    """
    result = with_new_trainings(result, *late)
    names = {
        "simulator": "in the simulator",
        "identified": "in the identified simulator",
        "real": "on the robot itself",
    }
    columns = {title: result.curves[x]["return"] for x, title in REALITIES.items()}
    counts = {
        len(values) for returns in columns.values() for values in returns.values()
    }
    numbers = " to ".join(map(str, sorted({min(counts), max(counts)})))
    columns |= {
        f"{title}, own world": result.curves[real]["own"]
        for real, title in REALITIES.items()
        if "own" in result.curves[real]
    }
    return Table(
        {
            f"trained {name}": {
                title: list(returns[source])
                for title, returns in columns.items()
                if source in returns
            }
            for source, name in names.items()
        },
        caption=f"Return on the robot: median of {numbers} experts, with the lowest "
        "and the highest. *Own world*: return in the world of training.",
        best=dict.fromkeys(REALITIES.values(), "high"),
        digits=0,
    )


def training(results: Mapping[str, Result]) -> Picture:
    """Learning curves of the experts: one panel a robot.

    Args:
        results: the committed results `half_cheetah` and `hopper`, by robot.
    """
    figure, panels = new_figure(1, 2, height=3.0)
    words = []
    for axes, (robot, result) in zip(panels, results.items(), strict=True):
        pairs = list(zip(result.curves["steps"], result.curves["returns"], strict=True))
        steps = np.linspace(0, min(steps[-1] for steps, _ in pairs), 120)
        curves = np.array([np.interp(steps, *pair) for pair in pairs])
        band(axes, steps / 1e6, curves, ROBOTS[robot])
        axes.set(title=ROBOTS[robot], xlabel="control steps [million]")
        low, middle, high = np.quantile(curves[:, -1], [0, 0.5, 1])
        words.append(f"{ROBOTS[robot]} ends at {middle:.0f} ({low:.0f} to {high:.0f}).")
    panels[0].set_ylabel("return")
    return Picture(
        figure,
        alt="Return against control steps for five trainings of each robot. "
        f"{' '.join(words)}",
        caption="Lines are the median of five seeds, bands reach from the worst to "
        "the best.",
    )
