"""Execute the book's notebooks for its pages, one in each core of the machine, and keep
what came out where the build looks for it.

    python -m tools.execution

Jupyter Book executes notebooks one after the other while it reads its sources. No
notebook depends on another, so they are executed side by side here, before the build,
which then finds every run in its cache. A notebook whose run is kept already is left
alone. `make test` has no need of this program: its stage of notebooks keeps the very
runs that it compares (`tests/notebook_runs.py`).
"""

import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from ext.timing import KEY, timed
from tools.outputs import ROOT, chapters

CACHE = ROOT / "_build" / ".jupyter_cache"  # where Jupyter Book has it
SECONDS = 300  # [s] a cell, as in _config.yml
WIDGET = "application/vnd.jupyter.widget-view+json"


def is_kept(path: Path, cache: Path = CACHE) -> bool:
    """Whether the cache holds a run of exactly these code cells."""
    try:
        get_cache(cache).match_cache_notebook(nbformat.read(path, as_version=4))
    except KeyError:
        return False
    return True


def live_cells(notebook: nbformat.NotebookNode) -> list[int]:
    """The numbers of the cells that show a kernel's widget: a page cannot show it."""
    return [
        number
        for number, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", ())
        if WIDGET in output.get("data", ())
    ]


def keep(notebook: nbformat.NotebookNode, path: Path, cache: Path = CACHE) -> None:
    """Put an executed notebook, with the seconds of its cells, into the cache.

    Raises:
        ValueError: it was executed without BOOK_BUILD=1, so that its cells show widgets
            that need a kernel, and the page would be empty there.
    """
    live = live_cells(notebook)
    if live:
        raise ValueError(
            f"{path.name} was executed without BOOK_BUILD=1: cells {live} show widgets "
            "of a kernel, which a page cannot show"
        )
    data = {"execution_seconds": sum(notebook.metadata[KEY])}
    bundle = CacheBundleIn(notebook, str(path), data=data)
    get_cache(cache).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def run(path: Path) -> tuple[Path, nbformat.NotebookNode, str]:
    """Execute one notebook in its own folder: its path, the notebook with what came
    out, and the traceback of the cell that failed, or nothing.
    """
    os.environ["BOOK_BUILD"] = "1"  # the kernel inherits it: static pages, no widgets
    notebook = nbformat.read(path, as_version=4)
    result = timed(notebook, cwd=str(path.parent), timeout=SECONDS, allow_errors=False)
    return path, notebook, result.exc_string or ""


def run_all(paths: Iterable[Path], cache: Path = CACHE) -> list[str]:
    """Execute the notebooks that the cache does not know and keep their runs; what
    failed, in words. A run that failed is not kept.
    """
    failures = []
    missing = [path for path in paths if not is_kept(path, cache)]
    context = get_context("spawn")  # a fork would inherit open event loops
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        for done in as_completed([pool.submit(run, path) for path in missing]):
            path, notebook, failure = done.result()
            if failure:
                failures.append(f"{path.name} failed:\n{failure}")
                continue
            keep(notebook, path, cache)
            print(f"{path.name}: {sum(notebook.metadata[KEY]):.1f} s", flush=True)
    return failures


def main() -> int:
    """Execute what is missing of the book; 1 if a notebook failed."""
    failures = run_all(chapters())
    print("\n".join(failures), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
