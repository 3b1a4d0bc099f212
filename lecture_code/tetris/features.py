"""The feature sets φ of the Tetris literature, by name, and weights that were published
for them.

* `bertsekas` (Bertsekas & Tsitsiklis, *Neuro-Dynamic Programming*, 1996; 22 for ten
  columns): height of each column, absolute difference of each two neighbours, largest
  height, holes, constant 1;
* `dellacherie` (Dellacherie's player, in Fahey, *Tetris AI*, 2003; 6): landing height,
  eroded cells, row transitions, column transitions, holes, wells;
* `bcts` (Thiery & Scherrer, "Building controllers for Tetris", *ICGA Journal* 32.1,
  2009; 8): the same six, hole depth, rows with holes.

All are of the board after the piece has landed and full rows are gone, but for the
first two of `dellacherie`, which are of the placement:

* *landing height*: the row of the middle of the piece where it came to rest, so that a
  piece of one row on the floor has 0;
* *eroded cells*: rows removed × cells of the piece that went with them;
* *row transitions*: changes between filled and empty along every row, the walls being
  filled (an empty row has two);
* *column transitions*: the same along every column, the floor being filled and the
  space above the board empty;
* *holes*: empty cells with a filled cell somewhere above in the column;
* *wells*: for each empty cell whose left and right neighbours are filled (walls count
  as such), itself and the empty cells right below it;
* *hole depth*: filled cells that stand without a gap on a hole;
* *rows with holes*: rows that hold at least one hole.

The slow functions that compute them are in `plain.py`, the fast ones in `fast.py`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

FEATURES = ("bertsekas", "dellacherie", "bcts")
"""The feature sets, in the order of their numbers in the compiled engine."""

DELLACHERIE: Array = np.array([-1.0, 1.0, -1.0, -1.0, -4.0, -1.0])
"""Dellacherie's weights, set by hand, for `dellacherie`."""
BCTS: Array = np.array([-12.63, 6.602, -9.216, -19.77, -13.08, -10.49, -1.612, -24.04])
"""Thiery & Scherrer's weights ("building controllers for Tetris"), the result of the
cross-entropy method, for `bcts`: the built-in expert.
"""

_OF_PLACEMENT = ("landing height", "eroded cells")
_OF_BOARD = ("row transitions", "column transitions", "holes", "wells")


def feature_names(features: str, width: int = 10) -> tuple[str, ...]:
    """Name of each entry of φ, for a board of this width.

    Raises:
        ValueError: there is no such set; the message lists the sets.
    """
    if features not in FEATURES:
        raise ValueError(
            f"there is no feature set {features!r}; there are: {', '.join(FEATURES)}"
        )
    if features == "bertsekas":
        heights = [f"height {i + 1}" for i in range(width)]
        differences = [f"difference {i + 1}–{i + 2}" for i in range(width - 1)]
        return (*heights, *differences, "largest height", "holes", "constant")
    more = ("hole depth", "rows with holes") if features == "bcts" else ()
    return (*_OF_PLACEMENT, *_OF_BOARD, *more)


def check_weights(
    weights: ArrayLike, features: str, width: int, many: bool = False
) -> Array:
    """The weights as a float array of their own, in one piece: (d,), or also (n, d)
    where there may be `many`.

    Raises:
        ValueError: names the set that is unknown, the length that is wrong, or the
            weights that are not finite.
    """
    names = feature_names(features, width)
    w = np.array(weights, dtype=float, order="C")
    if w.ndim not in ((1, 2) if many else (1,)) or w.shape[-1] != len(names):
        wanted = f"({len(names)},)" + (f" or (n, {len(names)})" if many else "")
        raise ValueError(
            f"weights for {features!r} on {width} columns must have shape {wanted}; "
            f"got {w.shape}"
        )
    bad = sorted(set(np.argwhere(~np.isfinite(w))[:, -1].tolist()))
    if bad:
        raise ValueError(
            "weights must be finite; the weights of "
            f"{', '.join(names[i] for i in bad)} are not"
        )
    return w
