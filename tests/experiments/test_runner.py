"""What must hold of running an experiment: the same result however it is computed,
interrupted and resumed.
"""

import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lecture_code.experiments import (
    ExperimentError,
    files,
    find_experiment,
    known_experiments,
    replay,
    run_experiment,
    runner,
)
from lecture_code.experiments.__main__ import main
from lecture_code.experiments.checkpoints import Checkpoint

HERE = Path(__file__).parent
# the toy has to be importable under the same name, here and in every worker
sys.path.insert(0, str(HERE))

from toy_experiment import (  # noqa: E402
    ON_DASK,
    STEPS,
    THREADS,
    TOY,
    Settings,
    Walk,
    findings,
    runs_of,
)


def toy(out, experiment=TOY, workers=1, **options):
    """Run in this process and give the result's file."""
    return run_experiment(experiment, out=out, workers=workers, bar=False, **options)[1]


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """A folder in which the toy was interrupted after five steps of its first run."""
    advance = Walk.advance

    def interrupt(walk):
        if len(walk.distances) == 5:
            raise KeyboardInterrupt
        return advance(walk)

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "advance", interrupt)
        with pytest.raises(KeyboardInterrupt):
            toy(tmp_path / "interrupted", checkpoint_every=0)
    return tmp_path / "interrupted"


def checkpoints(out):
    return out / ".checkpoints" / "toy"


def test_workers_do_not_change_the_result(tmp_path):
    """Determinism: one worker in this process and two workers in other processes give
    bitwise the same result.
    """
    without = ("wall_time", "machine")
    alone = findings(toy(tmp_path / "1"), without)
    assert alone == findings(toy(tmp_path / "2", workers=2), without)
    assert not list(tmp_path.rglob(".checkpoints"))  # nothing is left behind


@pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on this system"
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_experiment_resumes_to_the_same_result(tmp_path, monkeypatch, workers):
    """Determinism: after kill -9 in the middle of the work, the same command ends with
    bitwise the result of an uninterrupted run.
    """
    without = ("wall_time", "machine")
    log = tmp_path / "log"
    script = (
        "import os; from toy_experiment import TOY; from lecture_code.experiments "
        "import run_experiment\n"
        "os.environ['TOY_KILL'] = str(os.getpid())\n"
        f"run_experiment(TOY, workers={workers}, out={str(tmp_path / 'killed')!r}, "
        "checkpoint_every=0)"
    )
    path = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path, "TOY_LOG": str(log)}
    command = [sys.executable, "-c", script]
    options = {"env": environment, "capture_output": True, "text": True}
    killed = subprocess.run(command, **options, timeout=120)  # waits for all workers
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = [tuple(map(int, line.split(":"))) for line in log.read_text().split()]
    # no worker went on when the runner was gone
    assert max(step for _, step in before) == 5
    assert len({seed for seed, _ in before}) == workers

    log.unlink()
    monkeypatch.setenv("TOY_LOG", str(log))
    resumed = toy(tmp_path / "killed")
    monkeypatch.delenv("TOY_LOG")
    after = [tuple(map(int, line.split(":"))) for line in log.read_text().split()]
    first = [next(step for walk, step in after if walk == seed) for seed in (0, 1)]
    assert first == ([5, 5] if workers == 2 else [5, 0])  # it did not begin anew
    assert findings(resumed, without) == findings(toy(tmp_path / "whole"), without)


