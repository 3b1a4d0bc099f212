"""The poke viewer: before, after, and which poke an inverse model tells."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.pushing import load_poke_network
from lecture_code.figures.observations.pretraining.boards import (
    EDGES,
    draw_board,
    draw_poke,
    draw_scale,
)
from lecture_code.observations.inverse_models import best_pokes, poke_model
from lecture_code.observations.pusher_scenes import picture_inputs, poke_triples
from lecture_code.show import Picture, new_figure
from lecture_code.show.figures import BLUE, ORANGE

Array = NDArray[np.float64]
BOARDS = 6
SHOWN = ("before and after", "the pokes")
LEAST_SHOWN = 0.02  # of the chance of the likeliest place
VIEWER_SEED = 900  # generator of triples that nothing was learnt from


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
        model = poke_model(heads)
        with torch.no_grad():
            x, x_next = network.features(before), network.features(after)
            bins = model.bins.indices(self.triples.pokes)
            places = torch.softmax(model(x, x_next, bins)[0], dim=1)
        side = model.bins.side
        self.places: Array = places.numpy().astype(float).reshape(-1, side, side)

    def draw(self, board: int, show: str) -> Picture:
        """A poke, and what the inverse model tells of it.

        Args:
            board: from 0 to 5.
            show: "before and after", with no poke, or "the pokes".

        Raises:
            ValueError: there is no board of this number, or nothing of this name.
        """
        if board not in range(BOARDS):
            raise ValueError(f"board must be from 0 to {BOARDS - 1}; got {board}")
        if show not in SHOWN:
            raise ValueError(f"show must be one of {', '.join(SHOWN)}; got {show!r}")
        figure, panels = new_figure(1, 2, height=2.9)
        figure.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.01, wspace=0.06)
        draw_board(panels[0], self.triples.before[board])
        draw_board(panels[1], self.triples.after[board])
        draw_scale(panels[1])
        for panel, title in zip(panels, ("before", "after"), strict=True):
            panel.set_title(title)
        if show == SHOWN[0]:
            return Picture(
                figure,
                alt="A board with a red L before and after a poke. No poke is drawn.",
                caption="Where did the pusher touch, and which way did it move? Think "
                "of an arrow, then press *the pokes*.",
            )
        return self.told_picture(figure, panels[0], board)

    def told_picture(self, figure: Figure, axes: Axes, board: int) -> Picture:
        """The pokes on the board before, and the most likely places."""
        chances = self.places[board] / self.places[board].max()
        cells = np.zeros((*chances.shape, 4))
        cells[..., :3] = to_rgb(ORANGE)
        cells[..., 3] = 0.85 * np.sqrt(chances) * (chances > LEAST_SHOWN)
        axes.imshow(cells, extent=EDGES, origin="lower", interpolation="none")
        draw_poke(axes, self.triples.pokes, board)
        draw_poke(axes, self.told, board, BLUE)
        there = self.told.places[board] - self.triples.pokes.places[board]
        apart = 100 * np.linalg.norm(there)
        turn = self.told.angles[board] - self.triples.pokes.angles[board]
        turn = abs(np.rad2deg(np.angle(np.exp(1j * turn))))
        words = f"place {apart:.0f} cm off, direction {turn:.0f}° off"
        return Picture(
            figure,
            alt="A board before and after a poke, with the true poke and the one that "
            f"the inverse model tells: {words}.",
            caption="Black: the true poke. Blue: the poke that the inverse model tells "
            f"({words}). Orange: places that it finds likely. It has not seen these "
            "boards.",
        )
