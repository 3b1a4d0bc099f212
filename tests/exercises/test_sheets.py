"""Every exercise sheet of the book, and the toy: the reference earns everything, the
release nothing, each known mistake costs what it should.

The book's own sheets are looked for where `EXERCISES` says, or in `book/exercises`; a
course that keeps them in a private place runs the other tests without them.
"""

import builtins
import re
import symtable
import warnings
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from lecture_code.exercises import STUDENT_VARIABLE
from tests.exercises.conftest import LIAR, SHEETS, lost, points
from tools.grading import jail
from tools.grading.cells import (
    grade_id,
    grading,
    imported,
    is_solution,
    is_test,
    regions,
)
from tools.grading.execution import SheetRun, failure
from tools.grading.job import CellToRun, Limits, plan
from tools.grading.process import NotStarted, Process
from tools.grading.reference import allowed_modules, refused
from tools.grading.sheets import Sheet, exercises_folder, find_sheets
from tools.outputs import text_of, tidy
from tools.processes import ROOT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tools.grading.course import Course
    from tools.grading.handouts import PAGES, student_version

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

FOLDER = exercises_folder()
BOOK = find_sheets(FOLDER) if FOLDER.is_dir() else {}
ALL = {**find_sheets(SHEETS), **BOOK}
STUDENTS = ("Zoë Müller", "ann", "4711")  # the first has an unusual name
LIMITS = Limits(cell=60.0, total=240.0)
LIAR_NAMES = "\n".join(
    [
        "",
        "{name} = type('Answer', (Liar,), {{'__call__': lambda self, *a, **k: "
        "Liar(0.5)}})(0.5)",
    ]
)


SETTINGS = """
import os, sys
import numpy as np
torch = sys.modules.get("torch")
print(os.getcwd(), np.geterr(), np.get_printoptions(), torch and (
    torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads(),
    torch.are_deterministic_algorithms_enabled()))
"""
"""What an answer could leave behind for other questions, beside names and functions."""


def question_of(name: str) -> str:
    """The question that a cell belongs to; empty for what all questions share."""
    found = re.match(r"q\d+(?=_|$)", name)
    return found[0] if found else ""


class Examiner:
    """Runs versions of one sheet, one after the other in one process, and says which
    tests they lose.

    The process starts for the first student, as the grader starts it. Other students
    and other versions follow in the same process.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.wall = jail.best_jail([])
        self.process = None

    def close(self):
        if self.process is not None:
            self.process.__exit__()
            self.process = None

    def told(self, role, source):
        """What a cell prints that is not the notebook's."""
        return self.process.ask(CellToRun(role, role, source), 5, 30)["outputs"]

    def loses(self, answers, student=STUDENTS[0], only=""):
        """The tests that a version loses, and what the errors say; with `only`, the
        cells of the other questions are left out: they cannot matter to this question.
        """
        notebook = self.sheet.answered(answers)
        job = plan(self.sheet, notebook, student, LIMITS, "")
        if self.process is None:
            self.process = Process(job, self.wall).__enter__()
            self.settings = self.told("sheet", SETTINGS)
        outputs = []
        self.changed = []  # what would stand in the column "look at"
        self.told(
            "fresh", f"__import__('os').environ[{STUDENT_VARIABLE!r}] = {student!r}"
        )
        for cell in job.cells:
            if only and question_of(cell.name) not in ("", only):
                outputs.append([])
                continue
            answer = (
                failure("Refused", cell.refused)
                if cell.refused
                else self.process.ask(cell, LIMITS.cell, LIMITS.total)
            )
            assert not isinstance(answer, str), f"{cell.name} ended the process"
            outputs.append(answer if cell.refused else answer["outputs"])
            self.changed += [] if cell.refused else answer["changed"]
        assert self.told("sheet", SETTINGS) == self.settings, answers
        said = {
            cell.name: [one["evalue"] for one in shown if one["output_type"] == "error"]
            for cell, shown in zip(job.cells, outputs, strict=True)
        }
        return lost(self.sheet, points(notebook, SheetRun(outputs))), {
            name: words for name, words in said.items() if words
        }


