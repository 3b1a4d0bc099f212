"""The whole way with nbgrader and its gradebook, on made-up students: nothing is lost,
nothing counted twice, nobody pays for somebody else.
"""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.exercises.conftest import QUICK, SHEETS
from tools.processes import ROOT, Trouble

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tools.grading import runs
    from tools.grading.course import Course
    from tools.grading.grading import Wish, grade
    from tools.grading.handouts import hand_in, samples
    from tools.grading.nbgrader_settings import quietly_named
    from tools.grading.report import Graded, summary
    from tools.grading.roster import Roster
    from tools.grading.runs import Crew

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

STUDENTS = int(
    os.environ.get("EXERCISES_STUDENTS", "8")
)  # the full proof has a hundred; its time is in the note
KINDS: dict[
    str, tuple[dict[str, str], float]
] = {  # what is answered, and the points that it earns
    "right": ({}, 10),
    "wrong": ({"q2": "def smooth(x, k):\n    return x[k - 1 :]"}, 6),
    "exit": ({"q1": "import os\nos._exit(0)"}, 7),
    "patch": (
        {
            "q1": "period = 2.5\nnp.testing.assert_allclose = lambda *a, **k: None",
            "q3": "1 / 0",
        },
        4,
    ),
}


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def scores(out: Path) -> dict[str, str]:
    return {
        row["SIS Login ID"]: row["toy"]
        for row in rows(out / "scores.csv")
        if row["SIS Login ID"]
    }


@pytest.fixture(scope="session")
def course(toy, tmp_path_factory):
    """A course in which the toy has been released, to start from."""
    folder = tmp_path_factory.mktemp("course")
    Course(folder).release(toy)
    return folder


@pytest.fixture(scope="session")
def release(course, toy):
    """The students' version of the toy."""
    return Course(course).release(toy)


@pytest.fixture(scope="session")
def crowd(toy, release, tmp_path_factory):
    """Many students of every kind, and the score that each has earned."""
    folder = tmp_path_factory.mktemp("crowd")
    earned = {}
    for number in range(STUDENTS):
        kind, (answers, score) = list(KINDS.items())[number % len(KINDS)]
        student = f"{number:03} {kind}"
        (folder / student).mkdir()
        (folder / student / "toy.ipynb").write_text(
            hand_in(toy, release, student, answers), encoding="utf-8"
        )
        earned[student] = f"{score:g}"
    return folder, earned


@pytest.fixture(scope="session")
def done(crowd, course, tmp_path_factory):
    """The crowd, graded without any disturbance."""
    out = tmp_path_factory.mktemp("done")
    shutil.copytree(course, out / "course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXERCISES_QUICK", "1")
        result = grade(Wish(crowd[0], out, SHEETS, crew=Crew(workers=2), limits=QUICK))
    return out, result


def test_everybody_gets_what_was_earned(crowd, done):
    """Each student of the crowd is in the table once, with the score of what was handed
    in.
    """
    out, result = done
    assert scores(out) == crowd[1]
    assert len(result) == STUDENTS and not [one for one in result if one.problem]


def test_the_table_is_what_the_platforms_import(done, toy):
    """The columns by which Canvas and Moodle know a student come first, then one a
    sheet, with the points possible below.
    """
    text = (done[0] / "scores.csv").read_bytes().decode("utf-8")
    assert text.splitlines()[0] == "Student,ID,SIS User ID,SIS Login ID,Section,toy"
    assert text.splitlines()[1] == "    Points Possible,,,,,10"
    questions = rows(done[0] / "questions.csv")
    assert len(questions) == 3 * STUDENTS
    assert {row["question"] for row in questions} == {
        question.title for question in toy.questions()
    }


def test_the_gradebook_is_nbgraders(done, crowd):
    """nbgrader's own database holds one submission a student, with the same scores."""
    course = Course(done[0] / "course")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with course.gradebook() as book:
            found = {
                one.student.id: f"{one.score:g}"
                for one in book.assignment_submissions("toy")
            }
    assert found == crowd[1]