def test_a_corrupt_temporary_file_is_harmless(interrupted, tmp_path):
    """A file that a killed process had half written is dropped, and the checkpoint
    beside it still counts.
    """
    garbage = checkpoints(interrupted) / "000.pickle.abc.tmp"
    garbage.write_bytes(b"half a pick")
    (checkpoints(interrupted) / "000.progress").write_text("0.")
    assert findings(toy(interrupted)) == findings(toy(tmp_path / "whole"))
    assert not garbage.exists()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    """Atomicity: whatever happens before the last moment, the old content stands and
    nothing else is left.
    """
    path = tmp_path / "file"
    files.write_atomically(path, b"old")

    def fail(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    files.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_checkpoint_that_tells_not_whose_it_is_is_dropped(tmp_path):
    """A checkpoint without its folder's key, as a late worker may leave it, is not
    continued.
    """
    walk = Walk(Settings(noise=5.0), 0)
    for _ in range(5):
        walk.advance()
    Checkpoint(walk).save(checkpoints(tmp_path / "late") / "000.pickle")
    assert findings(toy(tmp_path / "late")) == findings(toy(tmp_path / "whole"))


def test_a_broken_checkpoint_is_refused(interrupted):
    """A checkpoint that cannot be read is named, with the way out, --restart."""
    (checkpoints(interrupted) / "000.pickle").write_bytes(b"garbage")
    with pytest.raises(ExperimentError, match=r"000\.pickle cannot be read.*--restart"):
        toy(interrupted)
    assert toy(interrupted, restart=True).exists()


def test_checkpoints_of_other_settings_are_refused(interrupted, tmp_path):
    """The error shows the setting that differs and tells --restart; --keep does not
    help; --restart does.
    """
    other = replace(TOY, settings=Settings(noise=0.2))
    for keep in (False, True):
        with pytest.raises(
            ExperimentError,
            match=r"settings\.noise: 0\.1 in the checkpoints, 0\.2 in this run\n"
            r"Begin anew with --restart",
        ) as caught:
            toy(interrupted, other, keep=keep)
        assert "--keep" not in str(caught.value)
    assert findings(toy(interrupted, other, restart=True)) == findings(
        toy(tmp_path / "whole", other)
    )


def test_checkpoints_of_other_code_are_refused_but_may_be_kept(
    interrupted, tmp_path, monkeypatch
):
    """Where only code or versions differ, the error also tells --keep, and that goes on
    from the checkpoints.
    """
    monkeypatch.setattr(runner, "code_tag", lambda _: "other code")
    with pytest.raises(
        ExperimentError,
        match=r"code: .* in the checkpoints, other code in this run\n"
        r".*--restart.*--keep",
    ):
        toy(interrupted)
    assert findings(toy(interrupted, keep=True)) == findings(toy(tmp_path / "whole"))


def test_a_failure_after_the_computation_costs_nothing(tmp_path, monkeypatch):
    """A summary that fails leaves the finished runs in their checkpoints: the next try
    computes nothing again.
    """

    def fail(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        toy(tmp_path, replace(TOY, summarise=fail))
    with monkeypatch.context() as patch:
        patch.setattr(Walk, "advance", fail)
        again = toy(tmp_path)
    assert len(json.loads(again.read_text())["curves"]["distance"]["seed 1"]) == STEPS


def test_checkpoints_come_at_least_every_minute(tmp_path, monkeypatch):
    """With the default interval and a clock that ticks seven seconds a step, no minute
    passes without a checkpoint, nor does every step make one.
    """
    file = tmp_path / "000.pickle"
    Checkpoint(Walk(Settings(), 0)).save(file)
    saved = []
    clock = itertools.count(0.0, 7.0)
    monkeypatch.setattr(
        runner,
        "time",
        type("Clock", (), {"monotonic": staticmethod(lambda: next(clock))}),
    )
    monkeypatch.setattr(
        Checkpoint, "save", lambda state, _: saved.append(len(state.run.distances))
    )
    runner.work("seed 0", file, runner.CHECKPOINT_EVERY, owner=0)
    assert saved[-1] == STEPS
    assert 7 < 7 * max(np.diff([0, *saved])) <= 60


def test_the_wall_time_is_summed_over_interruptions(interrupted):
    """What was spent before an interruption counts, and little is added to it."""
    (checkpoints(interrupted) / "wall_time").write_text("1000.0")
    assert 1000 < json.loads(toy(interrupted).read_text())["wall_time"] < 1100


def test_the_bar_shows_the_time_left(tmp_path, capsys):
    """The bar counts runs over all workers up to the end, and tells the time left."""
    run_experiment(TOY, out=tmp_path, workers=2)
    assert "100 %" in (shown := capsys.readouterr().err)
    assert "2.00 of 2 runs" in shown
    assert "left" in shown


def test_libraries_compute_on_one_thread(tmp_path, monkeypatch):
    """Inside a run BLAS has one thread and torch (a stand-in, quicker to import) is
    told to have one; afterwards it has as many as before.
    """
    told = [4]
    torch = types.SimpleNamespace(
        get_num_threads=lambda: told[-1], set_num_threads=told.append
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    records = json.loads(toy(tmp_path, THREADS).read_text())["first_records"]
    assert {record["threads"] for run in records.values() for record in run} == {1}
    assert told == [4, 1, 4, 1, 4]


@pytest.mark.filterwarnings("ignore")
def test_dask_computes_the_same(tmp_path):
    """Conformance: on a local Dask cluster, where its steps are really computed, the
    toy finds bitwise what it finds here.
    """
    distributed = pytest.importorskip("distributed")
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None
    ):
        with pytest.raises(RuntimeError, match="seed 0"):
            toy(tmp_path / "here", ON_DASK)  # the control: only Dask can compute it
        path = toy(tmp_path / "dask", ON_DASK, workers=2, backend="dask")
    without = ("wall_time", "machine")
    assert findings(path, without) == findings(toy(tmp_path / "whole"), without)
    assert json.loads(path.read_text())["machine"]["backend"] == "dask"


@pytest.mark.parametrize(
    ("backend", "package"), [("dask", "distributed"), ("ray", "ray")]
)
def test_a_missing_backend_is_told(tmp_path, monkeypatch, backend, package):
    """Where the optional package is missing, the error tells how to get it and what
    works without it; nothing is written.
    """
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ExperimentError, match=f"pip install {package}, or take --backend loky"
    ):
        toy(tmp_path, backend=backend)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "slurm"}, "no backend 'slurm'; there are: loky, dask, ray"),
        ({"workers": 0}, "workers must be at least 1; got 0"),
    ],
)
def test_bad_options_are_named(tmp_path, options, message):
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ExperimentError, match=message):
        toy(tmp_path, **options)


