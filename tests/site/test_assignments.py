"""The exercise sheets on the site: there for students, and without a word of a solution
or of a hidden test in any file of it.
"""

import json
import re
from pathlib import Path

import nbformat
import pytest
import snowballstemmer
from site_pages import ROOT, documents

from tools.grading.cells import regions
from tools.grading.sheets import Sheet, exercises_folder, find_sheets

pytestmark = (
    pytest.mark.browser
)  # they look at the built site, and so come after the build

PAGES = sorted((ROOT / "book" / "assignments").glob("*.ipynb"))
SHEETS = find_sheets(exercises_folder()) if exercises_folder().is_dir() else {}
TEXTS = {".html", ".js", ".ipynb", ".txt", ".md", ".json", ".xml", ".inv"}
MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")

needs_sources = pytest.mark.skipif(
    not SHEETS, reason="the sources of the exercise sheets are not in this copy"
)


STEM = snowballstemmer.stemmer("english").stemWord


def words(text: str) -> set[str]:
    """The words of a text as a search index has them: their stems, in small letters."""
    return {STEM(word.lower()) for word in re.findall(r"[A-Za-z_]\w*", text)}


def public(sheet: Sheet) -> str:
    """What students may see of a sheet."""
    text = "\n".join(cell.source for cell in sheet.notebook.cells)
    for kind in ("SOLUTION", "HIDDEN TESTS"):
        for region in regions(text, kind):
            text = text.replace(region, "")
    return text


def secret_lines(sheet: Sheet) -> set[str]:
    """Lines that only solutions and hidden tests have."""
    seen = public(sheet)
    return {
        line.strip()
        for text in sheet.secrets()
        for line in text.splitlines()
        if len(line.strip()) > 20 and line.strip() not in seen
    }


def secret_words(sheet: Sheet) -> set[str]:
    """Words of some length that only solutions and hidden tests have."""
    return {
        word for text in sheet.secrets() for word in words(text) if len(word) > 3
    } - words(public(sheet))


def index(site: Path) -> dict:
    """The search index of the site."""
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))


def documents_of(entry: int | list[int]) -> list[int]:
    return entry if isinstance(entry, list) else [entry]


def leaked_words(found: dict, sheet: Sheet, document: str) -> set[str]:
    """Words that only the secrets of a sheet have, and that the index knows of its
    page.
    """
    page = found["docnames"].index(document)
    only = secret_words(sheet)
    assert only
    return {word for word in only if page in documents_of(found["terms"].get(word, []))}


def test_every_sheet_has_its_page_and_its_file(site):
    """Each sheet is in the table of contents, has a page, and the notebook behind its
    button is the student's version to the byte.
    """
    assert PAGES
    for page in PAGES:
        document = page.relative_to(ROOT).with_suffix("").as_posix()
        assert document in documents()
        assert "rg-download-notebook" in (site / f"{document}.html").read_text(
            encoding="utf-8"
        )
        assert (
            site / "_sources" / f"{document}.ipynb"
        ).read_bytes() == page.read_bytes()
        notebook = nbformat.read(page, as_version=4)
        assert not [cell for cell in notebook.cells if cell.get("outputs")]


def test_no_source_of_a_sheet_is_on_the_site(site):
    """No document, file or name of the site belongs to the folder of sources, and no
    marker of a solution is in any of its texts.
    """
    assert not [
        name for name in index(site)["docnames"] if name.startswith("book/exercises")
    ]
    texts = [path for path in site.rglob("*") if path.suffix in TEXTS]
    assert len(texts) > 20
    assert not [path for path in texts if "book/exercises" in path.as_posix()]
    for path in texts:
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [
            marker for marker in MARKERS if marker in text and "show" not in path.parts
        ], path


@needs_sources
def test_no_line_of_a_solution_is_on_the_pages_of_the_exercises(site):
    """No line that only solutions or hidden tests have is in a page, a downloadable
    file or the search index.
    """
    for key, sheet in SHEETS.items():
        lines = secret_lines(sheet)
        assert lines
        for path in [*site.glob(f"**/assignments/{key}.*"), site / "searchindex.js"]:
            text = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))
            assert not [line for line in lines if line in text], path


@needs_sources
@pytest.mark.parametrize("key", SHEETS)
def test_the_search_index_knows_no_word_of_a_solution(site, key):
    """A word that only the solutions and hidden tests of a sheet have leads nobody to
    its page.
    """
    assert leaked_words(index(site), SHEETS[key], f"book/assignments/{key}") == set()


@needs_sources
def test_a_leak_would_be_noticed(site):
    """Negative control: had the index the words of a solution on the sheet's page, the
    test above would name them.
    """
    key, sheet = next(iter(SHEETS.items()))
    found = index(site)
    word = next(iter(secret_words(sheet)))
    found["terms"][word] = found["docnames"].index(f"book/assignments/{key}")
    assert leaked_words(found, sheet, f"book/assignments/{key}") == {word}
