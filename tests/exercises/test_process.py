"""The pipe to the other side of the wall, on systems where it cannot be waited for."""

import os
import select
import selectors
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.tetris import play
from tools.grading import jail, process
from tools.grading.execution import run
from tools.grading.job import CellToRun, Job, Limits

CELL = CellToRun("q", "student", "print('here')")
JOB = Job("ann", (CELL,), (), (), (), Limits(10, 30), "")


def test_a_pipe_is_read_where_select_knows_sockets_only(monkeypatch):
    """As on Windows, no selector takes a pipe, and the cell is run all the same."""

    def refuse(*_):
        raise OSError(10038, "An operation was attempted on something not a socket")

    for module, name in ((select, "select"), (selectors, "DefaultSelector")):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.delattr(select, "poll", raising=False)
    monkeypatch.delattr(select, "epoll", raising=False)
    sheet_run = run(JOB, jail.Jail(jail.NONE))
    assert sheet_run.outputs[0][0]["text"] == "here\n"


def test_without_an_alarm_an_endless_cell_costs_its_process(tmp_path, monkeypatch):
    """As on Windows, nothing interrupts a cell: its process is ended, and another one
    runs the next cell.
    """
    program = tmp_path / "runner.py"
    program.write_text(
        "import runpy, signal\n"
        "del signal.setitimer\n"
        f"runpy.run_path({str(process.RUNNER)!r}, run_name='__main__')",
        encoding="utf-8",
    )
    monkeypatch.setattr(process, "RUNNER", program)
    endless = CellToRun("endless", "student", "while True:\n    pass")
    job = replace(JOB, cells=(endless, CELL), limits=Limits(1, 30))
    outputs = run(job, jail.Jail(jail.NONE)).outputs
    assert "could not be interrupted" in outputs[0][0]["evalue"]
    assert outputs[1][0]["text"] == "here\n"


@pytest.fixture
def pipe():
    """The two ends of a pipe, the one to read from with its reader."""
    inside, outside = os.pipe()
    answers = process.Answers(os.fdopen(inside, "rb", buffering=0))
    with os.fdopen(outside, "wb", buffering=0) as writer:
        yield answers, writer
    answers.close()
    assert not answers.thread.is_alive()


def test_lines_may_end_as_on_windows(pipe):
    """A carriage return at the end of a line is no part of it."""
    answers, writer = pipe
    writer.write(b'"ready"\r\nnext\n')
    soon = time.monotonic() + 5
    assert [answers.line(soon), answers.line(soon)] == [process.READY, b"next"]


def test_the_end_and_the_deadline_are_no_line(pipe):
    """Half a line is nothing at the deadline, and nothing at the end, however often one
    asks.
    """
    answers, writer = pipe
    writer.write(b"half a line")
    assert answers.line(time.monotonic()) is None
    writer.close()
    soon = time.monotonic() + 5
    assert answers.line(soon) is answers.line(soon) is None
    assert not answers.pieces.empty(), "the next one to ask would wait"


def test_too_much_is_refused_and_does_not_fill_the_memory(pipe, monkeypatch):
    """A process that never ends its line is given up, and no more than some pieces
    wait.
    """
    answers, writer = pipe
    monkeypatch.setattr(process, "LONGEST_ANSWER", 3 * process.PIECE)
    for _ in range(8):
        writer.write(b"x" * process.PIECE)
    assert answers.line(time.monotonic() + 5) is None
    assert len(answers.left) < 5 * process.PIECE
    assert answers.pieces.maxsize == process.PIECES and sys.getsizeof(answers.left)


def test_what_is_compiled_already_is_not_compiled_again(wall):
    """A process behind the wall finds the package's compiled loops, and does not share
    them: it has a copy.
    """
    play(np.zeros(22), 0, cap=3)  # compiled here, unless that was done
    source = (
        "import os\nfrom pathlib import Path\n"
        "import numpy as np\nfrom lecture_code.tetris import fast, play\n"
        "play(np.zeros(22), 0, cap=3)\n"
        "hits, misses = fast.play.stats.cache_hits, fast.play.stats.cache_misses\n"
        "own = Path(fast.play.stats.cache_path).is_relative_to(os.environ['HOME'])\n"
        "print(sum(hits.values()), sum(misses.values()), own)"
    )
    cells = (CellToRun("q", "student", source),)
    job = replace(JOB, cells=cells, modules=("lecture_code.tetris",))
    assert run(job, wall).outputs[0][0]["text"] == "1 0 True\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_that_has_only_just_begun_is_ended(tmp_path, monkeypatch):
    """What tells no environment yet is known by the folder that it runs in, and what
    has gone to another folder by its environment; a stranger goes on.
    """
    psutil = pytest.importorskip("psutil")
    work, other = tmp_path / "work", tmp_path / "other"
    work.mkdir()
    other.mkdir()
    waits = [sys.executable, "-c", "print(flush=True); input()"]

    @contextmanager
    def begun(folder, **env):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        env = os.environ | env
        with subprocess.Popen(waits, cwd=folder, env=env, **pipes) as child:
            child.stdout.readline()  # now it tells its environment
            yield child

    told = psutil.Process.environ
    with begun(work) as new, begun(other, HOME=str(work)) as gone, begun(other) as free:
        silent = new.pid
        monkeypatch.setattr(
            psutil.Process,
            "environ",
            lambda one: {} if one.pid == silent else told(one),
        )
        process.end_strays(work)
        assert new.wait(10) == gone.wait(10) == -signal.SIGKILL
        assert free.poll() is None
