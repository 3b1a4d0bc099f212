"""Pushing to a goal picture: recorded pokes, and the errors after each."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.probes import pose_errors
from lecture_code.experiments.observations.pretraining.pushing import load_poke_network
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.pretraining.boards import (
    LEAST_WORDS,
    draw_board,
    draw_outline,
    draw_poke,
)
from lecture_code.figures.observations.pretraining.guesses import typical_rows
from lecture_code.figures.observations.pretraining.runs import (
    LINES,
    PUSHER_COLOURS,
    PUSHER_MARKS,
    SCALES,
    push_errors,
)
from lecture_code.observations.inverse_models import best_pokes
from lecture_code.observations.pusher_goals import (
    PokeChoice,
    blob_choice,
    drawn_goals,
    pushed_to_goals,
)
from lecture_code.observations.pusher_scenes import board_pictures, picture_inputs
from lecture_code.observations.pushing import (
    Objects,
    Pokes,
    first_touches,
    pose_distances,
)
from lecture_code.show import GREY, Picture, new_figure

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
TASKS = 60  # of which three typical ones are shown
SHOWN_TASKS = 3
ROUNDS, TASK_SEED, PICTURE_SEED = 15, 910, 912
ANY_GOAL = "anywhere"  # a goal of any angle
GUESSED = 90.0  # error of a guess of the angle [degree]
SHOWN_PUSHERS = ("inverse + forward", "blob")
SIGNS = {"place": "cm", "angle": "°"}
LABEL_GAP = 0.12  # between names of lines, of the height of a panel


def learnt_choice(arm: str) -> PokeChoice:
    """Pokes of the kept inverse model of this arm."""
    network, heads = load_poke_network(arm)
    return lambda objects, pictures, goals: best_pokes(
        network, heads, picture_inputs(pictures), picture_inputs(goals)
    )


class PushFilm:
    """Two pushers with the same tasks; the goal is any place and any angle.

    The tasks are shown whose last errors are nearest to the median of each pusher.
    """

    def __init__(self) -> None:
        self.goals = drawn_goals(TASKS, 0, np.random.default_rng(TASK_SEED))
        choices: dict[str, PokeChoice] = {
            "inverse + forward": learnt_choice("inverse + forward"),
            "blob": blob_choice,
        }
        self.paths: dict[str, list[Objects]] = {}
        self.pokes: dict[str, list[Pokes]] = {}
        for name, choose in choices.items():
            rounds = pushed_to_goals(
                self.goals, choose, np.random.default_rng(PICTURE_SEED)
            )
            steps = [next(rounds) for _ in range(ROUNDS + 1)]
            self.paths[name] = [self.goals.start, *(step.objects for step in steps)]
            self.pokes[name] = [step.pokes for step in steps]
        last = [
            pose_distances(path[ROUNDS], self.goals.goal)
            for path in self.paths.values()
        ]
        self.tasks = typical_rows(np.array(last), SHOWN_TASKS)

    def errors(self, pusher: str, task: int) -> dict[str, Array]:
        """Errors of place [cm] and angle [°] before the first poke and after each."""
        row = self.row(task)
        path = [objects.rows(row) for objects in self.paths[pusher][: ROUNDS + 1]]
        errors = [pose_errors(objects, self.goals.goal.rows(row)) for objects in path]
        return {
            name: SCALES[name] * np.array([error[name] for error in errors])
            for name in ("place", "angle")
        }

    def row(self, task: int) -> Ints:
        """The row of a task that is shown, (1,).

        Raises:
            ValueError: there is no task of this number.
        """
        if task not in range(SHOWN_TASKS):
            raise ValueError(f"task must be from 0 to {SHOWN_TASKS - 1}; got {task}")
        return np.array([self.tasks[task]])

    def draw(self, task: int, pokes: int) -> Picture:
        """The boards of both pushers after so many pokes, the next poke, the goal as an
        outline, and the errors so far.

        Args:
            task: from 0 to 2.
            pokes: so far, from 0 to 15.
        """
        figure, _ = new_figure(height=4.5)
        figure.clf()
        above = figure.add_gridspec(
            1, 2, left=0.01, right=0.99, bottom=0.42, top=0.94, wspace=0.06
        )
        curves = {
            "place": figure.add_axes((0.11, 0.12, 0.37, 0.24)),
            "angle": figure.add_axes((0.62, 0.12, 0.36, 0.24)),
        }
        words = []
        for column, pusher in enumerate(SHOWN_PUSHERS):
            board = figure.add_subplot(above[0, column])
            self.draw_task(board, pusher, task, pokes)
            board.set_title(pusher, color=PUSHER_COLOURS[pusher])
            errors = self.errors(pusher, task)
            off = [f"{errors[name][pokes]:.0f}" for name in errors]
            words.append(f"{pusher} place {off[0]} cm off, angle {off[1]}° off")
            style: dict[str, Any] = {
                "color": PUSHER_COLOURS[pusher],
                "ls": LINES[pusher],
            }
            for name, curve in curves.items():
                curve.plot(errors[name][: pokes + 1], marker="o", ms=4, **style)
        for curve in curves.values():
            curve.set(xlabel="pokes", xlim=(-0.5, 15.5))
        curves["place"].set(ylabel="place off [cm]", ylim=(0, 20))
        curves["angle"].set(ylabel="angle off [°]", ylim=(0, 185), yticks=(0, 90, 180))
        return Picture(
            figure,
            alt=f"Two boards {in_pokes(pokes)}, and the errors so far: "
            f"{'; '.join(words)}.",
            caption=f"{in_pokes(pokes).capitalize()}: {'; '.join(words)}. The dashed "
            f"outline is the goal. The black arrow is the next poke. {LEAST_WORDS} "
            "Below, inverse + forward has a solid line and the blob pusher a dashed "
            f"line. Of {TASKS} tasks these three are nearest to the median of both "
            "pushers.",
        )

    def draw_task(self, axes: Axes, pusher: str, task: int, pokes: int) -> None:
        """A board after so many pokes, the next poke, and the goal."""
        row = self.row(task)
        now = self.paths[pusher][pokes].rows(row)
        poke = self.pokes[pusher][pokes].rows(row)
        draw_board(axes, board_pictures(now, np.random.default_rng(pokes))[0])
        draw_outline(axes, self.goals.goal.rows(row), 0, dashed=True)
        if poke.lengths[0]:
            touches, _ = first_touches(now, poke)
            draw_poke(axes, Pokes(touches, poke.angles, poke.lengths), 0)


def in_pokes(pokes: int) -> str:
    """'before the first poke', 'after 1 poke', 'after 2 pokes'."""
    if not pokes:
        return "before the first poke"
    return f"after {pokes} poke{'s' if pokes > 1 else ''}"


def label_heights(ends: Array, gap: float) -> Array:
    """Heights of labels at the ends of lines: near the ends, in their order, and at
    least `gap` apart, (L,).

    Args:
        ends: where the lines end, (L,).
        gap: least distance of two labels.
    """
    order = np.argsort(ends, kind="stable")
    ranks = gap * np.arange(len(ends))
    apart = np.maximum.accumulate(ends[order] - ranks) + ranks
    heights = np.empty(len(ends))
    heights[order] = apart
    return heights


def push_curves(result: Result, goal: str) -> Picture:
    """Errors of the place and of the angle over the pokes, every seed and the means;
    each line has its own dashes, its own mark and its name at its end.

    Args:
        result: `pretraining_pushing`.
        goal: "one poke", "three pokes" or "anywhere".
    """
    figure, panels = new_figure(2, 1, height=5.4)
    figure.subplots_adjust(left=0.12, right=0.66, top=0.98, bottom=0.1, hspace=0.14)
    parts: dict[str, list[str]] = {pusher: [] for pusher in PUSHER_COLOURS}
    for axes, error in zip(panels, ("place", "angle"), strict=True):
        means = {}
        for number, (pusher, colour) in enumerate(PUSHER_COLOURS.items()):
            runs = push_errors(result, pusher, goal, error)
            axes.plot(runs.T, color=colour, lw=0.7, alpha=0.2)
            means[pusher] = runs.mean(axis=0)
            style: dict[str, Any] = {"color": colour, "ls": LINES[pusher]}
            style |= {"marker": PUSHER_MARKS[pusher], "markevery": (number, 5)}
            axes.plot(means[pusher], ms=6, **style)
            parts[pusher].append(f"{error} {means[pusher][-1]:.1f}")
        axes.set(ylabel=f"{error} off [{SIGNS[error]}]", ylim=(0, None))
        name_lines(axes, means)
    panels[0].set_xticklabels([])
    panels[1].set(xlabel="pokes")
    if goal == ANY_GOAL:
        panels[1].axhline(GUESSED, ls=":", lw=1.4, color=GREY)
        panels[1].annotate(
            "dotted: a guess", (4, GUESSED), xytext=(0, -40), textcoords="offset points"
        )
    words = [f"{pusher} {' and '.join(told)}" for pusher, told in parts.items()]
    return Picture(
        figure,
        alt=f"Errors of place [cm] and angle [°] after 15 pokes, goal {goal}, means of "
        f"the seeds: {'; '.join(words)}.",
        caption=f"Goal: *{goal}*. Thin lines are {len(result.seeds)} seeds with 200 "
        "tasks each. Thick lines with marks are their means.",
    )


def name_lines(axes: Axes, means: dict[str, Array]) -> None:
    """The mark and the name of each pusher, right of the end of its mean."""
    ends = np.array([mean[-1] for mean in means.values()])
    top = axes.get_ylim()[1]
    heights = label_heights(ends, LABEL_GAP * top)
    heights -= max(0.0, heights.max() - top)
    last = len(next(iter(means.values()))) - 1
    across = axes.get_yaxis_transform()
    for pusher, end, height in zip(means, ends, heights, strict=True):
        colour = PUSHER_COLOURS[pusher]
        inside = axes.transData.transform((last, end))
        left = axes.transAxes.inverted().transform(inside)[0]
        way: dict[str, Any] = {"transform": across, "clip_on": False, "color": colour}
        axes.plot([left, 1.04], [end, height], lw=0.8, **way)
        axes.plot([1.06], [height], PUSHER_MARKS[pusher], ms=6, **way)
        axes.text(1.1, height, pusher, color=colour, transform=across, va="center")
