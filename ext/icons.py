"""The theme's icons without its 0.5 MB icon script: a font with just the icons that the
built pages use, inside the theme's own style sheet.

The theme draws icons twice over: by a script that replaces them with pictures, and by a
style sheet with a font. The templates leave the script out; this extension cuts font
and style sheet down to the icons in use and puts the font into the style sheet, so that
no icon appears late.
"""

import base64
import io
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

THEME = (
    Path(str(files("pydata_sphinx_theme"))) / "theme" / "pydata_sphinx_theme" / "static"
)
SHEET = Path("styles") / "pydata-sphinx-theme.css"
FONT = Path("vendor") / "fontawesome" / "webfonts" / "fa-solid-900.ttf"
# a rule is, for instance, .fa-list:before{content:"\f03a"}
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"(\\[0-9a-f]+)"\}')
FACE = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")
VARIABLE = re.compile(r'--pst-icon-[a-z-]+:"(.)"')
DROPPED = (
    "scripts/fontawesome.js",
    "vendor/fontawesome",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
)


def used_icons(site: Path) -> set[str]:
    """Names of all icons in the pages and scripts of a site: {"fa-list", …}."""
    texts = (
        path.read_text(encoding="utf-8")
        for pattern in ("**/*.html", "_static/**/*.js")
        for path in site.glob(pattern)
        if path.name != "fontawesome.js"
    )
    return {name for text in texts for name in re.findall(r"\bfa-[a-z0-9-]+", text)}


def subset(characters: set[str]) -> str:
    """The icon font with these characters only, as a data address (woff)."""
    font = TTFont(THEME / FONT)
    subsetter = Subsetter(
        Options(
            layout_features=[],
            name_IDs=[],
            notdef_outline=False,
            glyph_names=False,
            hinting=False,
        )
    )
    subsetter.populate(unicodes=[ord(character) for character in characters])
    subsetter.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    return f"data:font/woff;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def trim(css: str, used: set[str]) -> str:
    """The theme's style sheet with the rules of the icons in use and one small font."""
    characters = set(VARIABLE.findall(css))

    def keep(rule: re.Match[str]) -> str:
        if not used & {
            name.removeprefix(".").removesuffix(":before")
            for name in rule[1].split(",")
        }:
            return ""
        characters.add(chr(int(rule[2][1:], 16)))
        return rule[0]

    css = FACE.sub("", RULE.sub(keep, css))
    family = "font-family:Font Awesome\\ 6 Free;font-style:normal;font-weight:900"
    return f"{css}@font-face{{{family};src:url({subset(characters)})}}"


def write_icons(app: Sphinx, exception: Exception | None) -> None:
    """Cut the theme's copy in the built site down, and drop what no page asks for."""
    if exception is not None or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    css = (THEME / SHEET).read_text(encoding="utf-8")
    (static / SHEET).write_text(
        trim(css, used_icons(Path(app.outdir))), encoding="utf-8"
    )
    for name in DROPPED:
        path = static / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for source_map in static.glob("**/*.map"):
        source_map.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", write_icons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
