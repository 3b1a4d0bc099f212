"""Numbers that the text of the chapter mentions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def numbers(walks: Mapping[str, NDArray[np.float64]]) -> dict[str, str]:
    """Name -> text, for `glue`.

    Args:
        walks: the paths of the first picture.
    """
    relaxed = walks["Gumbel-softmax"]
    return {
        "n_runs": f"{relaxed.shape[1]}",
        "n_up": f"{int((relaxed[-1] > relaxed[0]).sum())}",
    }