def test_everybody_gets_feedback_and_no_hidden_test(done, crowd, toy):
    """A page for each student with the score and the error; no line of a hidden test is
    on it.
    """
    for student in crowd[1]:
        page = (done[0] / "feedback" / student / "toy.html").read_text(encoding="utf-8")
        assert "smooth" in page and "Score" in page
        assert "hidden_" not in page
    assert "ProcessEnded" in (done[0] / "feedback" / "002 exit" / "toy.html").read_text(
        encoding="utf-8"
    )


def test_the_teacher_is_told_where_to_look(done):
    """Patches and sudden ends are in the report; honest work is not."""
    look = {row["student"]: row["look at"] for row in rows(done[0] / "report.csv")}
    assert "numpy.testing.assert_allclose" in look["003 patch"]
    assert "q1: ProcessEnded" in look["002 exit"]
    assert look["000 right"] == look["001 wrong"] == ""


def test_a_second_run_has_nothing_to_do(done, crowd, monkeypatch):
    """With nothing changed no notebook is run and no score entered again, and the
    tables are the same to the byte.
    """
    before = (done[0] / "scores.csv").read_bytes()

    def never(*arguments):
        raise AssertionError("run again")

    monkeypatch.setattr(runs, "run", never)
    monkeypatch.setattr(Course, "score", never)
    grade(Wish(crowd[0], done[0], SHEETS, crew=Crew(workers=1), limits=QUICK))
    assert (done[0] / "scores.csv").read_bytes() == before


def test_killed_in_the_middle_and_started_again(crowd, done, tmp_path):
    """A run that is killed without warning, twice, and started again ends with the same
    tables, and nobody is in the gradebook twice.
    """
    words = [
        "grade",
        f"SUBMISSIONS={crowd[0]}",
        f"OUT={tmp_path}",
        f"EXERCISES={SHEETS}",
        "WORKERS=2",
        "SECONDS=5",
    ]
    for enough in (2, 4):
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tools.grading", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        seen = b""
        while f"\r{enough}/".encode() not in seen and (piece := process.stdout.read1()):
            seen += piece
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert not (tmp_path / "scores.csv").exists()
    assert len(list((tmp_path / "runs").glob("*.json"))) >= 4
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tools.grading", *words],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    for name in ("scores.csv", "questions.csv"):
        assert (tmp_path / name).read_bytes() == (done[0] / name).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Course(tmp_path / "course").gradebook() as book:
            assert sorted(
                one.student.id for one in book.assignment_submissions("toy")
            ) == sorted(crowd[1])


@pytest.fixture
def small(toy, release, course, tmp_path):
    """Two students: one right, one wrong."""
    shutil.copytree(course, tmp_path / "out" / "course")
    folder = tmp_path / "submissions"
    for student, answers in (("ann", {}), ("ben", KINDS["wrong"][0])):
        (folder / student).mkdir(parents=True)
        (folder / student / "toy.ipynb").write_text(
            hand_in(toy, release, student, answers), encoding="utf-8"
        )
    return Wish(folder, tmp_path / "out", SHEETS, crew=Crew(workers=2), limits=QUICK)


def test_broken_work_has_a_name_and_harms_nobody(small, toy, release):
    """An empty file, a damaged one, none at all, and strange names: each student has a
    row and a page, and the others their grades.
    """
    strange = ["Zoë Müller", "王小明", "a[b]*?", "o'brien", "dots..", "x" * 100]
    for student in strange:
        (small.submissions / student).mkdir()
        (small.submissions / student / "toy.ipynb").write_text(
            hand_in(toy, release, student, {}), encoding="utf-8"
        )
    for student, content in (
        ("empty", b""),
        ("damaged", b'{"cells": ['),
        ("binary", b"\xff\xfe"),
    ):
        (small.submissions / student).mkdir()
        (small.submissions / student / "toy.ipynb").write_bytes(content)
    (small.submissions / "nothing").mkdir()
    result = {one.student: one for one in grade(small)}
    assert {name: result[name].score for name in ("ann", "ben", *strange)} == {
        "ann": 10,
        "ben": 6,
        **dict.fromkeys(strange, 10),
    }
    said = {
        name: result[name].problem for name in ("empty", "damaged", "binary", "nothing")
    }
    assert (
        "is empty" in said["empty"]
        and "damaged at line" in said["damaged"]
        and "not text" in said["binary"]
        and "no notebook" in said["nothing"]
    )
    table = scores(small.out)
    assert [table[name] for name in said] == [""] * 4 and table["Zoë Müller"] == table[
        "王小明"
    ] == "10"
    for name in (*said, *strange):
        assert (
            small.out / "feedback" / quietly_named(name) / "toy.html"
        ).stat().st_size > 200
    assert "is empty" in (small.out / "feedback" / "empty" / "toy.html").read_text(
        encoding="utf-8"
    )
    assert "empty, toy" in summary(small.out, list(result.values()))


