"""What must hold of the one execution of a notebook: it fails where it should, and what
it keeps for the pages is what Jupyter's own executor gives.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache

from ext.timing import KEY, cell_seconds
from tools import execution
from tools.outputs import METADATA, ROOT, TAG

DRAW = """
from lecture_code.show import Picture, explore, new_figure
def draw(x):
    figure, axes = new_figure()
    axes.plot([0, {height}])
    return Picture(figure, alt="A line that rises to x at its right end.")
explore(draw, x=[1, 2, 3], start={{"x": 1}})
"""
PRINTED = "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n1 + 1"
FORGETFUL = """
from lecture_code.show import Explore
Explore.frame = lambda self, **values: self.draw(**values)
import itertools
count = itertools.count()
"""
APART = """
from lecture_code.show import Picture
Picture._repr_mimebundle_ = lambda self, **_: {"text/plain": str(next(count))}
"""
PICTURE = DRAW.format(height="x")
TABLE = """
class Both:
    def _repr_mimebundle_(self, **_):
        return {"text/html": "<b>3</b>", "text/plain": "return 3"}
Both()
"""
NOTEBOOKS = {
    "sound": [PICTURE, PRINTED],
    "a table": [PICTURE, (TABLE, "return 3")],
    "another table": [PICTURE, "1", (TABLE, "return 4")],
    "a frame that raises": [DRAW.format(height="1 / (x - 3)")],
    "a frame that changes": [FORGETFUL, DRAW.format(height="next(count)")],
    "a face that lives apart": [FORGETFUL, APART, PICTURE, "draw(1)"],
    "no slider": [PRINTED],
    "another output": [PICTURE, ("print(1)", "2\n")],
    "an output that is taken back": [
        PICTURE,
        "from IPython.display import clear_output; clear_output()",
    ],
}
COMPLAINTS = {
    "a frame that raises": "ZeroDivisionError",
    "a frame that changes": "x = 1 shows another frame",
    "a face that lives apart": "lives apart",
    "no slider": "a chapter has a picture with a slider",
    "another output": "Cell outputs differ",
    "another table": "Cell outputs differ",
    "an output that is taken back": "sends clear_output",
}


def cell(source: str | tuple[str, str]) -> nbformat.NotebookNode:
    """A code cell; with a text beside it, that text is compared with what it prints."""
    if isinstance(source, str):
        return nbformat.v4.new_code_cell(source)
    value = {"data": {"text/plain": source[1]}, "execution_count": 1}
    output = (
        nbformat.v4.new_output("execute_result", **value)
        if source[0] == TABLE
        else nbformat.v4.new_output("stream", name="stdout", text=source[1])
    )
    return nbformat.v4.new_code_cell(
        source[0], metadata={"tags": [TAG]}, execution_count=1, outputs=[output]
    )


def write(path: Path, *sources: str | tuple[str, str]) -> Path:
    """A notebook of these cells."""
    notebook = nbformat.v4.new_notebook(cells=list(map(cell, sources)))
    notebook.metadata.update(METADATA)
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """All of `NOTEBOOKS` under the plugin in one go: their folder, the cache, and what
    pytest said.
    """
    folder = tmp_path_factory.mktemp("runs") / "dynamics"
    cache = folder / "cache"
    folder.mkdir()
    for name, sources in NOTEBOOKS.items():
        write(folder / f"{name}.ipynb", *sources)
    program = (
        "import sys, pathlib, pytest\n"
        "from tools import execution\n"
        "keep = execution.keep\n"
        "execution.keep = lambda notebook, path: keep(notebook, path, pathlib.Path("
        "sys.argv[1]))\n"
        "sys.exit(pytest.main(sys.argv[2:]))"
    )
    options = ["-p", "tests.notebook_runs", "--nbval-lax", "--nbval-current-env"]
    plain = ["-pno:cacheprovider", "-pno:xdist", "--color=no", f"-c{os.devnull}"]
    done = subprocess.run(
        [sys.executable, "-c", program, str(cache), *options, *plain, str(folder)],
        cwd=ROOT,
        env={**os.environ, "BOOK_BUILD": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return folder, cache, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_fault_is_noticed(name, runs):
    """Negative control: a frame that raises beyond the start, a slider that shows
    another frame, a face that says something else in JupyterLab, a chapter without a
    slider, another number: each fails its notebook, and the run is not kept.
    """
    folder, cache, said = runs
    path = folder / f"{name}.ipynb"
    failures = [line for line in said.splitlines() if line.startswith("FAILED")]
    assert [line for line in failures if f"{name}.ipynb" in line], said
    assert COMPLAINTS[name] in said
    assert not execution.is_kept(path, cache)


@pytest.mark.slow
def test_a_table_is_compared_by_its_plain_text(runs):
    """What has HTML on the page alone passes by its plain text, and its run is kept."""
    folder, cache, said = runs
    assert execution.is_kept(folder / "a table.ipynb", cache), said


@pytest.mark.slow
def test_what_is_kept_is_what_jupyter_executes(runs, tmp_path, monkeypatch):
    """Oracle: of a sound notebook the cache holds the outputs that Jupyter's own
    executor gives, in their order, and the seconds of its cells.
    """
    folder, cache, said = runs
    path = folder / "sound.ipynb"
    assert "sound.ipynb" not in said.split("short test summary")[-1], said
    assert execution.is_kept(path, cache)
    monkeypatch.setenv("BOOK_BUILD", "1")
    assert execution.run_all([path], tmp_path / "other") == []

    def kept(folder: Path) -> list[list[nbformat.NotebookNode]]:
        store = get_cache(folder)
        record = store.match_cache_notebook(nbformat.read(path, as_version=4))
        notebook = store.get_cache_bundle(record.pk).nb
        assert len(notebook.metadata[KEY]) == 2 and min(notebook.metadata[KEY]) > 0
        return [cell.outputs for cell in notebook.cells]

    assert kept(cache) == kept(tmp_path / "other")
    assert [output.output_type for output in kept(cache)[1]][-1] == "execute_result"
    assert set(cell_seconds(path, cache)) == {0, 1}


@pytest.mark.slow
def test_only_what_is_missing_is_executed(tmp_path, capsys):
    """A notebook is executed once; a change of its code executes it again, and a
    failure is told in words and not kept.
    """
    path = write(tmp_path / "a.ipynb", "print(1)")
    cache = tmp_path / "cache"
    assert not execution.is_kept(path, cache)
    assert execution.run_all([path], cache) == []
    assert execution.is_kept(path, cache) and "a.ipynb" in capsys.readouterr().out
    assert execution.run_all([path], cache) == []
    assert capsys.readouterr().out == ""
    write(path, "raise ValueError('too hot')")
    [failure] = execution.run_all([path], cache)
    assert "a.ipynb" in failure and "too hot" in failure
    assert not execution.is_kept(path, cache)


@pytest.mark.slow
def test_a_run_for_pages_holds_no_widgets(tmp_path, monkeypatch):
    """Conformance: notebooks are executed for static pages whatever the environment
    says; a run with a widget of a kernel is refused, and is not kept.
    """
    monkeypatch.delenv("BOOK_BUILD", raising=False)
    source = "from lecture_code.show import quiz\nquiz('?', {'a': 'x', 'b': 'y'}, 'a')"
    path = write(tmp_path / "a.ipynb", source)
    cache = tmp_path / "cache"
    assert execution.run_all([path], cache) == []
    assert execution.is_kept(path, cache)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata[KEY] = [1.0]
    live = nbformat.v4.new_output("display_data", {execution.WIDGET: {}})
    notebook.cells[-1].outputs = [live]
    with pytest.raises(ValueError, match=r"a\.ipynb .*without BOOK_BUILD=1: cells \["):
        execution.keep(notebook, path, tmp_path / "other")
    assert not execution.is_kept(path, tmp_path / "other")
