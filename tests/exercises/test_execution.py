"""Behind the wall: honest work gets its points, and neither accident nor trick gets any
that were not earned, or takes somebody else's.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.exercises.conftest import LIAR
from tools.grading import jail
from tools.grading.execution import SheetRun, run
from tools.grading.job import CellToRun, Job, Limits, plan
from tools.grading.process import NotStarted, Process, well_formed
from tools.grading.reference import allowed_modules, refused

RIGHT: set[str] = set()
LINUX = pytest.mark.skipif(os.name != "posix", reason="the system has no such thing")
SMOOTH = (
    'def smooth(x, k):\n    return np.convolve(x, np.full(k, 1 / k), mode="valid")\n'
)
WRONG = (
    "def smooth(x, k):\n    return x[k - 1 :]\n"  # the right length, the wrong numbers
)


def errors(sheet_run: SheetRun) -> list[str]:
    return [
        one["ename"]
        for outputs in sheet_run.outputs
        for one in outputs
        if one["output_type"] == "error"
    ]


def words(sheet_run: SheetRun) -> str:
    return "".join(str(one) for outputs in sheet_run.outputs for one in outputs)


def test_the_reference_gets_everything(graded):
    """The reference loses nothing, and nothing had to be put back."""
    missing, sheet_run = graded()
    assert missing == RIGHT
    assert sheet_run.changed == [] and not errors(sheet_run)


def test_numbers_are_those_of_the_student_who_hands_in(graded):
    """A number worked out by somebody else, typed in by hand, is wrong; the notebook's
    own STUDENT does not count.
    """
    assert graded({"student": 'STUDENT = "ben"'})[0] == RIGHT
    assert graded({"q1": "period = 2.0"})[0] == {"q1_test"}


ACCIDENTS = {
    "nothing": "",
    "no Python": "period = = 2",
    "an exception": "1 / 0",
    "no end": "while True:\n    pass",
    "no end, and it swallows the alarm": (
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass"
    ),
    "exit": "import sys\nsys.exit(0)",
    "a hard exit": "import os\nos._exit(0)",
    "a signal to itself": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n"
        "os.kill(os.getpid(), 11)\nos.abort()"
    ),
    "a crash": "import ctypes\nctypes.string_at(0)",
    "a deep recursion": "def f(n):\n    return f(n + 1)\nf(0)",
    "all memory": "x = bytearray(10**12)",
    "closes what it can": "import os\nos.closerange(0, 256)",
    "an input": "input('your name?')",
    "a strange error": (
        "class E(Exception):\n    def __str__(self):\n        raise self\nraise E"
    ),
}


@pytest.mark.parametrize("source", ACCIDENTS.values(), ids=list(ACCIDENTS))
def test_an_accident_costs_its_own_question(graded, source):
    """Whatever goes wrong in the first answer, the first question is lost, and the
    other two are not.
    """
    missing, sheet_run = graded(
        {"q1": source}, limits=Limits(cell=1.0, total=15.0, memory=4_000_000_000)
    )
    assert missing == {"q1_test"}
    assert len(sheet_run.outputs) == 8


@pytest.mark.parametrize(
    "inside",
    [
        "while True:\n        pass",
        "import os\n    os._exit(0)",
        "raise SystemExit",
        "raise KeyboardInterrupt",
    ],
)
def test_an_accident_while_it_is_tested_costs_its_own_question(graded, inside):
    """A function that never returns, or ends the process, when the test calls it loses
    its question only.
    """
    missing, _ = graded(
        {"q2": f"def smooth(x, k):\n    {inside}\n"},
        limits=Limits(cell=1.0, total=15.0),
    )
    assert missing == {"q2_test"}


def test_when_all_time_is_used_the_rest_is_lost_in_words(graded):
    """A sheet that is over its time loses what was not reached, and says so."""
    missing, sheet_run = graded(
        {"q1": "while True:\n    pass"}, limits=Limits(cell=1.5, total=1.5)
    )
    assert missing == {"q1_test", "q2_test", "q3_test"}
    assert "TimeLimit" in errors(sheet_run)


def test_what_is_printed_is_cut(graded):
    """10⁸ characters are read without harm, the first are kept, the number of the
    others is said, and the answer still counts.
    """
    period = (
        'length = round(student_rng(STUDENT, "q1").uniform(0.5, 2.0), 2)\n'
        "period = 2 * np.pi * np.sqrt(length / 9.81)\n"
    )
    missing, sheet_run = graded(
        {"q1": f"{period}print('x' * 10**8)\nprint('y' * 10**8)"}
    )
    assert missing == RIGHT
    assert len(words(sheet_run)) < 100_000
    assert "199,980,002 more characters left out" in words(sheet_run)


def test_printing_past_python_is_not_kept(graded):
    """What a process writes straight to its outputs reaches nobody."""
    missing, sheet_run = graded(
        {
            "q2": (
                "import os\nfor n in (1, 2):\n    os.write(n, b'surprise' * 100)\n"
                f"{SMOOTH}"
            )
        }
    )
    assert missing == RIGHT and "surprise" not in words(sheet_run)


def test_warnings_cost_nothing(graded):
    """A warning while a test runs is no failure (nbgrader alone takes text on stderr
    for one).
    """
    noise = "warnings.warn(str(k)); print(k, file=sys.stderr); return"
    answer = "import sys, warnings\n" + SMOOTH.replace("return", noise)
    assert graded({"q2": answer})[0] == RIGHT


def test_magics_cost_nothing(graded):
    """What Jupyter alone understands runs, and the answer beside it counts."""
    assert graded({"q2": f"%matplotlib inline\n!ls\n%time 1\n{SMOOTH}"})[0] == RIGHT


def test_the_last_value_of_an_own_cell_is_shown_and_that_of_a_test_is_no_credit(graded):
    """A value that a student's cell ends with is an output; a number that a test ends
    with could not become partial credit.
    """
    _, sheet_run = graded({"q1": "6 * 7"})
    assert "'42'" in words(sheet_run)


TRICKS = {
    "numpy.testing": (
        "import numpy.testing\n"
        "numpy.testing.assert_allclose = lambda *a, **k: None\n"
        "np.allclose = lambda *a, **k: True"
    ),
    "numpy.testing in place": (
        "np.testing.assert_allclose.__code__ = (lambda *a, **k: None).__code__\n"
        "np.testing._private.utils.assert_array_compare.__code__ = (lambda *a, "
        "**k: None).__code__\n"
        "np.allclose = lambda *a, **k: True"
    ),
    "numpy itself": (
        "class Anything:\n"
        "    def __getattr__(self, name):\n"
        "        return lambda *a, **k: self\n"
        "    def __bool__(self):\n"
        "        return True\n"
        "    def __eq__(self, other):\n"
        "        return True\n"
        "np = Anything()"
    ),
    "numpy for everybody": (
        "import sys\n"
        "class Liar:\n"
        "    def __getattr__(self, name):\n"
        "        return self\n"
        "    def __call__(self, *a, **k):\n"
        "        return self\n"
        "    def __eq__(self, other):\n"
        "        return True\n"
        "    __hash__ = None\n"
        "sys.modules['numpy'] = Liar()"
    ),
    "builtins": (
        "import builtins\n"
        "builtins.abs = lambda x: 0\n"
        "builtins.float = lambda x: 0.1\n"
        "builtins.all = builtins.any = lambda x: True"
    ),
    "names of builtins": (
        "abs = lambda x: 0\nfloat = lambda x: 1 / 6\nall = any = lambda x: True"
    ),
    "the sheet's own tools": (
        "def student_rng(*a):\n"
        "    class R:\n"
        "        def normal(self, size):\n"
        "            return np.zeros(size)\n"
        "    return R()"
    ),
    "the library": (
        "import lecture_code.exercises as e\n"
        "import sys\n"
        "e.student_rng = lambda *a: np.random.default_rng(0)\n"
        "class Z:\n"
        "    def normal(self, size):\n"
        "        return np.zeros(size)\n"
        "e.student_rng = lambda *a: Z()"
    ),
    "the import system": (
        "import builtins\n"
        "real = builtins.__import__\n"
        "def fake(name, *a, **k):\n"
        "    m = real(name, *a, **k)\n"
        "    m.allclose = lambda *a, **k: True\n"
        "    m.testing.assert_allclose = lambda *a, **k: None\n"
        "    return m\n"
        "builtins.__import__ = fake"
    ),
    "a trace": (
        "import sys\n"
        "def trace(frame, event, arg):\n"
        "    if event == 'line' and 'test' in frame.f_code.co_filename:\n"
        "        frame.f_lineno = 10\n"
        "    return trace\n"
        "sys.settrace(trace)"
    ),
    "assertions": (
        "import builtins\n"
        "class Quiet(Exception):\n"
        "    pass\n"
        "builtins.AssertionError = Quiet\n"
        "__debug_off__ = True"
    ),
    "the shell": ("ip = get_ipython()\nip.run_cell = lambda *a, **k: None"),
    "exec": (
        "import builtins\n"
        "builtins.exec = lambda *a, **k: None\n"
        "builtins.compile = lambda *a, **k: None\n"
        "builtins.eval = lambda *a, **k: None"
    ),
    "an answer of its own": (
        "import os, json\n"
        "for n in range(3, 64):\n"
        "    try:\n"
        '        os.write(n, b\'{"number": "0", "outputs": [], "changed": '
        "[]}\\n' * 20)\n"
        "    except OSError:\n"
        "        pass"
    ),
    "the printed word": "print('10/10', 'passed')",
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=list(TRICKS))
def test_a_trick_earns_nothing(graded, trick):
    """With the checker tampered with in the first answer, a wrong second answer is
    still wrong.
    """
    missing, _ = graded({"q1": f"period = 2.5\n{trick}", "q2": f"{trick}\n{WRONG}"})
    assert {"q1_test", "q2_test"} <= missing


def test_what_was_tampered_with_is_named(graded):
    """The teacher learns which functions a notebook had replaced, and honest answers
    after it keep their points.
    """
    missing, sheet_run = graded(
        {"q1": "period = 2.5\nnp.testing.assert_allclose = lambda *a, **k: None"}
    )
    assert missing == {"q1_test"}
    assert "numpy.testing.assert_allclose" in sheet_run.changed


def test_an_answer_that_equals_everything_is_wrong(graded):
    """An object that compares as anybody likes is turned into a number by the tests
    first.
    """
    assert graded(
        {
            "q1": f"{LIAR}\nperiod = Liar(1.0)",
            "q2": f"{LIAR}\ndef smooth(x, k):\n    return Liar(1.0)",
        }
    )[0] == {
        "q1_test",
        "q2_test",
    }


def test_the_hidden_tests_are_not_there_before_they_are_run(graded):
    """No object in the student's process holds a hidden test's text while an answer
    runs.
    """
    search = (
        "import gc\ndef hunt(word):\n    held = (str, dict, list)\n"
        "    return sum(isinstance(one, held) and word in repr(one)[:100_000] for one "
        "in gc.get_objects())\n"
        "print(hunt('hidden_' + str('means')), 'found')"
    )
    _, sheet_run = graded({"q2": f"{search}\n{SMOOTH}"})
    assert "0 found" in words(sheet_run)


def test_an_error_shows_the_students_lines_and_not_the_tests(graded):
    """The traceback leads to the student's own line, and no line of a hidden test is in
    it.
    """
    _, sheet_run = graded(
        {
            "q2": (
                "def smooth(x, k):\n    total = x.sum() / (k - 7)\n"
                "    return np.convolve(x, np.full(k, 1 / k), mode='valid') + total * "
                "0\n"
            )
        }
    )
    assert (
        "ZeroDivisionError" in words(sheet_run)
        or "RuntimeWarning" in words(sheet_run)
        or "hidden" not in words(sheet_run)
    )
    assert "hidden" not in words(sheet_run)


REFERENCE = {
    "import": "from lecture_code.search.gaussian import Gaussian",
    "package": "from lecture_code.search import gaussian",
    "attribute": "import lecture_code\nlecture_code.search.gaussian",
    "importlib": (
        "import importlib\nimportlib.import_module('lecture_code.search.gaussian')"
    ),
    "inside a function": (
        "def f():\n    import lecture_code.search.gaussian as g\n    return g"
    ),
}


@pytest.mark.parametrize("source", REFERENCE.values(), ids=list(REFERENCE))
def test_an_answer_from_the_library_is_not_run(graded, toy, source):
    """A cell that reaches for a module of the book that the sheet does not import loses
    its question, and says why.
    """
    missing, sheet_run = graded({"q2": f"{source}\n{SMOOTH}"})
    assert missing == {"q2_test"}
    assert "this sheet does not import lecture_code.search" in words(sheet_run)
    assert (
        refused(
            "import numpy\nimport scipy.signal\nfrom lecture_code.exercises import "
            "student_rng",
            allowed_modules(toy),
        )
        == []
    )


@pytest.mark.parametrize("level", list(jail.LEVELS))
def test_every_wall_lets_honest_work_through(graded, level):
    """The same points behind each wall that this machine has."""
    if not jail.holds(level):
        pytest.skip(f"this system has no wall of the level {level!r}")
    assert graded({"q2": WRONG}, level=level)[0] == {"q2_test"}


def needs(level):
    return pytest.mark.skipif(
        jail.best_level() != level,
        reason="this system cannot wall a program off (unshare)",
    )


@needs(jail.FULL)
@pytest.mark.parametrize(
    "deed",
    [
        "import socket\nsocket.create_connection(('127.0.0.1', {port}), "
        "timeout=2)\nprint('done')",
        "open({file!r}).read()\nprint('done')",
        "open({other!r}, 'w').write('mine')\nprint('done')",
        "import shutil\nshutil.rmtree({folder!r})\nprint('done')",
        "import os, signal\nos.kill({pid}, 0)\nprint('done')",
        "import subprocess\nsubprocess.run(['mount', '-t', 'tmpfs', 'none', '/'], "
        "check=True)\nprint('done')",
        "import subprocess\nsubprocess.run(['umount', {hidden!r}], "
        "check=True)\nprint('done')",
    ],
    ids=[
        "network",
        "read a source",
        "write",
        "delete",
        "see a process",
        "mount",
        "unmount",
    ],
)
def test_the_wall_holds(toy, tmp_path, deed):
    """Behind the full wall there is no network, no source, no other process, nothing to
    write to or delete, and no way to take it down.
    """
    import socket

    hidden, folder = tmp_path / "hidden", tmp_path / "folder"
    for path in (hidden, folder):
        path.mkdir()
        (path / "file").write_text("theirs")
    with socket.create_server(("127.0.0.1", 0)) as server:
        facts = {
            "port": server.getsockname()[1],
            "file": str(hidden / "file"),
            "other": str(folder / "file"),
            "folder": str(folder),
        }
        source = deed.format(**facts, pid=os.getpid(), hidden=str(hidden))
        job = Job(
            "ann",
            (
                CellToRun("q", "student", source),
                CellToRun("r", "student", "print('still here')"),
            ),
            (),
            (),
            (),
            Limits(cell=10, total=30),
            "",
        )
        sheet_run = run(job, jail.Jail(jail.FULL, (hidden,)))
    assert (
        errors(sheet_run)
        and "'done" not in words(sheet_run)
        and "still here" in words(sheet_run)
    )
    assert (folder / "file").read_text() == "theirs"


@pytest.mark.parametrize("level", jail.LEVELS)
@LINUX
def test_nothing_is_left_running(tmp_path, level):
    """What a submission started and left behind, in a session of its own even, ends
    with it; its folder is gone.
    """
    if not jail.holds(level):
        pytest.skip(f"this system has no wall of the level {level!r}")
    psutil = pytest.importorskip("psutil")
    mark = f"left-behind-{tmp_path.name}-{level}"
    child = f"[sys.executable, '-c', 'import time; time.sleep(60)', {mark!r}]"
    source = (
        "import os, subprocess, sys\n"
        f"subprocess.Popen({child}, start_new_session=True)\nprint(os.getcwd())"
    )
    sheet_run = run(
        Job(
            "ann",
            (CellToRun("q", "student", source),),
            (),
            (),
            (),
            Limits(cell=10, total=30),
            "",
        ),
        jail.Jail(level),
    )
    folder = Path(sheet_run.outputs[0][0]["text"].strip())
    assert not folder.exists()
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if mark in (process.info["cmdline"] or [])
    ]
    _, alive = psutil.wait_procs(
        left, timeout=5
    )  # who was killed may take a moment to die
    assert not [
        process
        for process in alive
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def test_the_folder_is_empty_and_the_environment_clean(monkeypatch, wall):
    """A submission starts in an empty folder, and learns nothing of ours from the
    environment.
    """
    monkeypatch.setenv("A_TOKEN", "secret")
    source = (
        "import os\nprint(os.listdir(), 'A_TOKEN' in os.environ, "
        "os.environ['EXERCISES_STUDENT'], os.environ['HOME'] == os.getcwd())"
    )
    sheet_run = run(
        Job(
            "王 小明",
            (CellToRun("q", "student", source),),
            (),
            (),
            (),
            Limits(cell=10, total=30),
            "",
        ),
        wall,
    )
    assert sheet_run.outputs[0][0]["text"].strip() == "[] False 王 小明 True"


def test_a_process_that_cannot_start_is_nobodys_fault(toy, wall):
    """Where the grader's own limits do not let the sheet's imports in, that is the
    grader's failure, not a row of zeros.
    """
    with pytest.raises(NotStarted, match=r"numpy.*memory limit"):
        run(plan(toy, toy.notebook, "ann", Limits(memory=1_000_000), ""), wall)


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"output_type": "stream", "name": "stderr", "text": "x"},
        {"output_type": "stream", "name": "stdout", "text": ["x"]},
        {"output_type": "error", "ename": "E", "evalue": 1, "traceback": []},
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": [1]},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "1", "text/html": "<script>"},
            "metadata": {},
        },
        {
            "output_type": "display_data",
            "data": {"text/html": "<script>"},
            "metadata": {},
        },
    ],
)
def test_outputs_of_another_form_are_not_taken(output):
    """Only printed text, errors and plain values come through the wall: no markup,
    nothing that nbgrader would stumble over.
    """
    assert not well_formed(output)
    assert well_formed({"output_type": "stream", "name": "stdout", "text": "x"})


def test_a_job_has_a_name_of_everything_that_counts(toy):
    """Two runs have one name only if student, answers, limits and versions are the
    same.
    """
    jobs = [
        plan(toy, toy.notebook, "ann", Limits(), "1"),
        plan(toy, toy.notebook, "ben", Limits(), "1"),
        plan(toy, toy.notebook, "ann", Limits(cell=1), "1"),
        plan(toy, toy.notebook, "ann", Limits(), "2"),
        plan(toy, toy.answered({"q1": ""}), "ann", Limits(), "1"),
    ]
    assert len({job.key() for job in jobs}) == 5
    assert plan(toy, toy.notebook, "ann", Limits(), "1").key() == jobs[0].key()


def test_a_fresh_start_forgets_everything(toy, wall):
    """The way in which the sheets' own tests save time, several notebooks in one
    process, leaves no name and no patch behind.
    """
    job = plan(toy, toy.notebook, "ann", Limits(cell=5, total=20), "")
    with Process(job, wall) as process:
        process.ask(CellToRun("a", "student", "import math\nmath.pi = 3\nx = 1"), 5, 10)
        answer = process.ask(
            CellToRun(
                "b", "fresh", "import math\nprint(math.pi == 3, 'x' in globals())"
            ),
            5,
            10,
        )
    assert (
        isinstance(answer, dict)
        and answer["outputs"][0]["text"].strip() == "False False"
    )


def test_unshare_is_only_used_where_it_works(monkeypatch):
    """Without the program there is no wall, and a program starts all the same."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert (
        not jail.holds(jail.FULL)
        and not jail.holds(jail.NETWORK)
        and jail.holds(jail.NONE)
    )
    assert jail.Jail(jail.NONE).command(["python", "x.py"], Path()) == [
        "python",
        "x.py",
    ]


@pytest.mark.parametrize(
    ("expected", "shown"), [((), "2 1 own"), (("tool", "abs"), "0 2 own")]
)
def test_a_test_sees_the_sheets_names_first(wall, expected, shown):
    """A student's name does not stand before one of Python's or of the sheet's, unless
    the sheet expects it; other names are the student's.
    """
    cells = [
        CellToRun("tools", "sheet", "tool = 1"),
        CellToRun("q", "student", "abs = lambda x: 0\ntool = 2\nhelper = 'own'"),
        CellToRun("t", "sheet", "print(abs(-2), tool, helper)"),
    ]
    sheet_run = run(
        Job("ann", tuple(cells), (), (), expected, Limits(cell=10, total=30), ""), wall
    )
    assert sheet_run.outputs[2][0]["text"].strip() == shown