class Nothing(Walk):
    def advance(self):
        return None


class Failing(Walk):
    def advance(self):
        raise ValueError("the robot fell")


def test_a_run_that_misbehaves_is_named(tmp_path):
    """A step that fails, a step without a record and a run that cannot be pickled are
    told with the run's name.
    """
    with pytest.raises(
        RuntimeError, match=r"run 'seed 0' failed at progress 0\.000: the robot fell"
    ):
        toy(tmp_path / "a", replace(TOY, runs=runs_of(Failing)))
    with pytest.raises(TypeError, match="'seed 0' must return its record"):
        toy(tmp_path / "b", replace(TOY, runs=runs_of(Nothing)))

    class Local(Walk):
        pass

    with pytest.raises(ExperimentError, match="'seed 0' of 'toy' cannot be pickled"):
        toy(tmp_path / "c", replace(TOY, runs=runs_of(Local)))


def test_a_smoke_run_never_touches_the_committed_results(tmp_path, monkeypatch):
    """Without --out it writes to a temporary folder, its settings are the smoke
    settings, and with --out it goes where it is told.
    """
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result, path = run_experiment(TOY, smoke=True, workers=1, bar=False)
    assert result.settings == {"seeds": [0], "steps": 4, "noise": 0.1}
    assert path.exists()
    assert not (tmp_path / "results").exists()
    assert toy(tmp_path / "other.json", smoke=True) == tmp_path / "other.json"
    assert toy(None) == tmp_path / "results" / "toy.json"


def test_a_checkpoint_holds_all_of_a_run(tmp_path):
    """A walk restored from its checkpoint after any step goes on bitwise like the one
    that was not.
    """
    walk = Walk(Settings(), 0)
    for _ in range(5):
        walk.advance()
    Checkpoint(walk).save(tmp_path / "file")
    restored = Checkpoint.load(tmp_path / "file").run
    records = [walk.advance() for _ in range(7)]
    again = [restored.advance() for _ in range(7)]
    assert pickle.dumps(again) == pickle.dumps(records)


@pytest.mark.parametrize("name", known_experiments())
def test_every_experiment_runs_from_end_to_end(name, tmp_path):
    """Conformance: the smoke settings of each experiment of the book take the whole
    path, and the result replays.
    """
    result, path = run_experiment(name, smoke=True, workers=1, out=tmp_path, bar=False)
    assert path.exists()
    assert result.curves
    experiment = find_experiment(name)
    assert replay(replace(experiment, settings=experiment.smoke), folder=tmp_path) > 0


def test_an_unknown_name_lists_the_known(capsys):
    """`python -m lecture_code.experiments nonsense` says in words what there is, and
    fails; without a name it lists them.
    """
    command = [sys.executable, "-m", "lecture_code.experiments", "nonsense"]
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith("there is no experiment 'nonsense'; there are: ")
    assert "Traceback" not in failed.stderr
    assert all(name in failed.stderr for name in known_experiments())
    assert main([]) == 0
    assert capsys.readouterr().out.split() == known_experiments()
