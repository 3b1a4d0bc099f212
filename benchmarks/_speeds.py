"""How fast is each of several ways to do the same?"""

from __future__ import annotations

import time
from collections.abc import Callable


def best_speeds(
    contenders: dict[str, Callable[[], int]], repeats: int
) -> dict[str, float]:
    """What each contender does in a second, the best of `repeats` interleaved runs, so
    that a busy moment hurts nobody in particular.

    Args:
        contenders: name -> a function that does some work and gives its amount; it is
            called once before the clock runs, to be compiled and warm.
        repeats: runs of each.
    """
    best = dict.fromkeys(contenders, 0.0)
    for work in contenders.values():
        work()
    for _ in range(repeats):
        for name, work in contenders.items():
            start = time.perf_counter()
            amount = work()
            best[name] = max(best[name], amount / (time.perf_counter() - start))
    return best
