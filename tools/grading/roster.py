"""The students of a course, as a learning platform or a spreadsheet writes them down.

A roster is a CSV file with Canvas's columns; one of those with ids is enough. Excel
writes such a file in many ways: in UTF-8 or UTF-16, in the encoding of Western European
Windows (cp1252), with semicolons or tabs, with a first line `sep=;`. All of these are
understood.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lecture_code.exercises import same_student
from tools.processes import Trouble

# The columns by which Canvas knows a student.
LEARNING_PLATFORM = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
IDS = ("SIS Login ID", "SIS User ID", "ID", "Student")
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""The bytes with which a file may begin, and the encoding that they stand for."""
SEPARATORS = ",;\t|"
CURE = (
    'save it again as "CSV UTF-8" (Excel: Save As, LibreOffice: Edit filter settings)'
)


@dataclass(frozen=True)
class Roster:
    """The students of a course; rows of the platform's columns, and no row at all where
    there is no roster. `note` says what a teacher should check.
    """

    rows: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    note: str = ""

    @classmethod
    def read(cls, path: Path, *, required: bool) -> "Roster":
        """The roster in a file.

        Raises:
            Trouble: it was named but is not there, it is no text, or it has none of the
                columns with ids.
        """
        if not path.is_file():
            if required:
                raise Trouble(f"There is no roster {path}.")
            return cls()
        text, note = decoded(path)
        rows = [row for row in table_in(text, path) if any(map(row.get, IDS))]
        if not rows:
            raise Trouble(
                f"{path} needs a first line with at least one of these columns, and "
                f"students below it: {', '.join(IDS)}."
            )
        return cls([row for row in rows if not is_heading(row)], note)

    def students(self) -> list[str]:
        """An id for each student: the first that is filled in."""
        return [next(filter(None, map(row.get, IDS))) for row in self.rows]

    def row(self, student: str) -> Mapping[str, str]:
        """The platform's columns for the student whose folder has this name."""
        for row in self.rows:
            if same_student(student) in ids_of(row):
                return {name: row.get(name, "") for name in LEARNING_PLATFORM}
        return {"Student": student, "SIS Login ID": student}

    def matches(self, student: str, folders: Iterable[str]) -> bool:
        """Whether one of the folders belongs to the student of the roster."""
        ids = ids_of(self.row(student))
        return any(same_student(folder) in ids for folder in folders)


def ids_of(row: Mapping[str, str]) -> set[str]:
    """Every id by which a row knows its student."""
    return {same_student(row.get(name, "")) for name in IDS} - {""}


def is_heading(row: Mapping[str, str]) -> bool:
    """Whether a row is Canvas's second line of headings, the points possible."""
    return "points possible" in row.get("Student", "").lower()


def decoded(path: Path) -> tuple[str, str]:
    """The text of a file, and what a teacher should check if its encoding is a guess.

    Raises:
        Trouble: it is no text in an encoding that we know.
    """
    data = path.read_bytes()
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return strictly(data, encoding, path), ""
    if 0 in data[:2]:  # UTF-16 without a mark: every other byte of ASCII is zero
        return strictly(data, "utf-16-be" if data[0] == 0 else "utf-16-le", path), ""
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        text = strictly(data, "cp1252", path)
    note = (
        f"{path.name} is not UTF-8. It was read as Western European Windows text "
        f"(cp1252): if names look wrong, {CURE}."
    )
    return text, note


def strictly(data: bytes, encoding: str, path: Path) -> str:
    """The text of some bytes.

    Raises:
        Trouble: they are none in this encoding, or hold what no text holds.
    """
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Trouble(f"{path} cannot be read as text: {CURE}.")
    return text


def table_in(text: str, path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV text by the names in its first line, blanks at the ends left
    out.

    Raises:
        Trouble: a quotation mark is open at the end, or a cell is too long.
    """
    first, _, rest = text.partition("\n")
    separator = ""
    if first.strip().strip('"').lower().startswith("sep="):
        separator = first.strip().strip('"')[4:5] or "\t"
        text = rest
        first = rest.partition("\n")[0]
    separator = separator or max(SEPARATORS, key=lambda sign: known(first, sign))
    form: dict[str, Any] = {"delimiter": separator, "skipinitialspace": True}
    lines = csv.reader(io.StringIO(text, newline=""), strict=True, **form)
    try:
        header = [name.strip() for name in next(lines, [])]
        for line in lines:
            yield dict(zip(header, map(str.strip, line), strict=False))
    except csv.Error as error:
        raise Trouble(
            f"{path} breaks off or is damaged at line {lines.line_num} ({error})."
        ) from error


def known(first_line: str, separator: str) -> int:
    """How many of the platform's columns a first line has with this separator."""
    names = {name.strip().strip('"').strip() for name in first_line.split(separator)}
    return len(names & set(LEARNING_PLATFORM))
