"""Boards as pictures: crisp pixels, outlines of objects, and pokes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, Polygon
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lecture_code.observations.pusher_scenes import VIEW, PokeTriples, poke_triples
from lecture_code.observations.pushing import PUSHER, WIDTH, Objects, Pokes, turned
from lecture_code.show import Picture, new_figure

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

HALF = 100 * VIEW / 2  # of the side of a picture [cm]
EDGES = (-HALF, HALF, -HALF, HALF)
DARK, LIGHT = "#111111", "#ffffff"  # on a picture both are seen in light and dark
LEAST_WAY = 10.0  # a shorter way would be hidden by the head of its arrow [cm]
LEAST_WORDS = f"Short pokes are drawn {LEAST_WAY:.0f} cm long."
SHOWN_TRIPLES = 3
TRIPLE_SEED = 5  # generator of the triples that are shown


def draw_board(axes: Axes, picture: Bytes) -> None:
    """A picture (H, W, 3), each pixel a square; axes are in centimetres."""
    axes.imshow(picture, extent=EDGES, interpolation="none")
    axes.set(xlim=(-HALF, HALF), ylim=(-HALF, HALF))
    axes.axis("off")


def draw_scale(axes: Axes) -> None:
    """A bar of 10 cm in the corner of a board."""
    low, high = -HALF + 9, -HALF + 19
    edge = [withStroke(linewidth=4.5, foreground=LIGHT)]
    axes.plot([low, high], [-HALF + 4, -HALF + 4], color=DARK, lw=2, path_effects=edge)
    axes.text(
        (low + high) / 2,
        -HALF + 6,
        "10 cm",
        color=DARK,
        ha="center",
        va="bottom",
        path_effects=edge,
    )


def corners(objects: Objects, row: int) -> Array:
    """The corners of an object on its board, (6, 2) [cm]."""
    kind = objects.choice[int(objects.kinds[row])]
    x = kind.long / 2
    w = WIDTH / 2
    s = kind.short
    local = np.array(
        [[-x, -w], [x, -w], [x, w], [2 * w - x, w], [2 * w - x, w + s], [-x, w + s]]
    )
    centres, _, _ = objects.bars()
    angles = np.full(len(local), objects.angles[row])
    ring = objects.places[row] + turned(local + centres[row, 0], angles)
    return np.asarray(100 * ring)


def draw_outline(axes: Axes, objects: Objects, row: int, *, dashed: bool) -> None:
    """Where an object is, as a line around it."""
    ring = corners(objects, row)
    style = "--" if dashed else "-"
    axes.add_patch(Polygon(ring, fill=False, ec=DARK, lw=3.4, joinstyle="round"))
    axes.add_patch(Polygon(ring, fill=False, ec=LIGHT, lw=1.6, ls=style))


def draw_poke(axes: Axes, pokes: Pokes, row: int, colour: str = DARK) -> None:
    """The pusher at the place of a poke, and how far it moves, with a white edge; a way
    below `LEAST_WAY` is drawn longer, so that its direction can be seen.
    """
    start = 100 * pokes.places[row]
    way = max(100 * pokes.lengths[row], LEAST_WAY)
    end = start + way * pokes.directions[row]
    edge = [withStroke(linewidth=4.5, foreground=LIGHT)]
    pusher = Circle((start[0], start[1]), 100 * PUSHER, fc=colour, ec=LIGHT, lw=1.2)
    axes.add_patch(pusher)
    arrow = FancyArrowPatch(
        (start[0], start[1]),
        (end[0], end[1]),
        arrowstyle="-|>",
        mutation_scale=11,
        shrinkA=0,
        shrinkB=0,
        color=colour,
        lw=2,
        path_effects=edge,
    )
    axes.add_patch(arrow)


def shown_triples() -> PokeTriples:
    """The triples that `triples_picture` shows."""
    return poke_triples(SHOWN_TRIPLES, np.random.default_rng(TRIPLE_SEED))


def triples_picture() -> Picture:
    """Three boards before and after a poke, with the poke."""
    triples = shown_triples()
    figure, panels = new_figure(2, SHOWN_TRIPLES, height=3.5)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.92, bottom=0.01)
    figure.subplots_adjust(wspace=0.06, hspace=0.16)
    for row in range(SHOWN_TRIPLES):
        draw_board(panels[0, row], triples.before[row])
        draw_poke(panels[0, row], triples.pokes, row)
        draw_board(panels[1, row], triples.after[row])
    panels[0, 0].set_title("before, with the poke")
    panels[1, 0].set_title("after")
    return Picture(
        figure,
        alt="Three boards with a red L, each before and after a poke. A black arrow "
        "shows the poke; the L moves and turns. A pale spot of light is somewhere else "
        "in each picture.",
        caption="The dot shows where the pusher touches the object. The arrow shows "
        f"how the pusher moves. {LEAST_WORDS} The robot's picture has no arrow. The "
        "pale spot of light jumps from picture to picture.",
    )
