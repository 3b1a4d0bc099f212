"""What must hold of every notebook before a cell of it is run: its checks can fail, it
is tidy, it hides no code and fetches nothing.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.outputs import TAG, chapters, execute, is_checked, text_of, tidy

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = [
    *chapters(),
    *sorted((ROOT / "book" / "assignments").glob("*.ipynb")),
]  # the sources of the sheets have tests of their own
CHAPTERS = [
    path
    for path in NOTEBOOKS
    if path.parent.name in ("dynamics", "observations", "gradients")
]
TRAIN_WITH_TORCH = (
    "architecture_search",
    "cad2rl",
    "domain_confusion",
    "estimators",
    "fine_tuning",
    "mixture_of_experts",
    "pretraining",
    "progressive_nets",
    "sequence_generation",
)
"""Chapters with a training in a live cell."""
GLUE = 12  # the longest function that a notebook may define, in lines
LINES, FUNCTIONS = 200, 5  # of code that a chapter's notebook may have
FORBIDDEN = {
    "a path of one machine": re.compile(
        r"(?<![\w.])/(?:home|Users|root|tmp|work|mnt|opt)/|\b[A-Z]:\\\\"
    ),
    "an installation": re.compile(r"\b(?:pip|conda|apt-get|npm)\s+install\b"),
    "an address on the net": re.compile(r"https?://|ftp://"),
    "a download": re.compile(
        r"\burl(?:open|retrieve)\b|\brequests\.(?:get|post)\b"
        r"|\bdownload\s*=\s*True\b|\btorch\.hub\b"
    ),
}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def text(source: str | list[str]) -> str:
    return "".join(source)


def has_comparable_output(cell: dict[str, Any]) -> bool:
    """Whether nbval finds something to compare: printed text or a plain value; it
    passes over pictures.
    """
    shown = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in cell["outputs"]
    ]
    return any(text(part).strip() for part in shown)


def vacuous_checks(notebook: dict[str, Any]) -> list[str]:
    """Checked cells that nbval would wave through, or that hold an error, and other
    cells that hold what nobody compares.
    """
    problems = []
    for cell in (cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        kinds = {output["output_type"] for output in cell["outputs"]} | {
            output.get("name") for output in cell["outputs"]
        }
        if is_checked(cell):
            if cell["execution_count"] is None or not has_comparable_output(cell):
                problems.append(
                    f"cell {cell['id']} is checked but has no count or no text to "
                    "compare: run `make outputs`"
                )
            if kinds & {"error", "stderr"}:
                problems.append(
                    f"cell {cell['id']} is checked against an error or a warning"
                )
        elif cell["execution_count"] is not None or cell["outputs"]:
            problems.append(
                f"cell {cell['id']} is not checked but has a count or an output: run "
                "`make outputs`"
            )
    return problems


def hidden_code(source: str) -> list[str]:
    """What a cell defines beyond small glue, and what is not plain Python."""
    magic = [
        line for line in source.splitlines() if line.lstrip().startswith(("!", "%"))
    ]
    if magic:
        return [f"not plain Python: {line.strip()}" for line in magic]
    problems = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            problems.append(f"class {node.name} belongs into lecture_code")
        elif (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.end_lineno - node.lineno + 1 > GLUE
        ):
            problems.append(
                f"function {node.name} has more than {GLUE} lines: it belongs into "
                "lecture_code"
            )
    return problems


def excess(notebook: dict[str, Any]) -> list[str]:
    """What a notebook holds beyond 200 lines of code, without empty lines and lines of
    comment, and beyond 5 functions: it belongs into `lecture_code.figures`.
    """
    sources = [
        text(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    lines = [
        line
        for source in sources
        for line in source.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    functions = [
        node.name
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    problems = [f"{len(lines)} lines of code"] if len(lines) > LINES else []
    many = f"{len(functions)} functions: {', '.join(functions)}"
    return problems + ([many] if len(functions) > FUNCTIONS else [])


def forbidden_words(cell: dict[str, Any]) -> list[str]:
    """Paths of a machine, installations, addresses and downloads in a code cell or in
    what it printed.
    """
    shown = [
        text(output.get("text", output.get("data", {}).get("text/plain", "")))
        for output in cell.get("outputs", [])
    ]
    everything = "\n".join([text(cell["source"]), *shown])
    return [
        f"{what}: {found[0]}"
        for what, pattern in FORBIDDEN.items()
        if (found := pattern.search(everything))
    ]


def code_cell(
    source: str,
    *,
    checked: bool = False,
    count: int | None = None,
    outputs: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    metadata = {"tags": [TAG]} if checked else {}
    return {
        "cell_type": "code",
        "id": "a",
        "metadata": metadata,
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def notebook_of(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


PICTURE = {"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {}}


def printed(words: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": words}


def test_there_are_notebooks():
    """The checks below have something to check: at least one chapter."""
    assert CHAPTERS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestEveryNotebook:
    def test_each_check_can_fail(self, path):
        """A checked cell has a count and text to compare; no other cell has a count or
        an output.
        """
        assert not vacuous_checks(read(path))

    def test_is_tidy(self, path):
        """The file is, character for character, what `make outputs` would write."""
        assert path.read_text(encoding="utf-8") == text_of(tidy(read(path)))

    def test_cells_are_named_once(self, path):
        """Every cell has an id, and no two have the same."""
        names = [cell.get("id") for cell in read(path)["cells"]]
        assert None not in names
        assert len(set(names)) == len(names)

    def test_code_is_glue(self, path):
        """Cells are plain Python that imports the package; they define no class and no
        long function.
        """
        assert not [
            problem
            for cell in read(path)["cells"]
            if cell["cell_type"] == "code"
            for problem in hidden_code(text(cell["source"]))
        ]

    def test_fetches_nothing(self, path):
        """No cell installs, downloads or reads an address, and no path of a machine is
        in it or in what it printed.
        """
        assert not [
            problem
            for cell in read(path)["cells"]
            if cell["cell_type"] == "code"
            for problem in forbidden_words(cell)
        ]

    def test_starts_with_its_title(self, path):
        """The first cell is the page's title."""
        first = read(path)["cells"][0]
        assert first["cell_type"] == "markdown"
        assert re.match(r"(?:\([\w-]+\)=\n)?# \S", text(first["source"]))

    def test_is_in_the_table_of_contents(self, path):
        """A notebook that the table of contents does not name would be neither built
        nor read.
        """
        contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
        assert path.relative_to(ROOT).with_suffix("").as_posix() in set(
            listed(yaml.safe_load(contents))
        )


