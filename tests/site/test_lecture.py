"""The lecture's data file against the chapters, and the pages that are made from names:
notation, code reference, bibliography.
"""

import doctest
import importlib
import json
import re
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest
from site_pages import ROOT, documents

from ext import docstrings
from ext.chapters import Lecture, load, notebook_sections

LECTURE = load()
CHAPTERS = list(LECTURE.chapters.values())
EXISTING = [chapter for chapter in CHAPTERS if chapter.exists]
PROSE = sorted((ROOT / "book").glob("*.md")) + [
    chapter.notebook for chapter in EXISTING
]


def leaves(branches: Any) -> list[str]:
    """The chapters that a map names, in order."""
    return [
        key
        for branch in branches
        for key in ([branch["chapter"]] if "chapter" in branch else [])
        + leaves(branch.get("branches", []))
    ]


def resolve(name: str) -> Any:
    """What a dotted name below `lecture_code` stands for; a field of a dataclass counts
    as there.

    Raises:
        AttributeError: there is no such thing.
    """
    room, *rest = name.split(".")
    found: Any = importlib.import_module(f"lecture_code.{room}")
    for part in rest:
        if is_dataclass(found) and part in found.__dataclass_fields__:
            return found.__dataclass_fields__[part]
        if not hasattr(found, part) and hasattr(found, "__path__"):
            importlib.import_module(f"{found.__name__}.{part}")
        found = getattr(found, part)
    return found


def rows_of(page: str, after: str) -> list[list[str]]:
    """The rows of a page's first table below a line."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(after)[2]
    table = re.search(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    assert table is not None
    return [line.split("|") for line in table[0].splitlines()[2:]]


NOTATION = rows_of("book/notation.md", "# Notation")
WORDS = rows_of("CONTRIBUTING.md", "## Words")


def code_names() -> list[str]:
    """The names in the third column of the tables of symbols and of words."""
    rows = [*NOTATION, *WORDS]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row[3])]


def test_the_book_has_a_chapter() -> None:
    """At least one chapter exists; the tests below would prove nothing otherwise."""
    assert EXISTING


@pytest.mark.parametrize("chapter", EXISTING, ids=lambda chapter: chapter.key)
def test_a_chapter_is_in_the_contents_and_has_its_module_and_tests(chapter) -> None:
    """Notebook, entry in the table of contents, module and tests come together, under
    one name.
    """
    assert chapter.document in documents()
    assert importlib.import_module(chapter.module)
    tests = (
        f"{chapter.room}/test_*.py"
        if chapter.room
        else f"{chapter.part}/test_{chapter.code or chapter.key}*.py"
    )
    assert list((ROOT / "tests").glob(tests))


@pytest.mark.parametrize("chapter", EXISTING, ids=lambda chapter: chapter.key)
def test_the_minutes_of_a_chapter_are_those_of_its_sections(chapter) -> None:
    """The data file lists exactly the sections that the notebook has, in order, and
    their minutes add up to the chapter's.
    """
    headings = [
        heading for heading, _ in notebook_sections(chapter.notebook) if heading
    ]
    assert [heading for heading, _ in chapter.sections] == headings
    assert sum(minutes for _, minutes in chapter.sections) == chapter.minutes


def test_the_contents_follow_the_lecture() -> None:
    """The chapters in the table of contents are those that exist, in the order of the
    data file.
    """
    assert [
        name
        for name in documents()
        if name.split("/")[1] in {part.key for part in LECTURE.parts}
    ] == [chapter.document for chapter in EXISTING]


def test_no_chapter_is_missing_from_the_lecture() -> None:
    """Every notebook in a part's folder is a chapter of the data file."""
    notebooks = {
        path
        for part in LECTURE.parts
        for path in (ROOT / "book" / part.key).glob("*.ipynb")
    }
    assert notebooks == {chapter.notebook for chapter in EXISTING}


def test_slides_point_into_their_chapter() -> None:
    """No chapter lists a heading twice; a slide's section is one of the chapter's; of
    two chapters that share a heading one names its part of it.
    """
    for chapter in CHAPTERS:
        headings = [slide.heading for slide in chapter.slides]
        assert headings and len(set(headings)) == len(headings)
        assert {slide.section for slide in chapter.slides if slide.section} <= {
            heading for heading, _ in chapter.sections
        }
    shared = [slide for chapter in CHAPTERS for slide in chapter.slides]
    for slide in shared:
        same = [other for other in shared if other.heading == slide.heading]
        assert len(same) == 1 + sum(bool(other.note) for other in same) or len(
            same
        ) == sum(bool(other.note) for other in same)


