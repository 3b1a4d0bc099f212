"""What must hold of the backends: a cluster that was started by its own commands is
used, all of it, and what it lacks is named.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from lecture_code.experiments import ExperimentError, backends, run_experiment
from lecture_code.experiments.__main__ import main

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from toy_experiment import (  # noqa: E402
    MEETING_WALKS,
    MORTAL,
    TOY,
    findings,
)

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(
        not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on this system"
    ),
]


@contextmanager
def dask(*arguments, ready, **environment):
    """A process of Dask's own command; gives what `ready` finds in its log."""
    path = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield next(hit for line in process.stderr if (hit := re.search(ready, line)))
    finally:
        process.kill()
        process.communicate(timeout=60)


@contextmanager
def cluster(workers=2, **environment):
    """A scheduler and its workers on this machine's loopback; gives the address."""
    local = ("--host", "127.0.0.1", "--no-dashboard")
    with dask("scheduler", *local, "--port", "0", ready=r"tcp://[\d.:]+") as hit:
        address = hit[0]
        members = []
        worker = ("worker", address, *local, "--nthreads", "1", "--no-nanny")
        try:
            for _ in range(workers):
                member = dask(*worker, ready="Registered to", **environment)
                member.__enter__()
                members.append(member)
            yield address
        finally:
            for member in members:
                member.__exit__(None, None, None)


def test_a_killed_worker_costs_what_it_did_since_its_last_checkpoint(
    tmp_path, monkeypatch
):
    """Determinism: on a cluster found by $DASK_SCHEDULER_ADDRESS, of whose two workers
    one is killed in the middle, the result is bitwise that of an uninterrupted run, and
    no step before the last checkpoint is made twice.
    """
    log, death = tmp_path / "log", tmp_path / "death"
    with cluster(TOY_LOG=str(log), TOY_DEATH=str(death)) as address:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
        options = {"backend": "dask", "checkpoint_every": 0, "bar": False}
        result, path = run_experiment(MORTAL, out=tmp_path / "cluster", **options)
    assert death.exists() and result.machine["workers"] == 2
    steps = [tuple(map(int, line.split(":"))) for line in log.read_text().split()]
    assert sorted(steps) == [(walk, step) for walk in (0, 1) for step in range(12)]
    whole = run_experiment(TOY, workers=1, out=tmp_path / "whole", bar=False)[1]
    without = ("wall_time", "machine")
    assert findings(path, without) == findings(whole, without)


RAY_RUN = """
from pathlib import Path
from lecture_code.experiments import run_experiment
from toy_experiment import MORTAL_ON_RAY

options = {"backend": "ray", "workers": 2, "checkpoint_every": 0, "bar": False}
run_experiment(MORTAL_ON_RAY, out=Path("ray"), **options)
"""


