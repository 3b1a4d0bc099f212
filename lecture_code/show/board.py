"""A recorded game of Tetris for the page: what `<tetris-board>` plays, and the board
that stands for it without JavaScript.

    moves = first_moves(weights, seed, 120)                     # from the room tetris
    BoardReplay(moves, weights, "Generation 20", features="bertsekas")

Kept are the moves, four cells each, and what the player saw of the board after them;
the boards follow from the moves. Read `BoardReplay` first; `_encode` is the format.
"""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.tetris import PIECES, Moves, feature_names
from lecture_code.tetris.pieces import TURNS
from lecture_code.tetris.plain import ABOVE, place

from .figures import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, YELLOW
from .page import bundle, prose, quantity, require_alt

COLOURS = dict(
    zip(PIECES, (SKY, YELLOW, PURPLE, GREEN, VERMILLION, BLUE, ORANGE), strict=True)
)


class BoardReplay:
    """One recorded game: `<tetris-board>` with play, step, scrub and speed, the piece,
    where it goes and what is seen of the board after it.

    Args:
        moves: of the game.
        weights: w of the player, (d,).
        title: visible above the board.
        features: what the weights weigh.
        alt: what there is to see; by default made from the data.

    Raises:
        ValueError: the weights do not fit the moves.
    """

    def __init__(
        self,
        moves: Moves,
        weights: ArrayLike,
        title: str,
        *,
        features: str = "bertsekas",
        alt: str = "",
    ) -> None:
        self.names = feature_names(features, moves.boards.shape[2])
        self.weights = np.asarray(weights, dtype=float)
        d = len(self.names)
        n_features = moves.features.shape[1]
        if self.weights.shape != (d,) or n_features != d:
            raise ValueError(
                f"{features!r} has {d} features; got weights of shape "
                f"{self.weights.shape} and moves with {n_features} features"
            )
        self.moves = moves
        self.title = title
        self.alt = require_alt(alt or f"Board of {title}. {self.summary}")

    @property
    def beginning(self) -> str:
        """What the still shows, in words."""
        return f"Before the first piece {_height(self.moves.boards[0])}."

    @property
    def summary(self) -> str:
        """The beginning and the end of the game, in words."""
        over = self.moves.over
        how = "the game is over" if over else _height(self.moves.boards[-1])
        removed = quantity(int(self.moves.lines.sum()), "lines")
        length = len(self.moves)
        return f"{self.beginning} Then, after {length} pieces and {removed} {how}."

    def html(self) -> str:
        """`<tetris-board>` with a still board and the moves."""
        data = json.dumps(
            self._encode(), ensure_ascii=False, separators=(",", ":")
        ).replace("</", "<\\/")
        return (
            '<tetris-board class="rg-shown">'
            f'<p class="rg-title">{prose(self.title)}</p>'
            f'<p class="rg-told">{prose(self.beginning)}</p>'
            '<div class="rg-game"><div class="rg-stage" role="img" '
            f'aria-label="{escape(self.alt)}">{self._poster()}</div></div>'
            f'<script type="application/json">{data}</script></tetris-board>'
        )

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)

    def _encode(self) -> dict[str, Any]:
        """The JSON that tetris-board.js reads: moves uint16 (m, 5) = (piece, four
        cells), a cell being row × width + column from below left; seen int16 (m, d),
        twice φ; little-endian, base64.
        """
        rows, width = self.moves.boards.shape[1:]
        cells = np.column_stack([self.moves.pieces, landed(self.moves)])
        return {
            "width": width,
            "height": rows - ABOVE,
            "start": np.flatnonzero(self.moves.boards[0]).tolist(),
            "pieces": PIECES,
            "colours": list(COLOURS.values()),
            "grey": GREY,
            "moves": _base64(cells.astype("<u2")),
            "names": self.names,
            "weights": np.round(self.weights, 3).tolist(),
            "seen": _base64(np.round(2 * self.moves.features).astype("<i2")),
            "values": [
                f"{v:.0f}".replace("-", "−") for v in self.moves.features @ self.weights
            ],
            "over": self.moves.over,
        }

    def _poster(self) -> str:
        """An SVG of the first board, four rows above it included: the slider begins
        at move 0.
        """
        rows, width = self.moves.boards.shape[1:]
        cells = np.argwhere(self.moves.boards[0])
        squares = "".join(
            f"M{column} {rows - 1 - row}h.9v.9h-.9z" for row, column in cells.tolist()
        )
        frame = (
            f'<path d="M0 {ABOVE}V{rows}H{width}V{ABOVE}" fill="none" '
            'stroke="currentColor" stroke-opacity=".6" stroke-width=".08"/>'
        )
        filled = f'<path d="{squares}" fill="{GREY}" transform="translate(.05 .05)"/>'
        return (
            f'<svg class="rg-poster" viewBox="-.5 0 {width + 1} {rows + 0.5}" '
            f'aria-hidden="true">{frame}{filled}</svg>'
        )


def _height(board: NDArray[np.bool_]) -> str:
    """How high the pile is, in words."""
    highest = int(np.flatnonzero(board.any(axis=1)).max(initial=-1)) + 1
    return f"the highest column stands at {highest} of {len(board) - ABOVE}"


def landed(moves: Moves) -> NDArray[np.int64]:
    """The four cells of every move where it came to rest, before rows were removed, (m,
    4): row × width + column.
    """
    width = moves.boards.shape[2]
    placements = zip(moves.pieces, moves.rotations, moves.columns, strict=True)
    landed_cells = []
    for board, (piece, rotation, column) in zip(moves.boards, placements, strict=False):
        row = place(board, int(piece), int(rotation), int(column)).row
        cells = np.argwhere(TURNS[piece][rotation]) + np.array([row, column])
        landed_cells.append(cells @ (width, 1))
    return np.array(landed_cells, dtype=np.int64)


def _base64(values: NDArray[Any]) -> str:
    return b64encode(np.ascontiguousarray(values).tobytes()).decode()
