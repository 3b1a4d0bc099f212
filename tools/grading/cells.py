"""The cells of an exercise sheet: what nbgrader knows of a cell, and what its source
says.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

REGION = re.compile(
    r"^[ \t]*### BEGIN (SOLUTION|HIDDEN TESTS)[^\n]*\n(.*?)^[ \t]*### END \1[^\n]*$",
    re.DOTALL | re.MULTILINE,
)
STUDENT_CELL = "student"

Notebook = Any  # nbformat.NotebookNode, which has no types


def grading(cell: Notebook) -> dict[str, Any]:
    """nbgrader's metadata of a cell."""
    return dict(cell.get("metadata", {}).get("nbgrader", {}))


def grade_id(cell: Notebook) -> str:
    """The name by which nbgrader knows a cell; empty for the student's own cells."""
    mine = grading(cell)
    return (
        str(mine.get("grade_id", ""))
        if mine.get("grade") or mine.get("solution") or mine.get("locked")
        else ""
    )


def is_test(cell: Notebook) -> bool:
    """Whether a cell is graded."""
    return bool(grading(cell).get("grade"))


def is_solution(cell: Notebook) -> bool:
    """Whether a student is to write in the cell."""
    return bool(grading(cell).get("solution"))


def regions(source: str, kind: str) -> list[str]:
    """The texts between BEGIN and END of a kind, `SOLUTION` or `HIDDEN TESTS`."""
    return [text for found, text in REGION.findall(source) if found == kind]


def public(source: str) -> str:
    """A source without the lines that are stripped from the student's version."""
    return REGION.sub("", source)


def reached(source: str) -> Iterator[str]:
    """Dotted names below an imported module, such as `numpy.testing` of
    `np.testing.assert_allclose`: some may be modules, too.
    """
    nodes = [inner for outer in parsed(source) for inner in ast.walk(outer)]
    names = {
        alias.asname or alias.name: alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in nodes:
        words = ast.unparse(node).split(".") if isinstance(node, ast.Attribute) else []
        if len(words) > 1 and words[0] in names and words[1].isidentifier():
            yield f"{names[words[0]]}.{words[1]}"


def headings(markdown: str) -> list[str]:
    """The headings in a text, without their signs."""
    return [
        line.lstrip("#").strip()
        for line in markdown.splitlines()
        if re.match(r"#+ \S", line)
    ]


def parsed(source: str) -> list[ast.stmt]:
    """The statements of a source; none where it is not plain Python."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError):
        return []


def defined(source: str) -> set[str]:
    """Names that a cell defines at its top level, imports not counted."""
    names: set[str] = set()
    for node in parsed(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            names |= {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            }
    return names


def imported(source: str) -> Iterator[str]:
    """Dotted names of modules that a cell imports, in functions too; `from a import b`
    gives `a`.
    """
    for node in (inner for outer in parsed(source) for inner in ast.walk(outer)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