@pytest.fixture(scope="module")
def examiners():
    """One examiner a sheet."""
    made = {key: Examiner(sheet) for key, sheet in ALL.items()}
    yield made
    for one in made.values():
        one.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course that has released no sheet yet; it releases each sheet once."""
    return Course(tmp_path_factory.mktemp("course"))


MISTAKES = [
    pytest.param(key, mistake, id=f"{key}: {mistake.name}")
    for key, sheet in ALL.items()
    for mistake in sheet.listed()
]


def lines_of_secrets(sheet):
    """Lines, not too short, that only a solution or a hidden test has."""
    public = "\n".join(strip(cell.source) for cell in sheet.notebook.cells)
    secret = {line.strip() for text in sheet.secrets() for line in text.splitlines()}
    return {line for line in secret if len(line) > 12 and line not in public}


def strip(source):
    for kind in ("SOLUTION", "HIDDEN TESTS"):
        for text in regions(source, kind):
            source = source.replace(text, "")
    return source


def names_in(source):
    """The names that a cell takes from its surroundings, those that it assigns, and
    those that it imports, at its top level or by `global`.
    """
    tables = [symtable.symtable(source, "cell", "exec")]
    symbols = [(one, True) for one in tables[0].get_symbols()]
    while tables:
        below = tables.pop().get_children()
        symbols += [
            (one, one.is_global()) for table in below for one in table.get_symbols()
        ]
        tables += below
    symbols = [one for one, is_global in symbols if is_global]
    reads = {one.get_name() for one in symbols if one.is_referenced()}
    assigns = {one.get_name() for one in symbols if one.is_assigned()}
    imports = {one.get_name() for one in symbols if one.is_imported()}
    return reads, assigns - imports, imports


def what_is_shared(sheet):
    """Where a question reads a name that neither its own cells up to there nor the
    cells of all questions set, and where an answer assigns a name of the latter.
    """
    found = []
    common = set()
    own = defaultdict(set)
    for cell in sheet.cells:
        name = grade_id(cell)
        question = question_of(name)
        listed = [one.source for one in sheet.listed() if one.cell == name]
        for source in (*listed, cell.source):
            reads, assigns, imports = names_in(source)
            known = common | own[question] | assigns | imports | set(dir(builtins))
            found += [f"{name} reads {word}" for word in sorted(reads - known)]
            changed = sorted(assigns & common) if question else []
            found += [f"{name} assigns {word}" for word in changed]
        (own[question] if question else common).update(assigns | imports)
    return found


def test_the_books_sheets_are_there():
    """The chapters' sheets are tested below, unless their folder is not part of this
    copy.
    """
    if not FOLDER.is_dir():
        pytest.skip(
            f"the sources of the exercise sheets are not in this copy ({FOLDER} is no "
            "folder): only the toy is tested"
        )
    assert BOOK


@pytest.mark.skipif(
    not BOOK, reason="the sources of the exercise sheets are not in this copy"
)
def test_every_chapter_has_its_sheet():
    """A chapter that exists has a sheet under its key, and a sheet has a chapter."""
    lecture = yaml.safe_load(
        (ROOT / "book" / "lecture.yml").read_text(encoding="utf-8")
    )
    keys = {
        chapter["key"]: part["key"]
        for part in lecture["parts"]
        for chapter in part["chapters"]
    }
    existing = {
        key
        for key, part in keys.items()
        if (ROOT / "book" / part / f"{key}.ipynb").exists()
    }
    assert set(BOOK) == existing


@pytest.mark.parametrize("sheet", ALL.values(), ids=list(ALL))
class TestEverySheet:
    def test_says_what_it_is(self, sheet):
        """The first cell has a title, points that are the sum of the questions',
        minutes; each question its heading; no cell has an output.
        """
        first = sheet.notebook.cells[0].source
        assert first.startswith("# ") and "minutes" in first
        assert re.search(rf"\b{sheet.points:g} points", first)
        assert (
            len({question.title for question in sheet.questions()})
            == len(sheet.questions())
            >= 3
        )
        assert not [
            cell
            for cell in sheet.notebook.cells
            if cell.get("outputs") or cell.get("execution_count")
        ]

    def test_is_tidy(self, sheet):
        """The file is as `tools.outputs` writes notebooks: its diffs show what was
        changed.
        """
        assert sheet.path.read_text(encoding="utf-8") == text_of(
            tidy(dict(sheet.notebook))
        )

    def test_is_in_order_for_nbgrader(self, sheet):
        """Every code cell is named once and is an answer, a test or locked; each answer
        hides its solution, each test has hidden parts.
        """
        names = [grade_id(cell) for cell in sheet.cells]
        assert len(set(names)) == len(names) and "student" in names
        for cell in sheet.notebook.cells:
            if cell.cell_type == "code":
                assert is_solution(cell) or grading(cell).get("locked"), (
                    f"cell {cell.id}: a student could delete it, and lose what follows"
                )
                assert grading(cell)["schema_version"] == 3
            if is_solution(cell) and grade_id(cell) != "student":
                assert regions(cell.source, "SOLUTION")
            if is_test(cell):
                assert regions(cell.source, "HIDDEN TESTS") and "assert" in strip(
                    cell.source
                )

    def test_tests_bring_what_they_use(self, sheet):
        """A test or the sheet's locked cells import all that tests use: they do not
        rest on a student's imports.
        """
        for cell in sheet.tests:
            used = set(re.findall(r"\bnp\b|\btorch\b", cell.source))
            own = "\n".join(one.source for one in sheet.cells if not is_solution(one))
            brought = {"np": "numpy", "torch": "torch"}
            assert all(brought[name] in set(imported(own)) for name in used)

    def test_knows_two_mistakes_a_question(self, sheet):
        """At least two typical wrong answers are listed for each question, each by a
        name of its own, in a cell that exists.
        """
        mistakes = sheet.mistakes()
        assert len({mistake.name for mistake in mistakes}) == len(mistakes)
        for question in sheet.questions():
            assert sum(question.test in mistake.loses for mistake in mistakes) >= 2, (
                question.test
            )
        solutions = {grade_id(cell) for cell in sheet.cells if is_solution(cell)}
        assert {mistake.cell for mistake in mistakes} <= solutions

    def test_its_own_answers_are_allowed(self, sheet):
        """Neither the reference nor a typical mistake reaches for a module that an
        answer may not import.
        """
        allowed = allowed_modules(sheet)
        answers = [cell.source for cell in sheet.cells if is_solution(cell)] + [
            mistake.source for mistake in sheet.mistakes()
        ]
        assert not [
            refused(source, allowed) for source in answers if refused(source, allowed)
        ]

    def test_questions_share_nothing(self, sheet, examiners):
        """A question reads only what its own cells or the cells of all questions set,
        and earns its points without the other questions' cells. Nothing is called
        tampered with, though libraries load some of their parts only now.
        """
        assert what_is_shared(sheet) == []
        examiner = examiners[sheet.key]
        for question in sheet.questions():
            only = question_of(question.test)
            assert only
            assert examiner.loses({}, only=only) == (set(), {}), only
            assert examiner.changed == [], only

    def test_the_reference_earns_everything(self, sheet, examiners):
        """With the numbers of several students, among them one with an unusual name, no
        point is lost, and nothing is called tampered with.
        """
        examiner = examiners[sheet.key]
        for student in STUDENTS:
            assert examiner.loses({}, student) == (set(), {}), student
            assert examiner.changed == [], student

    def test_the_release_earns_nothing_and_gives_nothing_away(
        self, sheet, examiners, course
    ):
        """The students' version scores 0, is not called tampered with, and holds no
        line of a solution or of a hidden test; the markers are gone, too.
        """
        release = course.release(sheet)
        answers = {
            grade_id(cell): cell.source for cell in release.cells if is_solution(cell)
        }
        every = {question.test for question in sheet.questions()}
        assert examiners[sheet.key].loses(answers)[0] == every
        assert examiners[sheet.key].changed == []
        text = "\n".join(cell.source for cell in release.cells)
        assert lines_of_secrets(sheet)
        assert not [line for line in lines_of_secrets(sheet) if line in text]
        assert "BEGIN" not in text and "STUDENT = " in text

    def test_an_answer_that_equals_everything_is_wrong(self, sheet, examiners):
        """Objects that pass for any number, or functions that return them, lose their
        question, because tests turn answers into plain numbers first; and they lose no
        other question.
        """
        for cell in (
            cell
            for cell in sheet.cells
            if is_solution(cell) and grade_id(cell) != "student"
        ):
            from tools.grading.cells import defined

            names = defined(cell.source)
            answer = LIAR + "".join(
                LIAR_NAMES.format(name=name) for name in sorted(names)
            )
            missing, _ = examiners[sheet.key].loses({grade_id(cell): answer})
            assert missing == {f"{grade_id(cell)}_test"}, grade_id(cell)


@pytest.mark.parametrize(("key", "mistake"), MISTAKES)
def test_a_mistake_loses_exactly_its_marks(examiners, key, mistake):
    """Each typical wrong answer loses the tests that it is listed with and no others; a
    right answer in another style loses none. Its own question's cells decide: the other
    questions read nothing of them (`test_questions_share_nothing`), and no setting of a
    library is left behind.
    """
    only = question_of(mistake.cell)
    missing, said = examiners[key].loses({mistake.cell: mistake.source}, only=only)
    assert missing == set(mistake.loses), said


@pytest.mark.parametrize("sheet", BOOK.values(), ids=list(BOOK))
def test_the_page_of_the_book_is_the_sheets_release(sheet, course):
    """The students' version that is part of the book is the one that nbgrader makes of
    the source: else, run `make assignments`.
    """
    page = PAGES / f"{sheet.key}.ipynb"
    assert page.exists(), "run `make assignments`"
    assert page.read_text(encoding="utf-8") == student_version(course, sheet), (
        "run `make assignments`"
    )


def test_the_sheets_are_found_where_the_environment_says(monkeypatch, tmp_path):
    """`EXERCISES` names the folder; without it, it is the book's."""
    monkeypatch.setenv("EXERCISES", str(tmp_path))
    assert exercises_folder() == tmp_path.resolve()
    monkeypatch.delenv("EXERCISES")
    assert exercises_folder() == (ROOT / "book" / "exercises").resolve()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("smooth = period", "q2 reads period"),
        ("def smooth(x, k):\n    return period", "q2 reads period"),
        ("def throw(rng, n):\n    return n", "q2 assigns throw"),
        ("def smooth(x, k):\n    global throw\n    throw = x", "q2 assigns throw"),
    ],
)
def test_what_is_shared_is_noticed(source, words):
    """Negative control: a question that reads another question's answer is named, and
    so is one that assigns what all questions share, in a function too.
    """
    toy = ALL["toy"]
    assert words in what_is_shared(toy.with_text_of(toy.answered({"q2": source})))


def test_a_leak_is_noticed(tmp_path):
    """Negative control: a solution outside its markers is nothing secret, inside them
    it is.
    """
    sheet = ALL["toy"]
    assert any("np.convolve" in line for line in lines_of_secrets(sheet))
    assert isinstance(sheet.path, Path) and issubclass(NotStarted, RuntimeError)