def listed(node: Any) -> list[str]:
    """All files that a table of contents names."""
    if isinstance(node, list):
        return [name for value in node for name in listed(value)]
    if not isinstance(node, dict):
        return []
    return [node[key] for key in ("file", "root") if key in node] + listed(
        list(node.values())
    )


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_compares_three_results(path):
    """Every chapter prints at least three key results that nbval compares."""
    assert sum(map(is_checked, read(path)["cells"])) >= 3


@pytest.mark.parametrize("name", TRAIN_WITH_TORCH)
def test_a_page_that_trains_computes_on_one_thread(name):
    """The first code cell asks for one thread: a reader with many cores then sees the
    numbers of the text.
    """
    (path,) = (path for path in CHAPTERS if path.stem == name)
    cells = (cell for cell in read(path)["cells"] if cell["cell_type"] == "code")
    assert "use_one_thread()" in text(next(cells)["source"])


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_keeps_what_the_class_should_read(path):
    """A chapter's notebook has at most 200 lines of code and 5 functions."""
    assert excess(read(path)) == []


@pytest.mark.parametrize(
    "cell",
    [
        code_cell("print(1)", checked=True),
        code_cell("print(1)", checked=True, count=1),
        code_cell("print(1)", checked=True, outputs=[printed("1\n")]),
        code_cell("plot()", checked=True, count=1, outputs=[PICTURE]),
        code_cell(
            "f()",
            checked=True,
            count=1,
            outputs=[printed("1\n"), printed("careful", "stderr")],
        ),
        code_cell("print(1)", count=1),
        code_cell("print(1)", outputs=[printed("1\n")]),
    ],
    ids=[
        "no count, no output",
        "no output",
        "no count",
        "only a picture",
        "a warning",
        "unchecked count",
        "unchecked output",
    ],
)
def test_a_vacuous_check_is_found(cell):
    """Negative control: each way in which a comparison would be empty or wrong is
    reported.
    """
    assert vacuous_checks(notebook_of(cell))


