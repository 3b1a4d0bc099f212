"""Code on the page, pulled from the package and never pasted."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any


class CodeListing:
    """Functions or classes as highlighted code, in the book and in a notebook; above a
    method stands the name of its class.

    Args:
        things: shown one after the other.
        docstring: keep their docstrings.
    """

    def __init__(
        self, *things: Callable[..., Any] | type, docstring: bool = True
    ) -> None:
        parts = [textwrap.dedent(inspect.getsource(thing)).rstrip() for thing in things]
        if not docstring:
            parts = [
                _without_docstring(part, thing)
                for part, thing in zip(parts, things, strict=True)
            ]
        owners = [_owner(thing) for thing in things]
        self.text = "\n\n\n".join(map("".join, zip(owners, parts, strict=True)))

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        return {
            "text/markdown": f"```python\n{self.text}\n```",
            "text/plain": self.text,
        }


def _owner(thing: Callable[..., Any] | type) -> str:
    """A comment line with the class of a method; nothing above a function or class."""
    *owners, _ = thing.__qualname__.split(".")
    if not owners or owners[-1] == "<locals>":
        return ""
    return f"# class {owners[-1]}\n"


def _without_docstring(text: str, thing: Callable[..., Any] | type) -> str:
    """The source without the docstring of its first definition."""
    start = text.find('"""')
    if not inspect.getdoc(thing) or start < 0:
        return text
    end = text.index('"""', start + 3) + 3
    return text[:start].rstrip() + text[end:]
