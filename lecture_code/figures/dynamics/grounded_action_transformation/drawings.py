"""What the chapter *Grounded action transformation* draws of its live run, of the
linear plant and of the cliff walk.

Each function takes values and returns something that a page can show, with its alt
text. The figures of the committed results stand in `results`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.dynamics.cliff_walk import (
    CliffWalk,
    deterministic,
    path,
    plan,
    stochastic,
    value,
)
from lecture_code.dynamics.linear_grounding import closed_form, grounded, irreducible
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Beside,
    Picture,
    Replay,
    Table,
    film,
    new_figure,
)
from lecture_code.simulation import Trajectories, World
from lecture_code.simulation.linear_plant import LinearPlant

Array = NDArray[np.float64]
Plan = NDArray[np.int64]
"""The move in every cell of a grid, (cells,)."""

COLOURS = {
    "no grounding": METHOD_COLOURS["simulation"],
    "noise envelope": METHOD_COLOURS["domain randomisation"],
    "parameters": METHOD_COLOURS["grounding by parameters"],
    "GAT": METHOD_COLOURS["grounded action transformation"],
    "GAT with memory": METHOD_COLOURS["GAT with memory"],
    "robot, 24 walks": METHOD_COLOURS["reality"],
    "robot, 48 walks": METHOD_COLOURS["reality"],
    "robot": METHOD_COLOURS["reality"],
}
"""Where a walk is learned -> its colour on the page."""
KINDS = {"GAT": COLOURS["GAT"], "stochastic GAT": COLOURS["robot"]}
"""The two forms of GAT on the cliff walk -> colour."""


def two_worlds(simulator: World, there: Trajectories, robot: Trajectories) -> Beside:
    """One walk in the simulator and on the robot, each in a view of its own. A metre
    has the same length in both views.
    """
    shown = {"in the simulator": there, "on the robot": robot}
    colours = COLOURS["no grounding"], COLOURS["robot"]
    both = [
        film(name, simulator, walk, colour=colour)
        for (name, walk), colour in zip(shown.items(), colours, strict=True)
    ]
    views = [
        Replay([one], f"The walk {one.name}", dt=simulator.dt, beside=both)
        for one in both
    ]
    return Beside(*views)


def three_worlds(simulator: World, walks: Mapping[str, Trajectories]) -> Replay:
    """One sequence of actions in several worlds, drawn over each other; the camera
    follows the first.
    """
    colours = {
        "simulator": COLOURS["no grounding"],
        "grounded simulator": COLOURS["GAT"],
        "robot": COLOURS["robot"],
    }
    robots = [
        film(name, simulator, walk, colour=colours[name])
        for name, walk in walks.items()
    ]
    return Replay(robots, "The same actions in three worlds", dt=simulator.dt)


def search_and_robot(
    promised: Sequence[float], delivered: Sequence[float], learned_in: str
) -> Picture:
    """Return of each generation's walk where it is learned and on the robot.

    Args:
        promised, delivered: return of θ₀ and of each generation's mean, in the world of
            the search and on the robot.
        learned_in: "no grounding" for the plain simulator, or "GAT".
    """
    world = "simulator" if learned_in == "no grounding" else "grounded simulator"
    figure, axes = new_figure()
    axes.plot(promised, color=COLOURS[learned_in], label=f"in the {world}")
    axes.plot(delivered, color=COLOURS["robot"], label="on the robot")
    axes.set(xlabel="generation of CMA-ES", ylabel="return")
    axes.set_ylim(min(0, *delivered, *promised), 1.3 * max(*promised, *delivered))
    axes.legend(loc="upper left", ncols=2)
    return Picture(
        figure,
        alt=f"Return against generation. In the {world} the walk goes from "
        f"{promised[0]:.0f} to {promised[-1]:.0f}. On the robot the same walks go from "
        f"{delivered[0]:.0f} to {delivered[-1]:.0f}.",
        caption="One run. Generation 0 is θ₀.",
    )


def chain() -> Picture:
    """The action's way from the policy through both models into the simulator."""
    figure, axes = new_figure(height=1.9)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.98)
    axes.axis("off")
    axes.set(xlim=(-0.2, 7.6), ylim=(-0.35, 1.85))
    boxes = (
        ("policy", 0.5, GREY),
        ("model $f$\nof the robot", 2.4, COLOURS["robot"]),
        ("inverse $f_{sim}^{-1}$\nof the simulator", 4.65, COLOURS["no grounding"]),
        ("simulator", 6.85, COLOURS["no grounding"]),
    )
    for text, x, colour in boxes:
        frame = {"boxstyle": "round,pad=0.3", "fc": "none", "ec": colour}
        axes.text(x, 1.0, text, ha="center", va="center", bbox=frame)
    arrow = {"arrowstyle": "-|>", "color": GREY}
    for start, end, label in ((0.95, 1.6, "$a$"), (3.2, 3.6, "ŝ′"), (5.75, 6.2, "â")):
        axes.annotate("", (end, 1.0), (start, 1.0), arrowprops=arrow)
        axes.text((start + end) / 2, 1.12, label, ha="center")
    corner = {**arrow, "connectionstyle": "angle,angleA=180,angleB=-90,rad=6"}
    axes.annotate("", (0.5, 0.75), (6.85, -0.05), arrowprops=corner)
    axes.plot([6.85, 6.85], [0.75, -0.05], color=GREY, linewidth=1)
    axes.text(3.65, 0.05, "next state", ha="center")
    for x in (2.4, 4.65):  # f and its partner both see the state
        axes.annotate("", (x, 0.68), (x, -0.05), arrowprops=arrow)
        axes.text(x + 0.1, 0.28, "$s$")
    axes.plot([1.6, 1.6, 5.75, 5.75], [1.42, 1.5, 1.5, 1.42], color=COLOURS["GAT"])
    axes.text(3.65, 1.58, "$g$", ha="center", color=COLOURS["GAT"])
    return Picture(
        figure,
        alt="A chain of boxes. The policy gives an action a. A model f of the robot "
        "predicts the next state. An inverse model of the simulator finds the action "
        "that leads there. Both models see the state s, too. The simulator executes "
        "this action, and its next state goes back to the policy. A bracket "
        "over the two models is named g.",
    )