def test_a_real_check_is_accepted():
    """A checked cell with a count and printed text or a value is in order, and so is a
    bare unchecked one.
    """
    value = {
        "output_type": "execute_result",
        "data": {"text/plain": "3"},
        "metadata": {},
        "execution_count": 2,
    }
    cells = (
        code_cell("print(1)", checked=True, count=1, outputs=[printed("1\n")]),
        code_cell("3", checked=True, count=2, outputs=[value]),
    )
    assert not vacuous_checks(notebook_of(*cells, code_cell("plot()")))


@pytest.mark.parametrize(
    "source",
    [
        "class Robot: pass",
        "def f():\n" + "    x = 1\n" * GLUE,
        "%matplotlib inline",
        "!ls",
        "if True:\n    !ls",
    ],
    ids=["class", "long function", "magic", "shell", "indented shell"],
)
def test_hidden_code_is_found(source):
    """Negative control: classes, long functions, magics and shell commands are
    reported; a short function is not.
    """
    assert hidden_code(source)
    assert not hidden_code("def f(x):\n    return x % 2\n")


def test_a_long_notebook_is_found():
    """Negative control: line 201 and the sixth function are reported; comments, empty
    lines and text do not count.
    """
    function = "def f{0}():\n    return {0}\n"
    six = [code_cell(function.format(number)) for number in range(6)]
    full = code_cell("x = 1\n# why\n\n" * LINES)
    prose = {"cell_type": "markdown", "source": "words\n" * 300}
    assert excess(notebook_of(full, prose)) == excess(notebook_of(*six[1:])) == []
    assert excess(notebook_of(full, code_cell("y = 2"))) == ["201 lines of code"]
    [functions] = excess(notebook_of(*six))
    assert functions.startswith("6 functions: f0")


@pytest.mark.parametrize(
    "source",
    [
        "open('/home/ann/data.csv')",
        "open('C:\\\\data')",
        "pip install torch",
        "urlopen(address)",
        "read('https://example.org/a.csv')",
        "MNIST(download=True)",
    ],
)
def test_forbidden_words_are_found(source):
    """Negative control: each kind of machine path, installation, address and download
    is reported, in code and in output.
    """
    assert forbidden_words(code_cell(source))
    assert forbidden_words(code_cell("show()", outputs=[printed(source)]))
    assert not forbidden_words(
        code_cell("np.load(results / 'hopper.npz') / work / home")
    )


def test_outputs_are_kept_only_where_they_are_compared(tmp_path):
    """A run fills the checked cells and no others, joins what was printed in pieces,
    and a second run changes nothing.
    """
    path = tmp_path / "small.ipynb"
    cells = (
        code_cell(
            "import sys\nfor x in 'ab':\n    print(x); sys.stdout.flush()", checked=True
        ),
        {**code_cell("print('c')"), "id": "b"},
    )
    cells[1]["metadata"] = {
        "execution": {"iopub.status.busy": "2026-01-01"},
        "collapsed": True,
        "tags": ["hide-input"],
    }
    path.write_text(json.dumps(notebook_of(*cells)), encoding="utf-8")
    first = tidy(execute(path))
    path.write_text(text_of(first), encoding="utf-8")
    assert [cell["outputs"] for cell in first["cells"]] == [[printed("a\nb\n")], []]
    assert [cell["execution_count"] for cell in first["cells"]] == [1, None]
    assert first["cells"][1]["metadata"] == {"tags": ["hide-input"]}
    assert (
        text_of(tidy(execute(path)))
        == path.read_text(encoding="utf-8")
        == text_of(tidy(read(path)))
    )


def test_of_a_table_only_the_text_is_kept():
    """The number of a widget, which is chance, goes; the text beside it stays."""
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "4f"}}
    shown = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
    shown["data"] = {"text/plain": "method  return", **view}
    cell = code_cell("table", checked=True, count=1, outputs=(shown,))
    (kept,) = tidy(notebook_of(cell))["cells"][0]["outputs"]
    assert kept["data"] == {"text/plain": "method  return"}
    assert len(shown["data"]) == 2  # the notebook that was executed is left as it was
