"""Execute notebooks with a fresh kernel and keep only the outputs that are compared by
the tests.

    python run.py outputs [PATH ...]        without a path: every notebook of the book

A cell tagged `nbval-check-output` keeps its execution count and its output: nbval
compares later runs with them. Every other output and count, and all metadata that
differ from machine to machine, are left out, so that a notebook's diff shows what was
changed in it.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
TAG = "nbval-check-output"
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
AUTHORED = ("tags", "mystnb", "nbgrader", "slideshow", "deletable", "editable")
"""The only metadata of a cell that an author writes."""

Notebook = dict[str, Any]


def is_checked(cell: dict[str, Any]) -> bool:
    """Whether nbval compares this cell's output."""
    return cell["cell_type"] == "code" and TAG in cell["metadata"].get("tags", [])


def tidy_outputs(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs with neighbouring pieces of one stream joined (how they were cut is
    chance) and their metadata left out.
    """
    tidy: list[dict[str, Any]] = []
    for output in outputs:
        output = dict(output)
        if "text" in output:
            output["text"] = "".join(output["text"])
        if "metadata" in output:
            output["metadata"] = {}
        if "data" in output:  # a widget's number is chance, and nbval passes over it
            output["data"] = {k: v for k, v in output["data"].items() if k != WIDGET}
        if (
            output["output_type"] == "stream"
            and tidy
            and tidy[-1].get("name") == output["name"]
        ):
            tidy[-1]["text"] += output["text"]
        else:
            tidy.append(output)
    return tidy


def tidy(notebook: Notebook) -> Notebook:
    """A copy of an executed notebook as it is committed; tidying it again changes
    nothing.
    """
    cells = []
    for cell in notebook["cells"]:
        cell = {
            **cell,
            "metadata": {
                key: cell["metadata"][key]
                for key in AUTHORED
                if key in cell["metadata"]
            },
        }
        if cell["cell_type"] == "code":
            checked = is_checked(cell)
            cell["execution_count"] = cell["execution_count"] if checked else None
            cell["outputs"] = tidy_outputs(cell["outputs"]) if checked else []
        cells.append(cell)
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def text_of(notebook: Notebook) -> str:
    """The file's text, the same for the same notebook on every machine."""
    multiline = nbformat.v4.rwbase.split_lines(nbformat.from_dict(notebook))
    return json.dumps(multiline, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def execute(path: Path) -> Notebook:
    """The notebook after a run with a fresh kernel, in its own folder.

    Raises:
        CellExecutionError: a cell raised.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    return dict(notebook)


def chapters() -> list[Path]:
    """The notebooks of the book that run from top to bottom: not the exercise sheets,
    which wait for their answers.
    """
    unsolved = {ROOT / "book" / "exercises", ROOT / "book" / "assignments"}
    return [
        path
        for path in sorted((ROOT / "book").rglob("[!.]*.ipynb"))
        if not unsolved & set(path.parents)
    ]


def main(arguments: Sequence[str]) -> int:
    """Execute and rewrite the given notebooks, or all of the book; 1 if one of them
    raised (that one is left as it was).
    """
    paths = [Path(argument).resolve() for argument in arguments] or chapters()
    failed = 0
    for path in paths:
        print(f"{path.name}: ", end="", flush=True)
        try:
            notebook = tidy(execute(path))
        except CellExecutionError as error:
            print(f"FAILED\n{error}")
            failed = 1
            continue
        path.write_text(text_of(notebook), encoding="utf-8", newline="\n")
        print(f"{sum(map(is_checked, notebook['cells']))} checked cells")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
