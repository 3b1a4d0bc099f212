"""Whether an answer reaches for the library's own solution: as far as that can be read
from it.

A sheet may be answered with what it imports itself, and with anything that is not this
book's. A cell that names another module of `lecture_code`, in an import, as an
attribute or as a text such as `importlib.import_module` takes, is not run. A name that
is put together while the cell runs is not seen here.
"""

import ast
import re
from collections.abc import Iterator

from tools.grading.cells import parsed
from tools.grading.sheets import Sheet
from tools.processes import ROOT

LIBRARY = "lecture_code"
ALWAYS_ALLOWED = {LIBRARY, f"{LIBRARY}.exercises"}


def module_of(name: str) -> str:
    """The longest beginning of a dotted name that is a module of the library:
    `lecture_code.search.gaussian` of `lecture_code.search.gaussian.X`.
    """
    words = name.split(".")
    for end in range(len(words), 1, -1):
        path = ROOT.joinpath(*words[:end])
        if path.is_dir() or path.with_suffix(".py").is_file():
            return ".".join(words[:end])
    return words[0]


def mentioned(source: str) -> Iterator[str]:
    """Every dotted name of the library in a source: imported, as an attribute, or in a
    text that is nothing but that name.
    """
    for node in (inner for outer in parsed(source) for inner in ast.walk(outer)):
        if isinstance(node, ast.Import):
            yield from (
                alias.name
                for alias in node.names
                if alias.name.split(".")[0] == LIBRARY
            )
        elif (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").split(".")[0] == LIBRARY
            and not node.level
        ):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and (name := ast.unparse(node)).startswith(
            f"{LIBRARY}."
        ):
            yield name
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(rf"{LIBRARY}(\.\w+)+", node.value)
        ):
            yield node.value


def allowed_modules(sheet: Sheet) -> set[str]:
    """The modules of the library that the student's version of the sheet imports."""
    names = {
        name
        for cell in sheet.notebook.cells
        if cell.cell_type == "code"
        for name in mentioned(public_part(cell.source))
    }
    return {module_of(name) for name in names} | ALWAYS_ALLOWED


def public_part(source: str) -> str:
    """A source without solution and hidden tests; where that leaves an unfinished
    function, a `pass` finishes it.
    """
    from tools.grading.cells import REGION

    def unfinished(region: re.Match[str]) -> str:
        text = region[0]
        indentation = text[: len(text) - len(text.lstrip(" \t"))]
        return indentation + "pass"

    return REGION.sub(unfinished, source)


def refused(source: str, allowed: set[str]) -> list[str]:
    """The modules of the library that a student's cell reaches for, and may not."""
    return sorted({module_of(name) for name in mentioned(source)} - allowed)
