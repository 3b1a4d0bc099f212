"""Docstrings are written for readers of the code, as plain text; this makes them safe
to typeset.

Formulas keep their stars and bars (`|e_t|²` is no markup), indented lines of a module's
reading guide stay as they are set, lists need no blank line before them. Backticks mark
code; `Args:`, `Raises:` and their like are Napoleon's, which runs after this.
"""

import re
from typing import Any

from sphinx.application import Sphinx

BULLET = re.compile(r"(\s*)([*-]|\d+\.) ")
# code and *emphasis* are markup
QUOTED = re.compile(r"(``[^`]+``|`[^`]+`|\*[A-Za-z][^*|]*[a-z.]\*)")


def escape(line: str) -> str:
    """One line with the characters of formulas protected.

    >>> escape("* see `a*b`, Σ_t |e_t|² and *why*")
    '* see `a*b`, Σ_t \\\\|e_t\\\\|² and *why*'
    """
    bullet = BULLET.match(line)
    start = bullet[0] if bullet else ""
    parts = QUOTED.split(line[len(start) :])
    plain = (
        re.sub(r"([*|])|_(?=\W|$)", lambda found: "\\" + found[0], part)
        if index % 2 == 0
        else part
        for index, part in enumerate(parts)
    )
    return start + "".join(plain)


def literal(lines: list[str]) -> list[str]:
    """Indented blocks as literal blocks: each gets the `::` that reStructuredText
    wants.
    """
    out: list[str] = []
    inside = False
    for line in lines:
        indented = line.startswith("    ")
        if indented and not inside and out and not out[-1]:
            out += ["::", ""]
            inside = True
        elif line and not indented:
            inside = False
        out.append(line if inside else escape(line))
    return out


def spaced(lines: list[str]) -> list[str]:
    """A blank line before the first item of every list, and the lines that continue an
    item indented as deep as its text.
    """
    out: list[str] = []
    for line in lines:
        bullet = BULLET.match(line)
        if (
            bullet
            and out
            and out[-1]
            and not BULLET.match(out[-1])
            and not out[-1].startswith(bullet[1] + " ")
        ):
            out.append("")
        out.append(line)
    return out


def typeset(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Rewrite a docstring in place."""
    lines[:] = (
        literal(spaced(lines))
        if what == "module"
        else [escape(line) for line in spaced(lines)]
    )


def readable(
    app: Sphinx,
    what: str,
    name: str,
    obj: Any,
    options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """A signature that Sphinx can parse: a default made by a function is shown as
    `...`.
    """
    return signature and signature.replace("<factory>", "..."), returns


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", readable)
    app.connect("autodoc-process-docstring", typeset, priority=400)  # before Napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
