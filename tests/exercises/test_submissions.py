"""Whatever is in a student's folder: it is read, or its fault has a name; and every
answer comes to its place in the sheet.
"""

import json
from copy import deepcopy

import nbformat
import pytest

from tests.exercises.conftest import cell_of, graded_cells
from tools.grading.cells import grade_id
from tools.grading.submissions import (
    LARGEST,
    Unreadable,
    claimed_student,
    find,
    handed_in_twice,
    load,
    means,
    read,
    restore,
    students_in,
)
from tools.processes import Trouble


def text(notebook):
    return json.dumps(notebook)


@pytest.fixture
def folder(tmp_path, toy):
    """Ann's folder, with the reference in it."""
    ann = tmp_path / "ann"
    ann.mkdir()
    (ann / "toy.ipynb").write_text(text(toy.notebook), encoding="utf-8")
    return ann


HEAD = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '
BROKEN = {
    "empty": (b"", "is empty"),
    "cut off": (b'{"cells": [', "breaks off or is damaged at line 1"),
    "no notebook": (b"[1, 2]", "not a notebook"),
    "no cells": (
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        "not a notebook",
    ),
    "cells that are none": (
        HEAD + b"[1]}",
        "not a notebook",
    ),
    "a cell without a source": (
        HEAD + b'[{"cell_type": "code"}]}',
        "not a notebook",
    ),
    "a cell of a strange type": (
        HEAD + b'[{"cell_type": "x", "source": ""}]}',
        "not a notebook",
    ),
    "nbgrader's data damaged": (
        HEAD + b'[{"cell_type": "code", "source": "", "metadata": {"nbgrader": 3}}]}',
        "not a notebook",
    ),
    "no text": (b"\xff\xfe\x00PK\x03\x04", "not text"),
    "nested without end": (b"[" * 100_000, "nested too deeply"),
    "too large": (b" " * (LARGEST + 1), "too large"),
    "the name of something": (b"null", "not a notebook"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_file_has_a_name_for_its_fault(folder, content, said):
    """Each kind of broken file gives the student's name, no notebook, and a sentence
    that says what is wrong with it.
    """
    (folder / "toy.ipynb").write_bytes(content)
    found = load(folder, "toy")
    assert found.student == "ann" and found.notebook is None
    assert said in found.problem and "toy.ipynb" in found.problem


def test_a_notebook_of_an_older_format_is_read(folder):
    """nbformat 4.0 without ids, sources as lists of lines, a byte-order mark: what
    other programs write is understood.
    """
    cells = [
        {
            "cell_type": "code",
            "metadata": {},
            "source": ["x = 1\n", "y = 2"],
            "outputs": [],
            "execution_count": 3,
        }
    ]
    old = {"nbformat": 4, "nbformat_minor": 0, "metadata": {}, "cells": cells}
    (folder / "toy.ipynb").write_text("\ufeff" + json.dumps(old), encoding="utf-8")
    assert read(folder / "toy.ipynb").cells[0].source == "x = 1\ny = 2"


def test_a_missing_file_is_named_with_what_is_there(folder):
    """The message lists the notebooks that were handed in instead."""
    (folder / "toy.ipynb").rename(folder / "diary.ipynb")
    with pytest.raises(
        Unreadable,
        match=r"no file toy.ipynb was handed in; the folder holds diary.ipynb",
    ):
        find(folder, "toy")


@pytest.mark.parametrize(
    "name",
    [
        "toy (1).ipynb",
        "toy-2.ipynb",
        "ann_toy.ipynb",
        "Toy.ipynb",
        "toy_final.ipynb",
        "deeper/toy/toy.ipynb",
    ],
)
def test_a_file_that_was_renamed_on_its_way_is_found(folder, name):
    """What browsers, platforms and people add to a name does not matter."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "toy.ipynb").rename(folder / name)
    assert find(folder, "toy") == folder / name


def test_other_names_are_not_taken_for_the_sheet(folder):
    """A sheet is not found in the middle of another's name, and what systems leave
    behind is none.
    """
    (folder / "toy.ipynb").rename(folder / "toyota.ipynb")
    for name in (".ipynb_checkpoints/toy.ipynb", "__MACOSX/toy.ipynb", "._toy.ipynb"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    with pytest.raises(Unreadable):
        find(folder, "toy")
    assert not means(folder / "toyota.ipynb", "toy")


def test_two_candidates_are_not_guessed_between(folder):
    """Of two renamed copies neither is taken; beside the exact name, copies do not
    matter.
    """
    (folder / "toy (1).ipynb").write_bytes((folder / "toy.ipynb").read_bytes())
    assert find(folder, "toy").name == "toy.ipynb"
    (folder / "toy.ipynb").rename(folder / "toy (2).ipynb")
    with pytest.raises(Unreadable, match="more than one"):
        find(folder, "toy")


def test_a_link_is_not_followed(folder, tmp_path):
    """A file that only points elsewhere is not read: it would be somebody else's work,
    or ours.
    """
    (folder / "toy.ipynb").rename(tmp_path / "elsewhere.ipynb")
    (folder / "toy.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    assert "not a plain file" in load(folder, "toy").problem


def test_a_folder_without_students_says_what_it_should_hold(tmp_path):
    """No folder, and an empty one, are errors in words."""
    with pytest.raises(Trouble, match="SUBMISSIONS=folder"):
        students_in(tmp_path / "nowhere")
    with pytest.raises(Trouble, match=r"ann/reality_gap.ipynb"):
        students_in(tmp_path)


def rebuilt(toy, change):
    handed_in = deepcopy(toy.notebook)
    change(handed_in)
    return restore(toy, handed_in)


def sources(notebook):
    return {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}


def empty_tests(notebook):
    for cell in graded_cells(notebook):
        cell.source = "pass"


def weaken_metadata(notebook):
    for cell in graded_cells(notebook):
        cell.metadata.nbgrader.update(
            points=1000, locked=False, solution=True, grade=False
        )


def delete_tests(notebook):
    notebook.cells = [
        cell for cell in notebook.cells if not grade_id(cell).endswith("_test")
    ]


def turn_into_markdown(notebook):
    for cell in graded_cells(notebook):
        cell.cell_type = "markdown"


def rename_tests(notebook):
    for cell in graded_cells(notebook):
        cell.metadata.nbgrader.grade_id += "_mine"


def reverse(notebook):
    notebook.cells.reverse()


def double(notebook):
    notebook.cells += [
        nbformat.from_dict({**cell, "source": "assert True"})
        for cell in graded_cells(notebook)
    ]


CHANGES = [
    empty_tests,
    weaken_metadata,
    delete_tests,
    turn_into_markdown,
    rename_tests,
    reverse,
    double,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_sheets_own_cells_are_as_their_author_wrote_them(toy, change):
    """Whatever was done to tests and locked cells, in text, metadata, type, name, order
    or number, they stand in the sheet again.
    """
    again = rebuilt(toy, change)
    assert [grade_id(cell) for cell in again.cells if grade_id(cell)] == [
        grade_id(cell) for cell in toy.cells
    ]
    for cell, own in zip(graded_cells(again), toy.tests, strict=True):
        assert (cell.source, cell.metadata, cell.cell_type) == (
            own.source,
            own.metadata,
            own.cell_type,
        )


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whoever_takes_the_tests_away_gains_nothing(graded, change):
    """With a wrong second answer, the second question is lost, whatever was done to its
    test.
    """
    missing, _ = graded({"q2": "def smooth(x, k):\n    return x"}, change=change)
    assert missing == {"q2_test"}


def test_answers_are_kept(toy):
    """Each answer comes to the cell of its name."""

    def change(notebook):
        cell_of(notebook, "q2").source = "mine"

    assert sources(rebuilt(toy, change))["q2"] == "mine"


def test_own_cells_stand_where_they_stood(toy):
    """A cell of the student's own stays behind the cell that it followed, and carries
    nothing that means anything to nbgrader.
    """

    def change(notebook):
        own = nbformat.v4.new_code_cell(
            "helper = 1",
            metadata={
                "nbgrader": {
                    "grade": True,
                    "grade_id": "q9",
                    "points": 50,
                    "solution": False,
                }
            },
        )
        notebook.cells.insert(notebook.cells.index(cell_of(notebook, "q2")), own)

    cells = rebuilt(toy, change).cells
    place = next(
        number for number, cell in enumerate(cells) if cell.source == "helper = 1"
    )
    assert cells[place].metadata == {}
    assert next(grade_id(cell) for cell in cells[place:] if grade_id(cell)) == "q2"


def test_an_answer_that_was_cut_in_two_is_put_together(graded):
    """Jupyter gives both halves of a split cell the same name; the answer is both."""

    def split(notebook):
        cell = cell_of(notebook, "q2")
        half = nbformat.from_dict(json.loads(json.dumps(cell)))
        cell.source = "def smooth(x, k):\n    return means(x, k)"
        half.source = (
            "def means(x, k):\n    return np.convolve(x, np.full(k, 1 / k), 'valid')"
        )
        notebook.cells.insert(notebook.cells.index(cell) + 1, half)

    assert graded(change=split)[0] == set()


def test_a_renamed_answer_still_counts(graded):
    """An answer whose cell lost its name runs as the student's own cell, in its place:
    it was solved.
    """

    def rename(notebook):
        cell_of(notebook, "q2").metadata.nbgrader.grade_id = "something"

    assert graded(change=rename)[0] == set()


def test_a_deleted_answer_is_no_answer(graded):
    """A missing solution cell loses its question and nothing else."""

    def delete(notebook):
        notebook.cells.remove(cell_of(notebook, "q2"))

    assert graded(change=delete)[0] == {"q2_test"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("STUDENT = 'ann'", "ann"),
        ('STUDENT = "Zoë 王"  # me', "Zoë 王"),
        ("STUDENT = str(1)", ""),
        ("", ""),
    ],
)
def test_the_claimed_name_is_read(toy, line, name):
    """The id that a notebook states is read from its text."""
    assert claimed_student(toy.answered({"student": line})) == name


PERIOD = (
    'length = round(student_rng(STUDENT, "q1").uniform(0.5, 2.0), 2)\n'
    "period = 2 * np.pi * np.sqrt(length / 9.81)\n"
)
COPIES = {
    "the empty cell above": ["raise NotImplementedError()", PERIOD],
    "the empty cell below": [PERIOD, "raise NotImplementedError()"],
    "an old try above": ["period = 1 / 0", PERIOD],
    "no Python above": ["period = =", PERIOD],
    "three": ["half = 1 / 2", "1 / 0", PERIOD + "period *= 2 * half"],
}


@pytest.mark.parametrize("sources", COPIES.values(), ids=list(COPIES))
def test_each_copy_of_an_answer_runs_in_its_place(graded, sources):
    """An error in a copy of an answer cell does not keep the other copies from running,
    as in Jupyter.
    """

    def copy(notebook):
        cell = cell_of(notebook, "q1")
        place = notebook.cells.index(cell)
        copies = [nbformat.from_dict({**cell, "source": text}) for text in sources]
        notebook.cells[place : place + 1] = copies

    assert graded(change=copy)[0] == set()


def test_what_stands_between_two_copies_runs_between_them(toy):
    """The order of the cells is that of the notebook, and the copies are named."""
    handed_in = deepcopy(toy.answered({"q2": "new"}))
    new = cell_of(handed_in, "q2")
    old = nbformat.from_dict({**new, "source": "old"})
    own = nbformat.v4.new_code_cell("between")
    place = handed_in.cells.index(new)
    handed_in.cells[place:place] = [old, own]
    again = [cell.source for cell in restore(toy, handed_in).cells]
    first = again.index("old")
    assert again[first : first + 3] == ["old", "between", "new"]
    assert handed_in_twice(toy, handed_in) == ["q2"]
    assert handed_in_twice(toy, toy.notebook) == []


def test_a_copy_behind_the_test_runs_behind_the_test(graded):
    """An old try that was kept at the end of the notebook does not replace the answer,
    as in Jupyter.
    """

    def keep(notebook):
        cell = cell_of(notebook, "q1")
        notebook.cells.append(nbformat.from_dict({**cell, "source": "period = 0"}))

    assert graded({"q1": PERIOD}, change=keep)[0] == set()


def test_a_copy_above_another_question_is_an_old_try(graded):
    """A copy that stands too early runs before the answer, which counts."""

    def keep(notebook):
        cell = cell_of(notebook, "q2")
        old = nbformat.from_dict({**cell, "source": "smooth = None"})
        notebook.cells.insert(notebook.cells.index(cell_of(notebook, "q1")), old)

    assert graded(change=keep)[0] == set()