def test_the_command_goes_on_after_a_worker_of_ray_was_killed(tmp_path):
    """Determinism: with Ray a killed worker ends the command in words; the same command
    again finds bitwise what an uninterrupted run finds. It makes no step twice but the
    one in which the other worker was stopped.
    """
    pytest.importorskip("ray", reason="Ray is among requirements-bench.txt")
    log, death = tmp_path / "log", tmp_path / "death"
    environment = os.environ | {
        "TOY_LOG": str(log),
        "TOY_DEATH": str(death),
        "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)]),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    command = [sys.executable, "-c", RAY_RUN]
    options = {"env": environment, "cwd": tmp_path, "text": True}
    killed = subprocess.run(command, stderr=subprocess.PIPE, **options)
    assert death.exists()
    assert "a worker of ray died" in killed.stderr
    subprocess.run(command, check=True, **options)
    steps = [tuple(map(int, line.split(":"))) for line in log.read_text().split()]
    assert set(steps) == {(walk, step) for walk in (0, 1) for step in range(12)}
    assert len(steps) <= 24 + 1
    whole = run_experiment(TOY, workers=1, out=tmp_path / "whole", bar=False)[1]
    (path,) = (tmp_path / "ray").glob("*.json")
    without = ("wall_time", "machine")
    assert findings(path, without) == findings(whole, without)


@pytest.mark.parametrize("name", backends.DEATHS)
def test_a_dead_worker_is_told_and_other_errors_pass(name):
    """Errors: the death of a worker names the backend and the way on; an error of the
    run itself passes unchanged.
    """
    death = type(name, (RuntimeError,), {})
    crew = backends.Backend("loky", 2)
    told = pytest.raises(ExperimentError, match=r"of loky died.*from the last check")
    with told, crew.told_of_dead_workers():
        raise death
    own = RuntimeError("the run's own error")
    with pytest.raises(RuntimeError) as passed, crew.told_of_dead_workers():
        raise own
    assert passed.value is own


def test_a_cluster_computes_as_many_at_once_as_it_is_told(tmp_path, monkeypatch):
    """Conformance: on a cluster of two threads both walks are walked at once, and with
    `workers=1` one after the other.
    """
    local = {"processes": False, "n_workers": 1, "dashboard_address": None}
    with distributed.Client(**local, threads_per_worker=2):
        for workers, patience, met in ((None, "60", True), (1, "1", False)):
            monkeypatch.setenv("TOY_PATIENCE", patience)
            result, _ = run_experiment(
                MEETING_WALKS, backend="dask", workers=workers, out=tmp_path, bar=False
            )
            walks = result.first_records.values()
            assert [walk[0]["met"] for walk in walks] == [met, met]
            assert result.machine["workers"] == (workers or 2)


class Cluster:
    """A stand-in for a client: two workers that answer as told, by the function."""

    def __init__(self, **answers):
        self.answers = answers

    def run(self, function, *arguments):
        here = function(*arguments)
        return {"tcp://a": here, "tcp://b": self.answers.get(function.__name__, here)}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"find_spec": None}, r"tcp://b has no package 'lecture_code'"),
        ({"code_tag": "0"}, r"tcp://b would compute something else:\n  code: 0 in the"),
        ({"versions": {}}, r"tcp://b would compute something else:\n  versions\."),
        ({"exists": False}, r"tcp://b does not see .* give --out a folder"),
    ],
)
def test_a_worker_that_cannot_compute_the_runs_is_named(tmp_path, answers, message):
    """Errors name the worker and what it lacks; where nothing lacks, there is none."""
    backends.Backend("dask", 2, client=Cluster()).check("toy_experiment", tmp_path)
    lacking = backends.Backend("dask", 2, client=Cluster(**answers))
    with pytest.raises(ExperimentError, match=message):
        lacking.check("toy_experiment", tmp_path)


def test_a_cluster_that_does_not_answer_is_named(tmp_path, monkeypatch, capsys):
    """Errors name the address and the command that starts a scheduler; an address is
    refused where it means nothing.
    """
    monkeypatch.setattr(backends, "PATIENCE", 1)
    nobody = ["tetris", "--smoke", "--address", "tcp://127.0.0.1:9"]
    assert main([*nobody, "--backend", "dask", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "no Dask scheduler answers at tcp://127.0.0.1:9: start one by `dask" in said
    assert main([*nobody, "--out", str(tmp_path)]) == 2
    assert "loky computes on this machine" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("variable", ["JOBLIB_TEMP_FOLDER", "TMPDIR"])
def test_temporary_folders_may_have_any_name(tmp_path, monkeypatch, variable):
    """Invariance: where the temporary folder has a letter beyond ASCII, workers of
    their own find the same.
    """
    folder = tmp_path / "é"
    folder.mkdir()
    monkeypatch.setenv(variable, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    options = {"out": tmp_path / "out", "bar": False}
    result, _ = run_experiment(TOY, workers=2, **options)
    assert result.machine["workers"] == 2 and len(result.first_records) == 2