def test_the_map_leads_to_every_chapter_once() -> None:
    """The map of methods names each chapter exactly once."""
    assert sorted(leaves(LECTURE.map)) == sorted(chapter.key for chapter in CHAPTERS)


def test_the_lecture_can_be_read_from_another_file(tmp_path: Path) -> None:
    """A slide is a heading, or a heading with a section; a chapter without a notebook
    does not exist.
    """
    path = tmp_path / "lecture.yml"
    path.write_text("""
parts:
  - key: p
    title: P
    chapters:
      - key: c
        title: C
        question: "?"
        minutes: 5
        sections: {One: 5}
        slides: [A, {heading: B, section: One}]
map: [{branch: x, chapter: c, text: y}]
""")
    lecture: Lecture = load(path)
    chapter = lecture.chapters["c"]
    assert [(slide.heading, slide.section) for slide in chapter.slides] == [
        ("A", ""),
        ("B", "One"),
    ]
    assert not chapter.exists and chapter.module == "lecture_code.p.c"


@pytest.mark.parametrize("name", sorted(set(code_names())))
def test_a_name_of_the_tables_is_in_the_code(name: str) -> None:
    """Each code name that the tables of symbols and of words give can be imported."""
    assert resolve(name) is not None


def test_a_word_has_one_meaning() -> None:
    """The dictionary has each word once, with a meaning and a name in code."""
    words = [word.strip() for row in WORDS for word in row[1].split(",")]
    assert len(words) == len(set(words)) > 30
    assert all(row[2].strip() and "`" in row[3] for row in WORDS)


def test_a_wrong_name_in_the_notation_table_is_noticed() -> None:
    """A name that the code does not have is refused, a field of a dataclass that it
    does not have as well.
    """
    assert len(code_names()) > 10
    for name in (
        "simulation.Trajectories.colour",
        "simulation.roll_out",
        "learning.LinearPolicy.theta_two",
    ):
        with pytest.raises((AttributeError, ImportError)):
            resolve(name)


def test_every_module_has_its_place_in_the_code_reference() -> None:
    """The pages on the code name each module exactly once, and none that does not
    exist.
    """
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "book" / "code").glob("*.md")
    )
    listed = re.findall(r"automodule:: ([\w.]+)", text)
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "lecture_code").rglob("*.py")
        if not path.name.startswith("__")
    ]
    assert sorted(listed) == sorted(modules)


def test_citations_and_bibliography_agree() -> None:
    """What the pages cite is in the bibliography; its entries have authors, a title and
    a year, and no key twice.
    """
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    entries = dict(
        re.findall(r"@\w+\{([^,]+),(.*?)\n\}", bibliography, flags=re.DOTALL)
    )
    assert len(entries) == bibliography.count("\n@") > 10
    for key, entry in entries.items():
        fields = set(re.findall(r"^\s*(\w+) = ", entry, flags=re.MULTILINE))
        assert {"author", "title"} <= fields and fields & {"year", "note"}, key
    cited = {
        key.strip()
        for path in PROSE
        for keys in re.findall(
            r"\{cite[:\w]*\}`+([^`]+)`", path.read_text(encoding="utf-8")
        )
        for key in keys.split(",")
    }
    assert cited and cited <= set(entries)


def test_the_lock_file_names_no_registry() -> None:
    """Packages are pinned by version and checksum; where they are fetched from is the
    reader's own setting.
    """
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))[
        "packages"
    ]
    assert len(packages) > 3
    assert [
        name
        for name, entry in packages.items()
        if name and ("resolved" in entry or "integrity" not in entry)
    ] == []


def test_formulas_in_docstrings_are_no_markup() -> None:
    """Stars and bars of formulas are escaped; code, emphasis and bullets are left
    alone; lists get the blank line that they need.
    """
    assert doctest.testmod(docstrings).failed == 0
    assert doctest.testmod(docstrings).attempted > 0
    lines = ["Deviations:", "* one |x|", "  and more", "* two"]
    docstrings.typeset(None, "function", "", None, None, lines)
    assert lines == ["Deviations:", "", r"* one \|x\|", "  and more", "* two"]


def test_a_reading_guide_keeps_its_set_lines() -> None:
    """Indented lines of a module's docstring become a literal block, formulas
    untouched.
    """
    lines = ["Idea.", "", "    (1)  a*b", "", "Read on."]
    docstrings.typeset(None, "module", "", None, None, lines)
    assert lines == ["Idea.", "", "::", "", "    (1)  a*b", "", "Read on."]
