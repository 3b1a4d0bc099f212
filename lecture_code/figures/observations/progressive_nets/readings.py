"""What the chapter reads from the result `progressive_nets_parts`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.observations.progressive_nets.parts import USUAL, name_of
from lecture_code.show import GREY, METHOD_COLOURS

Array = NDArray[np.float64]

OLD = METHOD_COLOURS["simulation"]
NEW = METHOD_COLOURS["progressive nets"]
HEADS = {
    "progressive": "random head",
    "copied head": "progressive",
    "frozen copy": "frozen copy",
}
"""Method of the result -> its name in figures of new columns alone."""
AS_IT_IS = GREY


def measured(
    parts: Result, domain: str, method: str, widths: tuple[int, int, int] = USUAL
) -> dict[str, Any]:
    """Everything that was measured of a method on a robot, seed by seed.

    Args:
        parts: `progressive_nets_parts`.
        domain: the robot.
        method: of the comparison.
        widths: filters and dense layer of the new column.

    Raises:
        KeyError: there is nothing of this name; the message lists the names.
    """
    name = name_of(domain, method, widths)
    if name not in parts.curves:
        known = ", ".join(parts.curves)
        raise KeyError(f"{parts.name} has no {name!r}; it has: {known}")
    entries: dict[str, Any] = parts.curves[name]
    return entries
