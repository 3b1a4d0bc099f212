"""The poke viewer: before, after, four pokes to choose from, and the model's poke."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.pushing import load_poke_network
from lecture_code.figures.observations.pretraining.boards import (
    DARK,
    EDGES,
    LEAST_WORDS,
    LIGHT,
    draw_board,
    draw_poke,
    draw_scale,
)
from lecture_code.observations.inverse_models import best_pokes, poke_model
from lecture_code.observations.pusher_scenes import (
    PokeTriples,
    picture_inputs,
    poke_triples,
)
from lecture_code.observations.pushing import Pokes, drawn_pokes, pushed
from lecture_code.show import Picture, new_figure
from lecture_code.show.figures import BLUE, ORANGE

Array = NDArray[np.float64]
BOARDS = 4
FOUR, TRUE = "four pokes", "true poke"
LETTERS = "ABCD"
CANDIDATES = 40  # of which the three are taken that differ most from the others
LETTER_WAY = 0.06  # of a letter behind the start of its poke [m]
TURN_WEIGHT = 0.1  # [m] that two directions a radian apart count
LEAST_SHOWN = 0.02  # of the chance of the likeliest place
VIEWER_SEED = 900  # generator of triples that nothing was learnt from
WRONG_SEED = 901  # generator of wrong pokes, with the board


def joined(first: Pokes, then: Pokes) -> Pokes:
    """The first pokes, and then the others."""
    return Pokes(
        np.concatenate([first.places, then.places]),
        np.concatenate([first.angles, then.angles]),
        np.concatenate([first.lengths, then.lengths]),
    )


def apart(pokes: Pokes, row: int) -> Array:
    """How much pokes differ from that of a row, in place and direction, (N,) [m]."""
    way = np.linalg.norm(pokes.places - pokes.places[row], axis=1)
    turn = np.abs(np.angle(np.exp(1j * (pokes.angles - pokes.angles[row]))))
    return np.asarray(way + TURN_WEIGHT * turn)


def offered_pokes(triples: PokeTriples, board: int) -> tuple[Pokes, int]:
    """The true poke among three others that touch the same object, in random order.

    Returns:
        the four pokes, and the row of the true one.
    """
    rng = np.random.default_rng([WRONG_SEED, board])
    here = np.full(CANDIDATES, board)
    wrong = drawn_pokes(triples.start.rows(here), rng)
    pokes = joined(triples.pokes.rows(np.array([board])), wrong)
    taken = [0]
    far = apart(pokes, 0)
    while len(taken) < len(LETTERS):
        taken.append(int(far.argmax()))
        far = np.minimum(far, apart(pokes, taken[-1]))
    order = rng.permutation(len(LETTERS))
    return pokes.rows(np.array(taken)[order]), int(np.flatnonzero(order == 0)[0])


class PokeViewer:
    """Pokes that nothing was learnt from, and what the kept inverse model says.

    The boards are the first ones of their generator, and not chosen.

    Args:
        arm: "inverse" or "inverse + forward".
    """

    def __init__(self, arm: str = "inverse + forward") -> None:
        network, heads = load_poke_network(arm)
        self.triples = poke_triples(BOARDS, np.random.default_rng(VIEWER_SEED))
        before = picture_inputs(self.triples.before)
        after = picture_inputs(self.triples.after)
        self.told = best_pokes(network, heads, before, after)
        self.offered = [offered_pokes(self.triples, k) for k in range(BOARDS)]
        model = poke_model(heads)
        with torch.no_grad():
            x, x_next = network.features(before), network.features(after)
            bins = model.bins.indices(self.triples.pokes)
            places = torch.softmax(model(x, x_next, bins)[0], dim=1)
        side = model.bins.side
        self.places: Array = places.numpy().astype(float).reshape(-1, side, side)

    def misses(self, board: int) -> Array:
        """How far from its true place after the poke each of the four pokes would leave
        the object, (4,) [m].

        Args:
            board: from 0 to 3.
        """
        offered, true = self.offered[board]
        start = self.triples.start.rows(np.full(len(LETTERS), board))
        places = pushed(start, offered)[0].places
        return np.asarray(np.linalg.norm(places - places[true], axis=1))

    def draw(self, board: int, shown: str) -> Picture:
        """Four pokes to choose from, or the true poke and the model's.

        Args:
            board: from 0 to 3.
            shown: "four pokes" or "true poke".

        Raises:
            ValueError: there is no board of this number, or nothing of this name.
        """
        if board not in range(BOARDS):
            raise ValueError(f"board must be from 0 to {BOARDS - 1}; got {board}")
        if shown not in (FOUR, TRUE):
            raise ValueError(f"shown must be {FOUR!r} or {TRUE!r}; got {shown!r}")
        figure, panels = new_figure(1, 2, height=2.9)
        figure.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.01, wspace=0.06)
        draw_board(panels[0], self.triples.before[board])
        draw_board(panels[1], self.triples.after[board])
        draw_scale(panels[1])
        for panel, title in zip(panels, ("before", "after"), strict=True):
            panel.set_title(title)
        if shown == FOUR:
            pokes, _ = self.offered[board]
            for row in range(len(LETTERS)):
                draw_poke(panels[0], pokes, row)
                draw_letter(panels[0], pokes, row)
            return Picture(
                figure,
                alt="A board with a red L before and after a poke. Four arrows, A to "
                "D, show pokes; one of them is the true one.",
                caption="One of the four pokes led from *before* to *after*. "
                f"{LEAST_WORDS}",
            )
        self.draw_answer(panels[0], board)
        words = self.answer_words(board)
        return Picture(
            figure,
            alt="A board before and after a poke, with the true poke and the one that "
            f"the inverse model predicts. {words}",
            caption=f"{words} The true poke is black. The poke that the inverse model "
            "predicts is blue. Places that the model finds likely are orange. The "
            "model has not seen these boards.",
        )

    def answer_words(self, board: int) -> str:
        """The letter of the true poke, and how far the model's poke is off."""
        pokes, true = self.offered[board]
        there = self.told.places[board] - pokes.places[true]
        off = 100 * np.linalg.norm(there)
        turn = self.told.angles[board] - pokes.angles[true]
        turn = abs(np.rad2deg(np.angle(np.exp(1j * turn))))
        return (
            f"The true poke is {LETTERS[true]}. The model's poke: place {off:.0f} cm "
            f"off, direction {turn:.0f}° off."
        )

    def draw_answer(self, axes: Axes, board: int) -> None:
        """Both pokes on the board before, and the most likely places."""
        chances = self.places[board] / self.places[board].max()
        cells = np.zeros((*chances.shape, 4))
        cells[..., :3] = to_rgb(ORANGE)
        cells[..., 3] = 0.85 * np.sqrt(chances) * (chances > LEAST_SHOWN)
        axes.imshow(cells, extent=EDGES, origin="lower", interpolation="none")
        pokes, true = self.offered[board]
        draw_poke(axes, self.told, board, BLUE)
        draw_poke(axes, pokes, true)  # above the poke of the model
        draw_letter(axes, pokes, true)


def draw_letter(axes: Axes, pokes: Pokes, row: int) -> None:
    """The letter of a poke, behind its start."""
    behind = 100 * (pokes.places[row] - LETTER_WAY * pokes.directions[row])
    axes.text(
        behind[0],
        behind[1],
        LETTERS[row],
        color=DARK,
        ha="center",
        va="center",
        weight="bold",
        path_effects=[withStroke(linewidth=4.5, foreground=LIGHT)],
    )
