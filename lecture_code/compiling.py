"""How fast loops are compiled: once, and kept on the disk where there is room for
it.
"""

from __future__ import annotations

from typing import Any

from numba import njit


def compiler(**options: Any) -> Any:
    """numba's `njit` that keeps compiled code on the disk, or, where neither this
    folder nor the user's cache can be written to, in memory.

    Args:
        options: more of numba's options.
    """
    options |= {"nogil": True, "error_model": "numpy"}

    def decorate(function: Any) -> Any:
        try:
            return njit(function, cache=True, **options)
        except RuntimeError:  # no folder for the cache
            return njit(function, **options)

    return decorate