def test_work_that_was_handed_in_again_is_graded_again(small, toy, release):
    """A better second attempt replaces the first, in the table and in the feedback;
    work that was taken back has no score any more.
    """
    grade(small)
    assert scores(small.out) == {"ann": "10", "ben": "6"}
    (small.submissions / "ben" / "toy.ipynb").write_text(
        hand_in(toy, release, "ben", {}), encoding="utf-8"
    )
    (small.submissions / "ann" / "toy.ipynb").write_text("", encoding="utf-8")
    grade(small)
    assert scores(small.out) == {"ann": "", "ben": "10"}


def test_a_teachers_own_score_is_kept(small):
    """A score that a teacher has set in nbgrader counts, and a later run does not take
    it away.
    """
    grade(small)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Course(small.out / "course").gradebook() as book:
            book.find_grade("q2_test", "toy", "toy", "ben").manual_score = 3.5
            book.db.commit()
    grade(small)
    assert scores(small.out) == {"ann": "10", "ben": "9.5"}


def test_a_failure_of_nbgrader_is_one_students(small, monkeypatch):
    """If nbgrader refuses one submission, that student has a named error and the others
    their scores.
    """
    honest = Course.score

    def moody(self, student, *rest):
        if student == "ann":
            raise RuntimeError("no mood")
        honest(self, student, *rest)

    monkeypatch.setattr(Course, "score", moody)
    result = {one.student: one for one in grade(small)}
    assert "no mood" in result["ann"].problem and result["ben"].score == 6


def test_a_failure_of_the_wall_is_no_zero(small, monkeypatch):
    """If no process can be started, nobody is graded, and the reason is said."""

    def broken(job, wall):
        raise OSError("no processes left")

    monkeypatch.setattr(runs, "run", broken)
    result = grade(small)
    assert [one.score for one in result] == [None, None]
    assert all("no processes left" in one.problem for one in result)


def test_a_deleting_submission_takes_nothing_from_others(small, toy, release):
    """Work that deletes its folder, the submissions and the output folder leaves
    everybody's grades, whatever the wall.
    """
    deed = (
        f"import shutil\nfor p in ('.', '..', {str(small.submissions)!r}, "
        f"{str(small.out)!r}):\n    shutil.rmtree(p, ignore_errors=True)"
    )
    (small.submissions / "ann" / "toy.ipynb").write_text(
        hand_in(toy, release, "ann", {"q1": deed}), encoding="utf-8"
    )
    grade(small)
    assert scores(small.out) == {"ann": "7", "ben": "6"}


def test_a_roster_names_students_and_finds_the_missing(small, tmp_path):
    """With Canvas's own export, the columns of each student are filled in, and who
    handed in nothing has a row.
    """
    roster = tmp_path / "roster.csv"
    lines = [
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework (7)",
        "    Points Possible,,,,,10",
        '"Lee, Ann",11,S1,ANN,A,',
        '"Fox, Cy",13,S3,cy,A,',
    ]
    roster.write_text("\n".join(lines), encoding="utf-8-sig")
    result = {
        one.student: one
        for one in grade(
            Wish(
                small.submissions,
                small.out,
                SHEETS,
                roster=roster,
                crew=Crew(workers=2),
                limits=QUICK,
            )
        )
    }
    assert result["cy"].problem == "nothing was handed in"
    table = {row["SIS Login ID"]: row for row in rows(small.out / "scores.csv")}
    assert (table["ANN"]["ID"], table["ANN"]["Student"], table["ANN"]["toy"]) == (
        "11",
        "Lee, Ann",
        "10",
    )
    assert (table["cy"]["ID"], table["cy"]["toy"]) == ("13", "") and table["ben"][
        "toy"
    ] == "6"


