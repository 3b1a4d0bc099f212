"""The theme's style sheet without the rules that no page can use, and without a sheet
that only asks for another sheet.

Nine tenths of the theme's sheet is for parts that this book does not have, and a
browser shows nothing before it has read the whole sheet. A rule stays if the classes
and ids of one of its selectors occur in the pages, or as words in the scripts, which
may set them later.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from ext.icons import SHEET
from ext.maths import used_classes

ASKING = Path("styles") / "theme.css"  # the sheet that only asks for the next
BASIC = Path("basic.css")
REQUEST = '@import "../basic.css";'
NESTS = ("@media", "@supports")  # at-rules with rules inside
TEXT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/', re.DOTALL)


@dataclass(frozen=True)
class Used:
    """The names that a page or a script may give to an element.

    Attributes:
        names: classes and ids of the pages, and words of the scripts.
        beginnings: words of the scripts that end with a hyphen: a script may put the
            rest of the name together.
    """

    names: frozenset[str]
    beginnings: tuple[str, ...] = ()

    @classmethod
    def from_site(cls, site: Path) -> "Used":
        """What the built pages and their scripts use."""
        pages = [path.read_text(encoding="utf-8") for path in site.glob("**/*.html")]
        scripts = site.glob("_static/**/*.js")
        words: set[str] = set()
        for path in scripts:
            words.update(re.findall(r"[\w-]+", path.read_text(encoding="utf-8")))
        ids = {name for text in pages for name in re.findall(r'\bid="([^"]+)"', text)}
        beginnings = (word for word in words if re.fullmatch(r"\w[\w-]+-", word))
        names = frozenset(used_classes(pages) | ids | words)
        return cls(names, tuple(sorted(beginnings)))

    def may_select(self, selector: str) -> bool:
        """Whether a selector may find an element. What stands in brackets (`:not(…)`,
        `[…]`) does not count, and neither do the names of elements.
        """
        if "\\" in selector:
            return True
        plain = re.sub(r"\[[^\]]*\]", "", selector)
        while plain != (outside := re.sub(r"\([^()]*\)", "", plain)):
            plain = outside
        needed = re.findall(r"[.#]([A-Za-z_-][\w-]*)", plain)
        return all(
            name in self.names or name.startswith(self.beginnings) for name in needed
        )


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """The rules of a sheet: what stands before the braces, and what stands inside; None
    for a statement that has no braces.
    """
    hidden = TEXT.sub(lambda text: " " * len(text[0]), css)  # their braces do not count
    depth = start = opened = 0
    for mark in re.finditer(r"[{};]", hidden):
        at = mark.start()
        if mark[0] == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif mark[0] == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : at]
                start = at + 1
        elif depth == 0:
            yield css[start:at].strip(), None
            start = at + 1


def selectors(before: str) -> list[str]:
    """The selectors of a rule; a comma in brackets separates nothing."""
    found = [""]
    depth = 0
    for letter in before:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def trim(css: str, used: Used) -> str:
    """A style sheet with the rules that may select something.

    >>> trim(".a,.b{top:0}@media print{.b{top:1px}}", Used(frozenset({"a"})))
    '.a{top:0}'
    """
    kept = []
    for before, inside in rules(css):
        if inside is None:
            kept.append(f"{before};")
        elif before.startswith(NESTS):
            inner = trim(inside, used)
            kept += [f"{before}{{{inner}}}"] if inner else []
        elif before.startswith("@"):
            kept.append(f"{before}{{{inside}}}")
        elif chosen := [one for one in selectors(before) if used.may_select(one)]:
            kept.append(f"{','.join(chosen)}{{{inside}}}")
    return "".join(kept)


def answered(asking: str, basic: str) -> str:
    """The sheet that asks for Sphinx's basic sheet, with this sheet in place of the
    request; addresses are those of the folder below.
    """
    return asking.replace(REQUEST, re.sub(r"url\((?!data:)", "url(../", basic))


def write_sheets(app: Sphinx, exception: Exception | None) -> None:
    """Cut the sheets of the built site down, after the icons."""
    if exception is not None or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    sheet = static / SHEET
    used = Used.from_site(Path(app.outdir))
    sheet.write_text(trim(sheet.read_text(encoding="utf-8"), used), encoding="utf-8")
    asking, basic = (
        (static / name).read_text(encoding="utf-8") for name in (ASKING, BASIC)
    )
    (static / ASKING).write_text(answered(asking, basic), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", write_sheets, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
