"""Pushing to a goal picture: recorded pokes, and the errors after each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.pushing import load_poke_network
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.domain_confusion.guesses import typical_rows
from lecture_code.figures.observations.pretraining.boards import (
    draw_board,
    draw_outline,
)
from lecture_code.figures.observations.pretraining.runs import (
    PUSHER_COLOURS,
    push_errors,
)
from lecture_code.observations.inverse_models import best_pokes
from lecture_code.observations.pusher_goals import (
    PokeChoice,
    blob_choice,
    drawn_goals,
    pushed_to_goals,
    random_choice,
)
from lecture_code.observations.pusher_scenes import board_pictures, picture_inputs
from lecture_code.observations.pushing import Objects, pose_distances
from lecture_code.show import Picture, new_figure

Array = NDArray[np.float64]
TASKS = 60  # of which a typical one is shown
SHOWN_POKES = (0, 1, 2, 3, 4, 6, 8, 10, 15)
ROUNDS, TASK_SEED, CHANCE_SEED, PICTURE_SEED = 15, 910, 911, 912


def learnt_choice(arm: str) -> PokeChoice:
    """Pokes of the kept inverse model of this arm."""
    network, heads = load_poke_network(arm)
    return lambda objects, pictures, goals: best_pokes(
        network, heads, picture_inputs(pictures), picture_inputs(goals)
    )


class PushFilm:
    """Three pushers with the same tasks; the goal is any place and any angle.

    The task is shown whose last errors are nearest to the median of every pusher.
    """

    def __init__(self) -> None:
        self.goals = drawn_goals(TASKS, 0, np.random.default_rng(TASK_SEED))
        choices: dict[str, PokeChoice] = {
            "inverse + forward": learnt_choice("inverse + forward"),
            "blob": blob_choice,
            "random": random_choice(np.random.default_rng(CHANCE_SEED)),
        }
        self.paths: dict[str, list[Objects]] = {}
        for name, choose in choices.items():
            rounds = pushed_to_goals(
                self.goals, choose, np.random.default_rng(PICTURE_SEED)
            )
            path = [self.goals.start, *(next(rounds).objects for _ in range(ROUNDS))]
            self.paths[name] = path
        last = [
            pose_distances(path[-1], self.goals.goal) for path in self.paths.values()
        ]
        self.task = int(typical_rows(np.array(last), 1)[0])

    def draw(self, pusher: str, pokes: int) -> Picture:
        """The board after so many pokes, with the goal as an outline.

        Args:
            pusher: "inverse + forward", "blob" or "random".
            pokes: so far, from 0 to 15.

        Raises:
            KeyError: there is no such pusher; the message lists what there is.
        """
        if pusher not in self.paths:
            raise KeyError(f"no pusher {pusher!r}; there are {', '.join(self.paths)}")
        row = np.array([self.task])
        now, goal = self.paths[pusher][pokes].rows(row), self.goals.goal.rows(row)
        picture = board_pictures(now, np.random.default_rng(pokes))[0]
        figure, axes = new_figure(height=3.2)
        figure.subplots_adjust(left=0.02, right=0.98, top=0.9, bottom=0.01)
        draw_board(axes, picture)
        draw_outline(axes, goal, 0, dashed=True)
        place = 100 * np.linalg.norm(now.places - goal.places)
        turn = abs(np.rad2deg(np.angle(np.exp(1j * (now.angles - goal.angles)))[0]))
        words = f"place {place:.0f} cm off, angle {turn:.0f}° off"
        axes.set_title(words, loc="center")
        return Picture(
            figure,
            alt=f"The board after {pokes} pokes of the pusher {pusher}: {words}.",
            caption=f"Dashed: the goal. After {pokes} pokes of the pusher *{pusher}*. "
            f"The task is typical: of {TASKS}, its last errors are nearest to each "
            "pusher’s median.",
        )


def push_curves(result: Result, goal: str) -> Picture:
    """Errors of the place and of the angle over the pokes, every seed and the means.

    Args:
        result: `pretraining_pushing`.
        goal: "one poke", "three pokes" or "anywhere".
    """
    figure, panels = new_figure(1, 2, height=3.3)
    figure.subplots_adjust(left=0.1, right=0.98, top=0.74, bottom=0.17, wspace=0.3)
    words = []
    for pusher, colour in PUSHER_COLOURS.items():
        parts = []
        for axes, error in zip(panels, ("place", "angle"), strict=True):
            runs = push_errors(result, pusher, goal, error)
            axes.plot(runs.T, color=colour, lw=0.7, alpha=0.5)
            axes.plot(runs.mean(axis=0), color=colour, label=pusher)
            parts.append(f"{error} {runs.mean(axis=0)[-1]:.1f}")
        words.append(f"{pusher} {' and '.join(parts)}")
    panels[0].set(xlabel="pokes", ylabel="place off [cm]", ylim=(0, None))
    panels[1].set(xlabel="pokes", ylabel="angle off [°]", ylim=(0, None))
    handles = panels[0].get_legend_handles_labels()
    figure.legend(*handles, loc="upper center", ncols=2, columnspacing=1.2)
    return Picture(
        figure,
        alt=f"Errors of place [cm] and angle [°] after 15 pokes, goal {goal}, means of "
        f"the seeds: {'; '.join(words)}.",
        caption=f"Goal: *{goal}*. Thin lines are {len(result.seeds)} seeds with 200 "
        "tasks each, thick lines their means.",
    )
