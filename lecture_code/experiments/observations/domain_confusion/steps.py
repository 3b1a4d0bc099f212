"""How a training is cut into steps; all runs of the chapter share it."""

from __future__ import annotations

from collections.abc import Mapping

FIRST_BATCHES = 2  # in each of the first steps: another machine computes the same
SHORT_STEPS = 3
STEP = 50  # batches of a later step


def batches_of_step(step: int, left: int) -> int:
    """Batches of step 0, 1, 2, …; never more than are left."""
    return min(FIRST_BATCHES if step < SHORT_STEPS else STEP, left)


def share_done(batches: int, length: int, measured: Mapping[str, float]) -> float:
    """Progress of a run whose tests come after its batches: 1 once it is measured."""
    return 1.0 if measured else min(batches / length, 0.99)
