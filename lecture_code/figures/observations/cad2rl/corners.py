"""What three answers cannot say and 15 scores can: a corner, and two goals.

Both pictures show many flights from one pose, each in another "real" look, so none is
chosen by its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.figures.observations.cad2rl.flown import COLOURS
from lecture_code.figures.observations.cad2rl.from_above import (
    CRASH,
    draw_map,
    draw_robot,
    in_degrees,
    placed,
)
from lecture_code.observations.cad2rl import greedy
from lecture_code.observations.collision_net import CollisionNet, scores
from lecture_code.observations.corridor_flight import (
    AIMS,
    N_AIMS,
    STEP,
    Flights,
    Policy,
    fly,
    fly_step,
    free_ahead,
)
from lecture_code.observations.flight_rules import LEFT, RIGHT, STRAIGHT, steer
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.show.figures import BLUE, GREEN
from lecture_code.vision import GridMap, held_out_maps

Array = NDArray[np.float64]

LOOKS = 100  # "real" looks before the corner
CORNER_MAP = 11  # of the held-out maps: an L
CORNER_POSE = np.array([1.3, 12.4, 1.5])  # before a corner to the right
CORNER_WINDOW = (0.0, 3.8, 11.6, 15.4)  # x from and to, y from and to [m]
CORNER_STEPS = 5  # as many as H
INNER = 0.3  # where arrows and bars begin [m]
GAP = 0.16  # between the tip of an arrow and its words [m]
SIDEWAYS = 0.5  # beyond this part of a direction, words stand beside its arrow
ANSWERS = {LEFT: "left", STRAIGHT: "straight", RIGHT: "right"}
BAR = 1.5  # length of a bar for Q = 1 [m]
JUNCTION_MAP = 7  # of the held-out maps: a T, turned by 180° so that the way leads up
JUNCTION_POSE = np.array([9.75, 9.0, np.pi / 2])
GOALS = {"left": np.array([3.0, 14.7]), "right": np.array([15.0, 14.7])}  # [m]
GOAL_COLOURS = {"left": GREEN, "right": BLUE}
BETAS = (0.0, 0.05, 0.1, 0.2, 0.5, 2.0)
"""Weights of the goal for a slider."""
FLIGHTS = 24  # to each goal
REACHED = 0.8  # a robot nearer to its goal is there [m]
MOST = 25  # steps to a goal
SEED = 0  # of looks and noise


def corner(networks: Mapping[str, CollisionNet]) -> Picture:
    """Before a corner: the three answers of left-right-straight, and Q of all aims.

    Args:
        networks: with "left-right-straight" and "CAD2RL".
    """
    robots = before_the_corner()
    steering = steer(networks["left-right-straight"])
    answers = steering(robots, np.random.default_rng(SEED))
    values = scores(networks["CAD2RL"], robots, np.random.default_rng(SEED))
    figure, panels = new_figure(1, 2, height=3.15)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.83, bottom=0.01, wspace=0.04)
    three = (LEFT, STRAIGHT, RIGHT)
    counts = [int((answers == aim).sum()) for aim in three]
    _draw_arrows(panels[0], robots, counts)
    _draw_bars(panels[1], robots, values.astype(float))
    around = corner_numbers(networks)
    survived = (around["around_classifier"], around["around"])
    names = ("left-right-straight", "CAD²RL")
    for axes, name, number in zip(panels, names, survived, strict=True):
        axes.set_title(f"{name}\n{number} of {LOOKS} get around")
    free = free_ahead(robots[:1], STEP)[0]
    hits = ", ".join(in_degrees(aim) for aim in three if not free[aim]) or "none"
    best = int(values.mean(axis=0).argmax())
    return Picture(
        figure,
        alt=f"A robot before a corner to the right, in {LOOKS} “real” looks. "
        "Left-right-straight answers left, straight on and right "
        f"{counts[0]}, {counts[1]} and {counts[2]} times; {survived[0]} flights get "
        f"around. Directions that hit a wall at once: {hits}. CAD²RL has 15 aims; its "
        f"largest mean Q is {values[:, best].mean():.2f}, at {in_degrees(best)}; "
        f"{survived[1]} flights get around.",
        caption=f"One pose in {LOOKS} “real” looks. Left: how often the classifier "
        "gives each of its three answers; a cross is a crash within the first step. "
        "Right: the mean Q of each aim is the length of its bar. *Get around*: no "
        f"crash in {CORNER_STEPS} steps.",
    )


def before_the_corner() -> Flights:
    """Robots at one pose, each in another "real" look."""
    grid = held_out_maps()[CORNER_MAP]
    return placed(grid, CORNER_POSE, "real", SEED, LOOKS)


def corner_numbers(networks: Mapping[str, CollisionNet]) -> dict[str, int]:
    """Name in the text -> number of flights that get around the corner: 'around' of
    (CAD)²RL, and 'around_classifier' of left-right-straight.

    Args:
        networks: with "left-right-straight" and "CAD2RL".
    """
    robots = before_the_corner()
    classifier = steer(networks["left-right-straight"])
    return {
        "around": get_around(greedy(networks["CAD2RL"]), robots),
        "around_classifier": get_around(classifier, robots),
    }


def get_around(policy: Policy, robots: Flights) -> int:
    """Number of robots that do not crash before the next `CORNER_STEPS` steps."""
    *_, last = fly(policy, robots, CORNER_STEPS, np.random.default_rng(SEED))
    return int((~last.crashed).sum())


def _draw_corner(axes: Axes, robots: Flights, colour: str) -> tuple[Array, float]:
    """Map and robot; place [m] and heading [rad] of the robot."""
    draw_map(axes, robots.stack.walls[robots.maps[0]], robots.stack.cell)
    draw_robot(axes, robots.poses[0], colour, size=13)
    axes.set(xlim=CORNER_WINDOW[:2], ylim=CORNER_WINDOW[2:])
    return robots.poses[0, :2], float(robots.poses[0, 2])


def _draw_arrows(axes: Axes, robots: Flights, counts: list[int]) -> None:
    """The three directions of the classifier, and how often each is its answer."""
    colour = COLOURS["left-right-straight"]
    place, heading = _draw_corner(axes, robots, colour)
    free = free_ahead(robots[:1], STEP)[0]
    for aim, count in zip((LEFT, STRAIGHT, RIGHT), counts, strict=True):
        way = direction(heading + AIMS[aim])
        shown = colour if count == max(counts) else GREY
        arrow = {"color": shown, "arrowstyle": "-|>", "lw": 2.4, "mutation_scale": 14}
        tip, start = tuple(place + STEP * way), tuple(place + INNER * way)
        axes.annotate("", tip, start, arrowprops=arrow)
        if not free[aim]:
            axes.plot(*tip, "x", color=CRASH, ms=10, mew=2.6)
        share = round(100 * count / len(robots))
        x, y = place + (STEP + GAP) * way
        axes.text(x, y, f"{ANSWERS[aim]}\n{share} %", **_beside(way))


def _beside(way: Array) -> dict[str, Any]:
    """How words stand so that they begin at the tip of an arrow in this direction."""
    if abs(way[0]) < SIDEWAYS:
        return {"ha": "center", "va": "bottom" if way[1] > 0 else "top"}
    return {"ha": "left" if way[0] > 0 else "right", "va": "center"}


def _draw_bars(axes: Axes, robots: Flights, values: Array) -> None:
    """A bar along the direction of each aim, as long as its mean Q."""
    colour = COLOURS["CAD2RL"]
    place, heading = _draw_corner(axes, robots, colour)
    means = values.mean(axis=0)
    for aim in range(N_AIMS):
        way = direction(heading + AIMS[aim])
        ends = np.array([place + INNER * way, place + (INNER + BAR * means[aim]) * way])
        chosen = aim == means.argmax()
        shown = colour if chosen else GREY
        axes.plot(*ends.T, color=shown, lw=5, solid_capstyle="butt")


def direction(angle: float) -> Array:
    """The direction of an angle [rad], (2,)."""
    return np.array([np.cos(angle), np.sin(angle)])


def junction() -> GridMap:
    """A held-out map with a way that ends at a corridor to both sides."""
    grid = held_out_maps()[JUNCTION_MAP]
    return GridMap(grid.walls[::-1, ::-1], grid.cell, grid.name)


def to_goal(
    network: CollisionNet, beta: float, goal: Array
) -> tuple[list[Array], NDArray[np.bool_], NDArray[np.bool_]]:
    """Flights to a goal, each in another "real" look.

    Args:
        network: Q.
        beta: weight of the direction to the goal.
        goal: x and y [m].

    Returns:
        The ways, `FLIGHTS` times (T, 3); who arrives, and who crashes, (FLIGHTS,).
    """
    robots = placed(junction(), JUNCTION_POSE, "real", SEED, FLIGHTS)
    rng = np.random.default_rng(SEED)
    arrived = np.zeros(FLIGHTS, dtype=bool)
    crashed = np.zeros(FLIGHTS, dtype=bool)
    rows = np.arange(FLIGHTS)  # robots on their way
    ways = [[pose] for pose in robots.poses]
    for _ in range(MOST):
        policy = greedy(network, beta, np.tile(goal, (len(rows), 1)))
        robots = fly_step(robots, policy(robots, rng))
        for row, pose in zip(rows, robots.poses, strict=True):
            ways[row].append(pose)
        near = np.hypot(*(robots.poses[:, :2] - goal).T) < REACHED
        crashed[rows] = robots.crashed
        arrived[rows] = near & ~robots.crashed
        flying = np.flatnonzero(~robots.crashed & ~near)
        if not len(flying):
            break
        rows = rows[flying]
        robots = robots[flying]
    return [np.array(way) for way in ways], arrived, crashed


def goals(networks: Mapping[str, CollisionNet], beta: float = 0.1) -> Picture:
    """From one place with two ways: flights with a goal on the left, and flights with a
    goal on the right.

    Args:
        networks: with "CAD2RL".
        beta: weight of the direction to the goal, of `BETAS`.
    """
    grid = junction()
    figure, axes = new_figure(height=3.6)
    axes.set_position([0.01, 0.01, 0.98, 0.82])
    draw_map(axes, grid.walls, grid.cell)
    words = []
    ends = []
    for side, goal in GOALS.items():
        colour = GOAL_COLOURS[side]
        ways, arrived, crashed = to_goal(networks["CAD2RL"], beta, goal)
        for way, crash in zip(ways, crashed, strict=True):
            axes.plot(*way[:, :2].T, color=colour, lw=1, alpha=0.6)
            if crash:
                axes.plot(*way[-1, :2], "x", color=CRASH, ms=6, mew=1.6)
        axes.plot(*goal, "*", color=colour, ms=16, mec="none")
        others = FLIGHTS - arrived.sum() - crashed.sum()
        ended = f"{arrived.sum()} arrive, {crashed.sum()} crash, {others} neither"
        ends.append(f"{side} goal: {ended}")
        words.append(f"of {FLIGHTS} flights to the goal on the {side}, {ended}")
    draw_robot(axes, JUNCTION_POSE, GREY, size=13)
    axes.set(xlim=(0, 16), ylim=(7.4, 16))
    axes.set_title(f"β = {beta:g}\n{ends[0]}\n{ends[1]}")
    return Picture(
        figure,
        alt=f"Flights of CAD²RL from one place with two ways, β = {beta:g}. "
        f"{'; '.join(words)}.",
        caption="CAD²RL from one place, each line in another “real” look. Green: with "
        "the goal (star) on the left. Blue: with the goal on the right. Crosses are "
        f"crashes. *Neither*: no arrival and no crash within {MOST} steps.",
    )
