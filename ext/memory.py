"""The build looks for garbage less often.

A page is a tree of many thousand nodes, and each node knows the node above it. Python's
collector visits all of them again and again while such trees are read and copied; that
took more time than the work itself. Here it waits for more new objects before it looks.
"""

import gc
from typing import Any

from sphinx.application import Sphinx

YOUNG = 100_000  # new objects before the collector looks at them, usually some hundreds
OLDER = 50  # looks at these before it looks at what they left, usually 10


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    gc.set_threshold(YOUNG, OLDER, OLDER)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
