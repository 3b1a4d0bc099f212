"""The poke viewer: before, after, and which poke an inverse model tells."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.pushing import load_poke_network
from lecture_code.figures.observations.pretraining.boards import (
    EDGES,
    draw_board,
    draw_poke,
)
from lecture_code.observations.inverse_models import best_pokes, poke_model
from lecture_code.observations.pusher_scenes import picture_inputs, poke_triples
from lecture_code.show import Picture, new_figure
from lecture_code.show.figures import BLUE

Array = NDArray[np.float64]
BOARDS = 6
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

    def draw(self, board: int) -> Picture:
        """A poke, and what the inverse model tells of it.

        Args:
            board: from 0 to 5.

        Raises:
            ValueError: there is no board of this number.
        """
        if board not in range(BOARDS):
            raise ValueError(f"board must be from 0 to {BOARDS - 1}; got {board}")
        triples = self.triples
        figure, panels = new_figure(1, 3, height=1.95)
        figure.subplots_adjust(
            left=0.01, right=0.99, top=0.86, bottom=0.01, wspace=0.06
        )
        draw_board(panels[0], triples.before[board])
        draw_poke(panels[0], triples.pokes, board)
        draw_board(panels[1], triples.after[board])
        chances = self.places[board]
        panels[2].imshow(
            chances, extent=EDGES, origin="lower", cmap="Greys", interpolation="none"
        )
        panels[2].axis("off")
        draw_poke(panels[2], self.told, board, BLUE)
        for panel, title in zip(panels, ("before", "after", "told"), strict=True):
            panel.set_title(title)
        apart = 100 * np.linalg.norm(
            self.told.places[board] - triples.pokes.places[board]
        )
        turn = self.told.angles[board] - triples.pokes.angles[board]
        turn = abs(np.rad2deg(np.angle(np.exp(1j * turn))))
        words = f"place {apart:.0f} cm off, direction {turn:.0f}° off"
        return Picture(
            figure,
            alt="A board before and after a poke, and the poke that the inverse model "
            f"tells: {words}.",
            caption="Black: the poke. Right: the likelier a place, the darker; blue: "
            f"the likeliest poke. Here: {words}. The model has not seen these boards.",
        )
