"""One thread for BLAS, OpenMP and torch.

A sum that two threads share is rounded otherwise than on one thread. A short training
makes such a difference large: after 200 batches a network can be right on other digits.
So the runs compute on one thread, and so does every page that trains with torch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits


def use_one_thread() -> None:
    """All libraries compute on one thread from here on: for the first cell of a page.

    So a reader with many cores sees the numbers of the text. Networks of a page are
    small, and one thread is hardly slower.
    """
    threadpool_limits(limits=1)
    torch: Any = sys.modules.get("torch")
    if torch:
        torch.set_num_threads(1)


@contextmanager
def on_one_thread() -> Iterator[None]:
    """All libraries compute on one thread inside, and as before afterwards.

    Runs are parallel; more threads in each would also slow them down.
    """
    torch: Any = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    with threadpool_limits(limits=1):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)