def live_table(
    error: Sequence[float], promised: Sequence[float], delivered: Sequence[float]
) -> Table:
    """The live run in numbers, for the plain and the grounded simulator.

    Args:
        error: one-step error on fresh recordings of the robot.
        promised, delivered: return of the last walk that was learned there, in that
            simulator and on the robot.
    """
    columns = {
        "one-step error": error,
        "promised": promised,
        "on the robot": delivered,
    }
    names = "simulator", "grounded simulator"
    rows = {
        name: {column: values[i] for column, values in columns.items()}
        for i, name in enumerate(names)
    }
    return Table(
        rows,
        best={"one-step error": "low", "on the robot": "high"},
        digits={"one-step error": 2} | dict.fromkeys(list(columns)[1:], 0),
        caption="Return of the last walk: promised and on the robot",
    )


def projection(
    plant: LinearPlant, robot: LinearPlant, x: Array, u: Array, alpha: float
) -> Picture:
    """The next states of simulator, grounded simulator and robot, for two states and
    one motor.

    Args:
        plant, robot: the two linear plants.
        x, u: state (2,) and action (1,).
        alpha: α of the transformation.
    """
    x, u = x[None], u[None]
    goal = robot.step(x, u)[0]
    near = grounded(plant, robot, alpha).step(x, u)[0]
    reach = plant.step(x, 0 * u)[0] + np.outer([-2, 2], plant.B[:, 0])
    figure, axes = new_figure()
    axes.plot(*reach.T, color=GREY, label="all that its motor can do")
    axes.plot(*np.array([near, goal]).T, ":", color=GREY)
    points = {
        "simulator": (plant.step(x, u)[0], COLOURS["no grounding"]),
        "grounded": (near, COLOURS["GAT"]),
        "robot": (goal, COLOURS["robot"]),
    }
    for name, (point, colour) in points.items():
        axes.plot(*point, "o", color=colour, ms=10, label=name)
    axes.set(xlabel="next position", ylabel="next velocity", aspect="equal")
    axes.set(xlim=(0.1, 2.4), ylim=(-0.25, 1.05))
    axes.legend(loc="upper left")
    return Picture(
        figure,
        alt=f"α = {alpha:g}. A line shows the states that the simulator can reach. The "
        "simulator's own next state lies on the line, and the robot's lies beside it. "
        "The grounded simulator's next state is on the line, and "
        f"{np.linalg.norm(goal - near):.2f} away from the robot's.",
    )


