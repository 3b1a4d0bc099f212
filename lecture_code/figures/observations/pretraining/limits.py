"""What slowness keeps, and what no features can hold: a spot that stays, and an object
that looks the same after half a turn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.features import (
    load_feature_network,
)
from lecture_code.experiments.observations.pretraining.limits import (
    ASKED,
    GUESS,
    OBJECT,
    SLOW,
    SPOT,
    told_by_probe,
)
from lecture_code.experiments.observations.pretraining.probes import network_features
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.boards import (
    DARK,
    LIGHT,
    draw_board,
)
from lecture_code.figures.observations.pretraining.guesses import LABELS, SCENES
from lecture_code.figures.observations.pretraining.runs import in_words
from lecture_code.observations.pusher_scenes import SPOT as SPOT_RADIUS
from lecture_code.observations.pusher_scenes import board_pictures, drawn_spots
from lecture_code.observations.pushing import Objects
from lecture_code.show import Picture, Table, new_figure

Array = NDArray[np.float64]
SHOWN_BOARDS = 3
SPOT_SEED = 921  # generator of the boards
MARKS = {"object": (3.0, "-"), "spot": (100 * SPOT_RADIUS, "--")}
"""What is predicted -> radius [cm] and line of its circle."""
PANELS = {"slowness": "spot jumps", "slowness, spot stays": "spot stays"}


def words_of(result: Result, arm: str, error: str, scale: float, digits: int) -> str:
    """Mean of an error in all seeds, with Student's interval."""
    values = scale * np.array(result.curves[arm][error], dtype=float)
    return in_words(mean_of_seeds(values), digits)


def symmetric_table(limits: Result) -> Table:
    """Errors of the angle of an L and of a bar, and of twice the angle of a bar.

    Args:
        limits: `pretraining_limits`.
    """
    rows = {
        asked: {"off by": words_of(limits, "slowness", asked, 1.0, 0)}
        for asked in ASKED
    }
    twice = np.mean(limits.curves["slowness"]["bar, twice the angle"])
    return Table(
        rows,
        caption="Errors of linear probes of the slowness features, mean of "
        f"{len(limits.seeds)} seeds with a 95 % interval. A guess is 90° off. "
        "The last row is the error of twice the angle. The error of the bar's angle is "
        f"half of it, {twice / 2:.0f}°",
        units={"off by": "°"},
        corner="what is asked",
    )


def spot_table(limits: Result) -> Table:
    """Errors of the places of the object and of the spot, if it jumps and if it stays.

    The error of the object where the spot jumps is left out. It is the answer to a
    question of the chapter, and stands in `probe_table`.

    Args:
        limits: `pretraining_limits`.
    """
    rows = {
        PANELS[arm]: {
            "object": words_of(limits, arm, OBJECT, 100.0, 1),
            "spot": words_of(limits, arm, SPOT, 100.0, 1),
        }
        for arm in SLOW
    }
    rows[PANELS["slowness"]]["object"] = "–"
    guess = words_of(limits, "slowness", GUESS, 100.0, 1)
    return Table(
        rows,
        caption="Errors of the places that linear probes of the slowness features "
        f"predict, mean of {len(limits.seeds)} seeds with a 95 % interval. The first "
        "entry is left out here, because it would answer a question of *Does it hold?* "
        "You find the number there, in the row *slowness*. A probe that always answers "
        f"the mean place of the spot is {guess} cm off",
        units={"object": "cm", "spot": "cm"},
        corner="training",
    )


def draw_circle(axes: Axes, place: Array, radius: float, style: str) -> None:
    """A circle around a place [cm], seen on dark and on light ground."""
    middle = (float(place[0]), float(place[1]))
    for colour, width, line in ((DARK, 3.4, "-"), (LIGHT, 1.6, style)):
        circle = Circle(middle, radius, fill=False, ec=colour, lw=width, ls=line)
        axes.add_patch(circle)


def draw_told(axes: Sequence[Axes], said: Array, true: Array, name: str) -> str:
    """Circles where a probe says that the objects or the spots are, (B, 2) [cm].

    Returns:
        in words how far each is off.
    """
    for panel, place in zip(axes, said, strict=True):
        draw_circle(panel, place, *MARKS[name])
    off = np.linalg.norm(said - true, axis=1)
    return f"{name} {', '.join(f'{apart:.0f}' for apart in off)} cm"


def spot_picture() -> Picture:
    """The same boards twice, with the places of the object and of the spot that linear
    probes predict from slowness features; above the spot jumped in training, and below
    it stayed. The boards are the first ones of their generator.
    """
    rng = np.random.default_rng(SPOT_SEED)
    objects = Objects.drawn(LABELS + SCENES, rng)
    spots = drawn_spots(len(objects), rng)
    pictures = board_pictures(objects, rng, spots=spots)
    shown = slice(LABELS, LABELS + SHOWN_BOARDS)
    figure, panels = new_figure(2, SHOWN_BOARDS, height=3.7)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.92, bottom=0.01)
    figure.subplots_adjust(wspace=0.06, hspace=0.16)
    off = []
    for above, (arm, title) in zip(panels, PANELS.items(), strict=True):
        above[0].set_title(title)
        for axes, picture in zip(above, pictures[shown], strict=True):
            draw_board(axes, picture)
        features = network_features(load_feature_network(arm), pictures)
        for name, places in (("object", objects.places), ("spot", spots)):
            said = 100 * told_by_probe(features, places, LABELS)[:SHOWN_BOARDS]
            words = draw_told(above, said, 100 * places[shown], name)
            off.append(f"{title}, {words}")
    return Picture(
        figure,
        alt="Three boards with a red L and a pale spot, shown twice, with circles "
        f"where linear probes say that both are. Off by: {'; '.join(off)}.",
        caption="The small circle shows where a linear probe says that the object is. "
        "The dashed circle shows where another linear probe says that the spot is. "
        "Above, the spot jumped during each poke of the training. Below, the spot "
        "stayed where it was.",
    )
