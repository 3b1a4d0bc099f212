"""Numbers that the text of the chapter mentions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result


def numbers(
    walks: Mapping[str, NDArray[np.float64]], bits: Result, many: Result
) -> dict[str, str]:
    """Name -> text, for `glue`.

    Args:
        walks: the paths of the first picture.
        bits: `estimators_bits`.
        many: `estimators_many`.
    """
    relaxed = walks["Gumbel-softmax"]
    share = np.mean(bits.curves["Gumbel-softmax"]["mean"])
    estimate, path = (
        np.array(many.curves[arm]["gap"][-1])
        for arm in ("REINFORCE, others", "Gumbel-softmax")
    )
    return {
        "n_runs": f"{relaxed.shape[1]}",
        "many_lower": f"{int((estimate < path).sum())}",
        "many_all": f"{len(path)}",
        "bits_bias": f"{100 * (1 - share):.0f}",
        "n_up": f"{int((relaxed[-1] > relaxed[0]).sum())}",
    }