def what_is_left(plant: LinearPlant, robot: LinearPlant, x: Array, u: Array) -> Table:
    """The grounding action for state x (2,) and action u (1,), and what no action can
    close, e = E_x x + E_u u.
    """
    (G_x, G_u), (E_x, E_u) = closed_form(plant, robot), irreducible(plant, robot)
    left = E_x @ x + E_u @ u
    numbers = {
        "action g(x, u)": (G_x @ x + G_u @ u)[0],
        "what is left of the position": left[0],
        "what is left of the velocity": left[1],
        "part of e along B": abs(plant.B[:, 0] @ left),
    }
    return Table({name: {"value": float(x)} for name, x in numbers.items()}, digits=2)


def cliff_plans(grid: CliffWalk, slip: float) -> dict[str, tuple[Plan, float]]:
    """For each form of GAT, the plan of its grounded grid and what it earns on the
    robot that slips with this probability.
    """
    robot = grid.robot(slip)
    simulator = grid.simulator()
    worlds = deterministic(robot, simulator), stochastic(robot, simulator)
    plans = {name: plan(grid, P) for name, P in zip(KINDS, worlds, strict=True)}
    return {
        name: (policy, float(value(grid, robot, policy)[grid.start]))
        for name, policy in plans.items()
    }


def cliff(grid: CliffWalk, slip: float) -> Picture:
    """The way of each form of GAT along the cliff, and its return on the robot."""
    figure, panels = new_figure(1, 2, height=1.9)
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.02, top=0.86)
    words = []
    for axes, (name, (policy, earned)) in zip(
        panels, cliff_plans(grid, slip).items(), strict=True
    ):
        _way(axes, grid, policy, KINDS[name])
        axes.set_title(f"{name}: {earned:.1f}")
        words.append(f"{name} earns {earned:.1f}")
    return Picture(figure, alt=f"Slip {slip:g}: " + ", ".join(words) + ".")


def _way(axes: Axes, grid: CliffWalk, policy: Plan, colour: str) -> None:
    """The cells that a policy visits when nothing slips."""
    cells = np.array([divmod(cell, grid.columns) for cell in path(grid, policy)])
    rows, columns = grid.rows, grid.columns
    axes.fill_between(
        [0.5, columns - 1.5], rows - 1.5, rows - 0.5, color=GREY, alpha=0.4
    )
    axes.text((columns - 1) / 2, rows - 1, "cliff", ha="center", va="center")
    axes.plot(cells[:, 1], cells[:, 0], "o-", ms=4, color=colour)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), xticks=[], yticks=[])


def cliff_table(grid: CliffWalk, slips: Sequence[float]) -> Table:
    """Steps of the way and return on the robot, for several slips."""
    rows = {
        f"{slip:g}, {name}": {
            "steps": len(path(grid, policy)) - 1,
            "return on the robot": earned,
        }
        for slip in slips
        for name, (policy, earned) in cliff_plans(grid, slip).items()
    }
    digits = {"steps": 0, "return on the robot": 1}
    return Table(rows, digits=digits, corner="slip, method")


def slip_that_turns(grid: CliffWalk) -> tuple[float, float]:
    """The last slip at which stochastic GAT still goes along the edge, and the first at
    which it goes round, on a grid of 0.05 %.
    """
    slips = np.arange(0, 0.02, 0.0005)
    goes_round = [
        len({len(path(grid, policy)) for policy, _ in cliff_plans(grid, p).values()})
        > 1
        for p in slips
    ]
    first = int(np.argmax(goes_round))
    return float(slips[first - 1]), float(slips[first])
