"""How long each cell of a notebook took when it was executed for the book, kept with
the cached notebook for the instructors' run-sheet.

Notebooks are executed here (`timed`, which also `tools/execution.py` calls) or under
the tests (`tests/notebook_runs.py`); both write the same key.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from myst_nb.core.execute import cache as notebook_cache
from sphinx.application import Sphinx

KEY = "cell_seconds"
run_notebook = notebook_cache.single_nb_execution


def seconds(cell: Any) -> float:
    """Take the kernel's time stamps off a cell and return the seconds between them; 0
    for a cell that did not run.
    """
    stamps = cell.metadata.pop("execution", {})
    start, end = stamps.get("iopub.status.busy"), stamps.get("iopub.status.idle")
    if not (start and end):
        return 0.0
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def timed(notebook: Any, **options: Any) -> Any:
    """Execute a notebook; its metadata then lists the seconds of every code cell, in
    order.

    The stamps leave the cells themselves: the cache compares the cells' metadata, and a
    notebook with stamps would never match again.
    """
    result = run_notebook(notebook, record_timing=True, **options)
    notebook.metadata[KEY] = [
        round(seconds(cell), 3) for cell in notebook.cells if cell.cell_type == "code"
    ]
    return result


def cell_seconds(notebook: Path, cache: Path) -> dict[int, float]:
    """The measured seconds of a notebook's code cells by their index; empty where the
    cache has no run of it.

    The cache compares code cells only, so the text around them may have changed since
    they ran.
    """
    cells = nbformat.read(notebook, as_version=4)
    try:
        store = get_cache(cache)
        times = store.get_cache_bundle(
            store.match_cache_notebook(cells).pk
        ).nb.metadata.get(KEY, [])
    except KeyError:
        return {}
    code = [index for index, cell in enumerate(cells.cells) if cell.cell_type == "code"]
    return dict(zip(code, times, strict=False))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    notebook_cache.single_nb_execution = timed
    return {"parallel_read_safe": True, "parallel_write_safe": True}
