"""One submission is one job: on this machine, or on a cluster whose workers say which
wall they have.
"""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import joblib
import pytest

from tools.grading import __main__ as command
from tools.grading import jail, runs
from tools.grading.job import CellToRun, Job, Limits
from tools.processes import ROOT, Trouble

JOBS = [
    Job("ann", (CellToRun("q", "student", f"{n} + 1"),), (), (), (), Limits(10, 30), "")
    for n in range(3)
]


def values(found):
    """The value of each job's cell, by its number."""
    return {n: sheet_run.outputs[0][0]["data"]["text/plain"] for n, sheet_run in found}


@pytest.mark.parametrize("backend", ["threads", "loky"])
def test_backends_of_this_machine_give_the_same_records(tmp_path, backend, capsys):
    """Threads and processes run the same jobs to the same values, say which wall there
    is, and a second run takes the runs that are kept.
    """
    crew = runs.Crew(backend, workers=2)
    assert values(runs.run_all(JOBS, tmp_path, (), crew)) == {0: "1", 1: "2", 2: "3"}
    assert jail.LEVELS[jail.best_level()] in capsys.readouterr().out
    again = runs.run_all(JOBS, tmp_path, (), runs.Crew("no such backend"))
    assert values(again) == {0: "1", 1: "2", 2: "3"}


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_runs_them(tmp_path, capsys):
    """A scheduler and a worker of Dask's own commands run the jobs; the worker has the
    wall, or is named as one that has none.
    """
    pytest.importorskip("distributed")
    local = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as stack:

        def dask(*words, ready):
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words, *local],
                cwd=ROOT,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return next(
                hit for line in process.stderr if (hit := re.search(ready, line))
            )

        address = dask("scheduler", "--port", "0", ready=r"tcp://[\d.:]+")[0]
        dask("worker", address, "--no-nanny", "--nthreads", "2", ready="Registered to")
        crew = runs.Crew("dask", address=address)
        found = list(runs.run_all(JOBS, tmp_path, (tmp_path,), crew))
    assert values(found) == {0: "1", 1: "2", 2: "3"}
    said = capsys.readouterr().out
    assert "1 of 1 workers" in said
    assert {sheet_run.level for _, sheet_run in found} == {jail.best_level()}
    assert ("Without the full wall" in said) == (jail.best_level() != jail.FULL)


RAY_RUN = """
from pathlib import Path
from test_runs import JOBS, values
from tools.grading.runs import Crew, run_all

print(values(run_all(JOBS, Path(), (), Crew("ray", workers=2))))
"""


def test_ray_runs_them(tmp_path):
    """Conformance: the workers of Ray find what this machine's threads find."""
    pytest.importorskip("ray", reason="Ray is among requirements-bench.txt")
    path = [str(Path(__file__).parent), str(ROOT), *filter(None, sys.path)]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    command = [sys.executable, "-c", RAY_RUN]
    options = {"env": environment, "cwd": tmp_path, "text": True, "check": True}
    said = subprocess.run(command, stdout=subprocess.PIPE, **options).stdout
    assert said.splitlines()[-1] == "{0: '1', 1: '2', 2: '3'}"


def test_a_round_is_over_before_the_next_begins():
    """Of five jobs in rounds of two, each round's results come before another job is
    taken, and all come in order.
    """
    taken = []

    def jobs():
        for number in range(5):
            taken.append(number)
            yield joblib.delayed(abs)(number)

    seen = [(result, len(taken)) for result in runs.in_rounds(jobs(), size=2)]
    assert seen == [(0, 2), (1, 2), (2, 4), (3, 4), (4, 5)]


class Cluster:
    """A client whose workers have these walls."""

    def __init__(self, **levels):
        self.levels = levels

    def run(self, function):
        return self.levels


def test_a_worker_without_a_wall_is_named():
    """Of three workers the two with less than the full wall are named."""
    said = runs.walls(Cluster(a=jail.FULL, b=jail.NONE, c=jail.NETWORK))
    assert "Without the full wall: b, c." in said
    assert "Without" not in runs.walls(Cluster(a=jail.FULL))


def test_a_worker_of_another_version_is_refused():
    """A worker whose grader differs would give other grades: it is named."""
    with pytest.raises(Trouble, match=r"another version.*: old\."):
        runs.compare({"new": runs.version(), "old": "0"})


def test_wrong_crews_are_errors_in_words():
    """An unknown backend, an address without a backend and a number of workers that is
    none are refused.
    """
    with pytest.raises(Trouble, match="there is: threads, loky, dask, ray"):
        command.crew_of({"BACKEND": "slurm"})
    with pytest.raises(Trouble, match="BACKEND=dask"):
        command.crew_of({"ADDRESS": "tcp://x:1"})
    with pytest.raises(Trouble, match="WORKERS"):
        command.crew_of({"WORKERS": "0"})
    said = {"BACKEND": "dask", "ADDRESS": "tcp://x:1", "WORKERS": "3"}
    assert command.crew_of(said) == runs.Crew("dask", 3, "tcp://x:1")