def test_wrong_wishes_are_errors_in_words(small, tmp_path):
    """No sheets, an unknown sheet, nobody's work, two folders of one student, a missing
    roster: each says what to do.
    """
    with pytest.raises(Trouble, match="EXERCISES="):
        grade(Wish(small.submissions, small.out, tmp_path / "nowhere"))
    with pytest.raises(Trouble, match="there is: toy"):
        grade(Wish(small.submissions, small.out, SHEETS, sheet="tay"))
    with pytest.raises(Trouble, match="no roster"):
        Roster.read(tmp_path / "roster.csv", required=True)
    (small.submissions / "ANN").mkdir()
    with pytest.raises(Trouble, match="one student"):
        grade(small)
    empty = tmp_path / "others"
    (empty / "ann").mkdir(parents=True)
    with pytest.raises(Trouble, match=r"toy\.ipynb"):
        grade(Wish(empty, small.out, SHEETS))


def test_samples_can_be_graded_from_the_command_line(toy, tmp_path):
    """The sample submissions hold a perfect one, every mistake and the usual accidents;
    the command grades them and exits well.
    """
    folder = samples({"toy": toy}, tmp_path)
    there = {path.name for path in folder.iterdir()}
    assert {
        "perfect",
        "Zoë 王",
        "untouched",
        "endless",
        "exits",
        "corrupt",
        "empty",
        "missing",
        "mistake 06",
    } <= there
    for name in there - {"perfect", "mistake 01", "untouched", "corrupt", "missing"}:
        for path in (folder / name).iterdir():
            path.unlink()
        (folder / name).rmdir()
    words = [
        "grade",
        f"SUBMISSIONS={folder}",
        f"OUT={tmp_path}",
        f"EXERCISES={SHEETS}",
        "SHEET=toy",
        "SECONDS=5",
    ]
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tools.grading", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert scores(tmp_path) == {
        "perfect": "10",
        "mistake 01": "7",
        "untouched": "0",
        "corrupt": "",
        "missing": "",
    }
    with (tmp_path / "expected.csv").open(encoding="utf-8", newline="") as file:
        promised = {row["student"]: row["score"] for row in csv.DictReader(file)}
    assert scores(tmp_path).items() <= promised.items() and there == set(promised)
    assert "3 graded, 2 not" in finished.stdout
    assert json.loads(
        next((tmp_path / "runs").glob("*.json")).read_text(encoding="utf-8")
    )["outputs"]


def test_nothing_graded_has_no_score():
    """A problem is not a zero."""
    assert (
        Graded("ann", "toy", 10).score is None
        and Graded("ann", "toy", 10, {}).score == 0
    )


def test_the_roster_is_read_before_anything_is_graded(small, monkeypatch):
    """A roster that cannot be read ends the command before the first notebook runs."""
    (small.submissions / "roster.csv").write_bytes(b"name,mail\nann,a@b\n")
    monkeypatch.setattr(runs, "run", lambda *_: pytest.fail("run before it was read"))
    with pytest.raises(Trouble, match="SIS Login ID"):
        grade(small)


def test_an_answer_that_was_handed_in_twice_is_named(small, toy, release):
    """The teacher learns of a copied cell; its student has the points."""
    path = small.submissions / "ann" / "toy.ipynb"
    notebook = json.loads(hand_in(toy, release, "ann", {}))
    cells = notebook["cells"]
    place = next(n for n, cell in enumerate(cells) if cell.get("id") == "q1")
    old = {**cells[place], "id": "old", "source": ["raise NotImplementedError()"]}
    cells.insert(place, old)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    ann = next(row for row in grade(small) if row.student == "ann")
    assert ann.score == 10
    assert ann.remarks == ("q1 was handed in twice: each cell was run in its place",)
