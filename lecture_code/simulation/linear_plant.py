"""x⁺ = A x + B u: the plant on which claims about models are checked with a pencil."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearPlant:
    """x⁺ = A x + B u.

    Args:
        A: (S, S).
        B: (S, A).

    Raises:
        ValueError: the shapes do not fit.
    """

    A: Array
    B: Array

    def __post_init__(self) -> None:
        A, B = np.array(self.A, dtype=float), np.array(self.B, dtype=float)
        if A.ndim != 2 or A.shape[0] != A.shape[1] or B.ndim != 2 or len(B) != len(A):
            raise ValueError(
                f"A must be (S, S) and B (S, A); got {A.shape} and {B.shape}"
            )
        object.__setattr__(self, "A", A)
        object.__setattr__(self, "B", B)

    def step(self, x: Array, u: Array) -> Array:
        """The next states (N, S) of states (N, S) and actions (N, A)."""
        return np.asarray(x @ self.A.T + u @ self.B.T)
