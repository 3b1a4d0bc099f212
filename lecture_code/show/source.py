"""Code on the page, pulled from the package and never pasted."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .page import static_page

Source = Callable[..., Any] | type
"""What has a source: a function, a method or a class."""
NOTE = re.compile(r"  # type: ignore\[[\w, -]*\]")
"""A note to the type checker, with the two blanks before it."""


@dataclass(frozen=True)
class Excerpt:
    """The lines of a function that matter.

    Args:
        thing: the function.
        first, last: words of the first and of the last line that is shown; each stands
            in the function once.
    """

    thing: Source
    first: str
    last: str

    def text(self) -> str:
        """The lines under a comment with the function's name.

        Raises:
            ValueError: the words stand in no line, or in several, or the wrong way
                round.
        """
        lines = inspect.getsource(self.thing).rstrip().split("\n")
        start, end = (self._index(lines, words) for words in (self.first, self.last))
        if end < start:
            raise ValueError(
                f"{self.last!r} stands before {self.first!r} in "
                f"{self.thing.__qualname__}"
            )
        shown = textwrap.dedent("\n".join(lines[start : end + 1]))
        return f"# in {self.thing.__qualname__}\n{shown}"

    def _index(self, lines: list[str], words: str) -> int:
        numbers = [i for i, line in enumerate(lines) if words in line]
        if len(numbers) != 1:
            raise ValueError(
                f"{words!r} must stand in one line of {self.thing.__qualname__}; it "
                f"stands in {len(numbers)}"
            )
        return numbers[0]


class CodeListing:
    """Functions or classes as highlighted code, in the book and in a notebook; above a
    method stands the name of its class, and below the code the file that holds it.
    Notes to the type checker are left out.

    Args:
        things: shown one after the other.
        docstring: keep their docstrings.
    """

    def __init__(self, *things: Source | Excerpt, docstring: bool = True) -> None:
        text = "\n\n\n".join(_text(thing, docstring) for thing in things)
        self.text = NOTE.sub("", text)
        self.modules = list(dict.fromkeys(_module(thing) for thing in things))

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        return {
            "text/markdown": f"```python\n{self.text}\n```\n\n{self._files()}",
            "text/plain": self.text,
        }

    def _files(self) -> str:
        """A line with the files of the code, in the book with links."""
        files = ", ".join(_file(module) for module in self.modules)
        return f'<p class="rg-note">In {files}</p>'


def _module(thing: Source | Excerpt) -> str:
    """Name of the module of a thing: 'lecture_code.search.ars'."""
    return (thing.thing if isinstance(thing, Excerpt) else thing).__module__


def _file(module: str) -> str:
    """The file of a module. In the book it is a link to the code page of its room, as
    seen from a chapter.
    """
    file = f"<code>{module.replace('.', '/')}.py</code>"
    if not static_page():
        return file
    _, room, *below = module.split(".")
    page = f"{room}_{below[0]}" if room == "experiments" and below[1:] else room
    return f'<a href="../code/{page}.html#module-{module}">{file}</a>'


def _text(thing: Source | Excerpt, docstring: bool) -> str:
    """The code of a thing as it is shown."""
    if isinstance(thing, Excerpt):
        return thing.text()
    whole = textwrap.dedent(inspect.getsource(thing)).rstrip()
    return _owner(thing) + (whole if docstring else _without_docstring(whole))


def _owner(thing: Callable[..., Any] | type) -> str:
    """A comment line with the class of a method; nothing above a function or class."""
    *owners, _ = thing.__qualname__.split(".")
    if not owners or owners[-1] == "<locals>":
        return ""
    return f"# class {owners[-1]}\n"


def _without_docstring(text: str) -> str:
    """The source without its docstring, and without those of methods of a class."""
    (whole,) = ast.parse(text).body
    lines = text.split("\n")
    parts = [whole, *whole.body] if isinstance(whole, ast.ClassDef) else [whole]
    for part in reversed(parts):
        if not isinstance(part, ast.FunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(part) is not None:
            docstring = part.body[0]
            del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)
