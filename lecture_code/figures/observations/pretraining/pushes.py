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
            caption=f"{in_pokes(pokes).capitalize()}: {'; '.join(words)}. Dashed "
            "outline: the goal. Black: the next poke. "
            f"{LEAST_WORDS} Lines: inverse + forward solid, blob dashed. Of {TASKS} "
            "tasks these three are nearest to the median of both pushers.",
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


def push_curves(result: Result, goal: str) -> Picture:
    """Errors of the place and of the angle over the pokes, every seed and the means.

    Args:
        result: `pretraining_pushing`.
        goal: "one poke", "three pokes" or "anywhere".
    """
    figure, panels = new_figure(1, 2, height=3.5)
    figure.subplots_adjust(left=0.1, right=0.98, top=0.71, bottom=0.17, wspace=0.3)
    words = []
    for pusher, colour in PUSHER_COLOURS.items():
        parts = []
        for axes, error in zip(panels, ("place", "angle"), strict=True):
            runs = push_errors(result, pusher, goal, error)
            axes.plot(runs.T, color=colour, lw=0.7, alpha=0.3)
            mean = runs.mean(axis=0)
            axes.plot(mean, color=colour, ls=LINES[pusher], label=pusher)
            parts.append(f"{error} {mean[-1]:.1f}")
        words.append(f"{pusher} {' and '.join(parts)}")
    panels[0].set(xlabel="pokes", ylabel="place off [cm]", ylim=(0, None))
    panels[1].set(xlabel="pokes", ylabel="angle off [°]", ylim=(0, None))
    if goal == ANY_GOAL:
        panels[1].axhline(GUESSED, ls=":", lw=1.4, color=GREY)
        panels[1].annotate(
            "dotted: a guess", (1, GUESSED), xytext=(0, -30), textcoords="offset points"
        )
    handles = panels[0].get_legend_handles_labels()
    figure.legend(
        *handles, loc="upper center", ncols=2, columnspacing=1.2, handlelength=2.8
    )
    return Picture(
        figure,
        alt=f"Errors of place [cm] and angle [°] after 15 pokes, goal {goal}, means of "
        f"the seeds: {'; '.join(words)}.",
        caption=f"Goal: *{goal}*. Thin lines are {len(result.seeds)} seeds with 200 "
        "tasks each, thick lines their means.",
    )
