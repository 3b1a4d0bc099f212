"""What must hold of the switch and of the page's sources."""

import re
from pathlib import Path

import pytest
import yaml

import lecture_code.show as show
from ext.page import NEEDED_FOR
from lecture_code.show import assets, page

ROOT = Path(__file__).resolve().parents[2]


def test_all_that_is_offered_exists():
    """Every name of `__all__` can be imported."""
    assert all(hasattr(show, name) for name in show.__all__)


@pytest.mark.parametrize(
    ("value", "static"), [(None, False), ("", False), ("0", False), ("1", True)]
)
def test_the_switch(monkeypatch, value, static):
    """BOOK_BUILD decides, at the time of asking."""
    if value is not None:
        monkeypatch.setenv("BOOK_BUILD", value)
    assert page.static_page() is static


def test_the_switch_is_read_in_one_place():
    """No other file of the package mentions the variable in code."""
    package = Path(page.__file__).resolve().parents[1]
    readers = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"""["']BOOK_BUILD["']""", path.read_text(encoding="utf-8"))
    ]
    assert readers == ["page.py"]


def test_a_missing_source_is_explained(monkeypatch, tmp_path):
    """A name that does not exist lists those that do; a missing folder tells how to
    install.
    """
    with pytest.raises(FileNotFoundError, match=r"nothing\.js.*robot-replay\.js"):
        assets.web_source("nothing.js")
    monkeypatch.setattr(assets, "WEB", tmp_path / "web")
    with pytest.raises(FileNotFoundError, match="pip install -e"):
        assets.web_source("other.js")


def test_scripts_are_classic_and_ask_nobody():
    """The elements need no module, no request and no other origin, so that they work
    from a file and inside JupyterLab.
    """
    for name in assets.SCRIPTS:
        code = re.sub(r"/\*.*?\*/|//.*", "", assets.web_source(name))
        assert not re.search(
            r"^\s*(import|export)\b|\bfetch\(|XMLHttpRequest|https?:",
            code,
            re.MULTILINE,
        )
        assert len(assets.web_source(name).encode()) < 20_000


TAKEN = r"^  const [^;\n]*\{([\w, ]+)\} = (?:window\.)?RealityGap\b"
GIVEN = r"^  RealityGap\.(\w+) = ", r"^  Object\.assign\(RealityGap, \{([\w, ]+)\}"


def names_in(code: str, *patterns: str) -> set[str]:
    """The names in the groups of the patterns, wherever a line fits."""
    groups = [g for p in patterns for g in re.findall(p, code, re.MULTILINE)]
    return set(re.findall(r"\w+", " ".join(groups)))


def test_what_a_script_takes_was_given_before():
    """In the package's order, in the site's order, and on each page that carries the
    script: the one that gives it has been loaded.
    """
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    site = [name for name, _ in config["sphinx"]["config"]["html_js_files"]]
    assert {"architecture-search.js", "choice-simplex.js"} < set(site)
    for order in (assets.SCRIPTS, site):
        pages_of: dict[str, set[str] | None] = {}  # None: on every page
        for name in order:
            code = assets.web_source(name)
            words = NEEDED_FOR.get(name)
            for one in names_in(code, TAKEN):
                assert one in pages_of, f"{name} takes {one} before it is there"
                giver = pages_of[one]
                assert giver is None or (words and set(words) <= giver), (name, one)
            carried = None if words is None else set(words)
            pages_of |= dict.fromkeys(names_in(code, *GIVEN), carried)


def test_prose_marks_up_and_escapes():
    """Code and emphasis are marked up, and everything else is text."""
    assert (
        page.prose("a < b, `x*y*z` is *not* 2*3*4")
        == "a &lt; b, <code>x*y*z</code> is <em>not</em> 2*3*4"
    )
