"""What three answers cannot say and 15 scores can: a corner, and two goals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.figures.observations.cad2rl.fans import in_degrees
from lecture_code.figures.observations.cad2rl.flown import COLOURS
from lecture_code.figures.observations.cad2rl.from_above import (
    draw_map,
    draw_path,
    draw_robot,
    placed,
)
from lecture_code.observations.cad2rl import greedy
from lecture_code.observations.collision_net import CollisionNet, as_batch, scores
from lecture_code.observations.corridor_flight import AIMS, Flights, fly_step
from lecture_code.observations.flight_rules import (
    LEFT,
    RIGHT,
    STRAIGHT,
    steering_logits,
)
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.show.figures import BLUE, GREEN
from lecture_code.vision import GridMap, held_out_maps

Array = NDArray[np.float64]

CORNER_MAP = 11  # of the held-out maps: an L
CORNER_POSE = np.array([1.3, 12.6, 1.5])  # before a corner to the right
CORNER_WINDOW = (0.0, 4.4, 11.2, 15.6)  # x from and to, y from and to [m]
JUNCTION_MAP = 7  # of the held-out maps: a T, turned by 180° so that the way leads up
JUNCTION_POSE = np.array([9.75, 9.0, np.pi / 2])
GOALS = {"left": np.array([3.0, 14.7]), "right": np.array([15.0, 14.7])}  # [m]
GOAL_COLOURS = {"left": GREEN, "right": BLUE}
BETAS = (0.0, 0.05, 0.1, 0.2, 0.5, 2.0)
"""Weights of the goal for a slider."""
REACHED = 0.8  # a robot nearer to its goal is there [m]
MOST = 25  # steps to a goal
INNER = 0.6  # where arrows and bars begin; a bar of Q = 1 is 1 m long [m]
ARROW = 1.4  # length of an arrow from the robot [m]
SEED = 0  # of the "real" look


def corner(networks: Mapping[str, CollisionNet]) -> Picture:
    """Before a corner: the three answers of left-right-straight, and Q of all aims.

    Args:
        networks: with "left-right-straight" and "CAD2RL".
    """
    grid = held_out_maps()[CORNER_MAP]
    robot = placed(grid, CORNER_POSE, "real", SEED)
    images = robot.images(np.random.default_rng(SEED))
    steering = steering_logits(networks["left-right-straight"](as_batch(images)))
    answers = steering.softmax(dim=1).detach().numpy()[0]
    values = scores(networks["CAD2RL"], robot, np.random.default_rng(SEED))[0]
    figure, (left, right) = new_figure(1, 2, height=2.9)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.89, bottom=0.01, wspace=0.04)
    _draw_arrows(left, robot, answers)
    _draw_bars(right, robot, values)
    left.set_title("left-right-straight")
    right.set_title("CAD²RL")
    answer = ("left", "straight on", "right")[int(answers.argmax())]
    shares = ", ".join(f"{share:.2f}" for share in answers)
    best = int(values.argmax())
    return Picture(
        figure,
        alt="A robot before a corner to the right. Left-right-straight gives left, "
        f"straight on and right the chances {shares}, and flies {answer}. CAD²RL has "
        f"15 aims; its largest Q is {values[best]:.2f}, at {in_degrees(best)}.",
        caption="The same picture in a “real” look. Left: the only three directions of "
        "the classifier, as long as their chances. Right: Q of each aim. The aim that "
        "is flown is coloured.",
    )


def _draw_corner(axes: Axes, robot: Flights, colour: str) -> tuple[Array, float]:
    """Map and robot; place [m] and heading [rad] of the robot."""
    draw_map(axes, robot.stack.walls[robot.maps[0]], robot.stack.cell)
    draw_robot(axes, robot.poses[0], colour, size=13)
    axes.set(xlim=CORNER_WINDOW[:2], ylim=CORNER_WINDOW[2:])
    return robot.poses[0, :2], float(robot.poses[0, 2])


def _draw_arrows(axes: Axes, robot: Flights, answers: Array) -> None:
    """The three directions of the classifier, with their chances at the tips."""
    colour = COLOURS["left-right-straight"]
    place, heading = _draw_corner(axes, robot, colour)
    for answer, aim in enumerate((LEFT, STRAIGHT, RIGHT)):
        way = heading_of(heading + AIMS[aim])
        chosen = answer == answers.argmax()
        axes.annotate(
            "",
            tuple(place + ARROW * way),
            tuple(place + INNER * way),
            arrowprops={
                "color": colour if chosen else GREY,
                "arrowstyle": "-|>",
                "lw": 3 if chosen else 1.8,
                "mutation_scale": 14,
            },
        )
        x, y = place + (ARROW + 0.28) * way
        axes.text(x, y, f"{answers[answer]:.2f}", ha="center", va="center")


def _draw_bars(axes: Axes, robot: Flights, values: Array) -> None:
    """A bar along the direction of each aim, as long as its Q."""
    colour = COLOURS["CAD2RL"]
    place, heading = _draw_corner(axes, robot, colour)
    for aim in np.argsort(values, kind="stable"):
        way = heading_of(heading + AIMS[aim])
        ends = np.array([place + INNER * way, place + (INNER + values[aim]) * way])
        chosen = aim == values.argmax()
        axes.plot(
            *ends.T,
            color=colour if chosen else GREY,
            lw=4.5 if chosen else 3,
            solid_capstyle="butt",
        )


def heading_of(angle: float) -> Array:
    """The direction of an angle [rad], (2,)."""
    return np.array([np.cos(angle), np.sin(angle)])


def junction() -> GridMap:
    """A held-out map with a way that ends at a corridor to both sides."""
    grid = held_out_maps()[JUNCTION_MAP]
    return GridMap(grid.walls[::-1, ::-1], grid.cell, grid.name)


def to_goal(network: CollisionNet, beta: float, goal: Array) -> tuple[Array, str]:
    """A flight to a goal: its poses (T, 3), and how it ends.

    Args:
        network: Q.
        beta: weight of the direction to the goal.
        goal: x and y [m].

    Returns:
        The poses, and "arrives", "crashes" or "is on its way".
    """
    robot = placed(junction(), JUNCTION_POSE, "real", SEED)
    rng = np.random.default_rng(SEED)
    policy = greedy(network, beta, goal[None])
    poses = [robot.poses[0]]
    for _ in range(MOST):
        robot = fly_step(robot, policy(robot, rng))
        poses.append(robot.poses[0])
        if robot.crashed[0]:
            return np.array(poses), "crashes"
        if np.hypot(*(robot.poses[0, :2] - goal)) < REACHED:
            return np.array(poses), "arrives"
    return np.array(poses), "is on its way"


def goals(networks: Mapping[str, CollisionNet], beta: float = 0.2) -> Picture:
    """From one place with two ways: a flight with a goal on the left, and one with a
    goal on the right.

    Args:
        networks: with "CAD2RL".
        beta: weight of the direction to the goal, of `BETAS`.
    """
    grid = junction()
    figure, axes = new_figure(height=3.0)
    axes.set_position([0.01, 0.01, 0.98, 0.98])
    draw_map(axes, grid.walls, grid.cell)
    words = []
    for side, goal in GOALS.items():
        poses, end = to_goal(networks["CAD2RL"], beta, goal)
        colour = GOAL_COLOURS[side]
        draw_path(axes, poses, colour, crashed=end == "crashes")
        axes.plot(*goal, "*", color=colour, ms=14, mec="none")
        words.append(f"goal on the {side}: it {end} after {len(poses) - 1} steps")
    draw_robot(axes, JUNCTION_POSE, GREY, size=13)
    axes.set(xlim=(0, 16), ylim=(7.4, 16))
    return Picture(
        figure,
        alt=f"Two flights of CAD²RL from one place, β = {beta:g}. {'; '.join(words)}.",
        caption="CAD²RL in a “real” look. The same network flies from the same place "
        f"with a goal on the left, and with a goal on the right (stars); β = {beta:g}.",
    )
