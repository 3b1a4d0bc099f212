"""What the book knows of the lecture, from `book/lecture.yml`: its parts, their
chapters, and the slides that each chapter covers.

Start reading at `load`. The pages that list chapters are laid out in `lecture.py`.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
LECTURE = ROOT / "book" / "lecture.yml"


@dataclass(frozen=True)
class Slide:
    """A heading of the lecture; `section` is the heading of the chapter that treats it,
    `note` limits it to a part of the slide.
    """

    heading: str
    section: str = ""
    note: str = ""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book; it exists when its notebook does."""

    part: str  # key of the part: its folder
    key: str
    title: str
    question: str
    minutes: int  # to teach it
    sections: tuple[tuple[str, int], ...]  # heading, minutes
    slides: tuple[Slide, ...]
    room: str = ""  # of the package, where a chapter has one to itself
    code: str = ""  # name of the module in its room, where it is not the key

    @property
    def document(self) -> str:
        """Its name in the table of contents."""
        return f"book/{self.part}/{self.key}"

    @property
    def notebook(self) -> Path:
        """Its source, whether it exists or not."""
        return ROOT / f"{self.document}.ipynb"

    @property
    def module(self) -> str:
        """The module that it teaches."""
        name = f"{self.part}.{self.code or self.key}"
        return f"lecture_code.{self.room or name}"

    @property
    def exists(self) -> bool:
        """Whether it has been written."""
        return self.notebook.exists()


@dataclass(frozen=True)
class Part:
    """A part of the book, in the lecture's order."""

    key: str
    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Lecture:
    """The whole data file."""

    parts: tuple[Part, ...]
    map: tuple[dict[str, Any], ...]

    @property
    def chapters(self) -> dict[str, Chapter]:
        """Every chapter by its key, in order."""
        chapters = (chapter for part in self.parts for chapter in part.chapters)
        return {chapter.key: chapter for chapter in chapters}


def read_slide(entry: str | dict[str, str]) -> Slide:
    """A slide from its heading alone, or from heading, section and note."""
    return Slide(entry) if isinstance(entry, str) else Slide(**entry)


def read_chapter(part: str, entry: dict[str, Any]) -> Chapter:
    """A chapter from its entry."""
    sections = tuple(
        (str(heading), int(minutes))
        for heading, minutes in entry.get("sections", {}).items()
    )
    slides = tuple(read_slide(slide) for slide in entry["slides"])
    words = {name: entry[name] for name in ("key", "title", "question")}
    minutes = int(entry["minutes"])
    place = {name: entry.get(name, "") for name in ("room", "code")}
    return Chapter(
        part, **words, minutes=minutes, sections=sections, slides=slides, **place
    )


def read_part(entry: dict[str, Any]) -> Part:
    """A part from its entry."""
    key = entry["key"]
    chapters = tuple(read_chapter(key, chapter) for chapter in entry["chapters"])
    return Part(key, entry["title"], chapters)


@cache
def load(path: Path = LECTURE) -> Lecture:
    """Read the data file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = tuple(read_part(entry) for entry in data["parts"])
    return Lecture(parts, tuple(data["map"]))


def notebook_sections(notebook: Path) -> list[tuple[str, list[int]]]:
    """The second-level headings of a notebook with the indices of the cells below each;
    what precedes the first heading is named ''.
    """
    sections: list[tuple[str, list[int]]] = [("", [])]
    for index, cell in enumerate(nbformat.read(notebook, as_version=4).cells):
        headings = (
            re.findall(r"^## +(.+?) *#*$", cell.source, flags=re.MULTILINE)
            if cell.cell_type == "markdown"
            else []
        )
        sections.extend((heading, []) for heading in headings)
        sections[-1][1].append(index)
    return sections
