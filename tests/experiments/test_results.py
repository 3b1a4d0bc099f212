"""What must hold of results: one schema, nothing that identifies a machine, and proof
that a result belongs to its experiment.
"""

import dataclasses
import json
import os
import socket
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from lecture_code.experiments import (
    Experiment,
    ExperimentError,
    check_settings,
    find_experiment,
    known_experiments,
    load_arrays,
    load_policy,
    load_result,
    protocol,
    replay,
    results,
    run_experiment,
)
from lecture_code.experiments.catalogue import CATALOGUE
from lecture_code.experiments.files import differences, jsonable
from lecture_code.experiments.provenance import code_tag
from lecture_code.experiments.results import MOST_BYTES, RESULTS, Result, write_result

sys.path.insert(0, str(Path(__file__).parent))

from toy_experiment import TOY, Settings, Walk


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the toy's result."""
    out = tmp_path_factory.mktemp("results")
    run_experiment(TOY, out=out, workers=1, bar=False)
    return out


@pytest.fixture
def change(folder, tmp_path):
    """Make a changed copy of the toy's result file: `change(name="x") -> folder`."""

    def change_(**entries):
        content = {**json.loads((folder / "toy.json").read_text()), **entries}
        kept = {key: value for key, value in content.items() if value is not ...}
        (tmp_path / "toy.json").write_text(json.dumps(kept))
        return tmp_path

    return change_


# --- the book's own results ---


@pytest.mark.parametrize("name", known_experiments())
def test_a_committed_result_belongs_to_its_experiment(name):
    """Conformance: each experiment has a result that follows the schema, of its
    settings and at least five seeds, whose first record comes out again.
    """
    assert len(load_result(name).seeds) >= 5
    assert replay(name, records=1) > 0


def test_nothing_in_the_results_is_without_an_experiment():
    """Each file of results belongs to an experiment of its name."""
    names = {path.stem for path in RESULTS.glob("*.*") if path.suffix}
    assert names <= set(known_experiments())


# --- reading ---


def test_what_was_written_is_read(folder):
    """A result and its arrays come back as the run gave them, rounded to 7 significant
    digits.
    """
    result = load_result("toy", folder, check=False)
    walk = Walk(Settings(), seed=1)
    distances = [walk.advance()["distance"] for _ in range(Settings().steps)]
    assert result.curves["distance"]["seed 1"] == pytest.approx(distances, rel=1e-6)
    assert result.seeds == [0, 1]
    assert [len(records) for records in result.first_records.values()] == [3, 3]
    assert result.settings == {"seeds": [0, 1], "steps": 12, "noise": 0.1}
    assert np.array_equal(load_arrays("toy", folder)["position"][1], walk.position)
    check_settings(result, TOY)


def test_the_provenance_is_complete_and_names_no_machine(folder):
    """Versions, processor, cores and wall time are told; host, user and folders are
    not.
    """
    text = (folder / "toy.json").read_text()
    result = load_result("toy", folder, check=False)
    assert set(result.versions) == {
        "python",
        "numpy",
        "scipy",
        "torch",
        "mujoco",
        "crossing-the-reality-gap",
    }
    assert result.versions["numpy"] == np.__version__
    assert result.machine == {
        "cpu": result.machine["cpu"],
        "cores": os.cpu_count(),
        "workers": 1,
        "backend": "loky",
    }
    assert result.machine["cpu"]
    assert result.wall_time > 0
    private = [
        socket.gethostname(),
        str(Path.home()),
        str(Path.cwd()),
        str(folder),
        os.environ.get("USER", ""),
    ]
    assert not [word for word in private if len(word) > 4 and word in text]


def test_an_unknown_result_lists_the_known(folder):
    """A name without a result is answered with the known results and with the command
    that makes the result.
    """
    known, command = r"there are: toy\.", r"python -m lecture_code\.experiments walk"
    with pytest.raises(ExperimentError, match=rf"no walk\.json; {known} .*{command}"):
        load_result("walk", folder)
    with pytest.raises(ExperimentError, match=r"no walk\.npz; there are: toy"):
        load_arrays("walk", folder)


@pytest.mark.parametrize(
    ("entries", "culprit"),
    [
        ({"curves": ...}, r"missing \['curves'\]"),
        ({"host": "x"}, r"unknown \['host'\]"),
        ({"seeds": 3}, r"of a wrong kind \['seeds'\]"),
        ({"schema": 99}, "schema 99"),
        ({"name": "walk"}, "'walk'"),
    ],
)
def test_a_file_that_breaks_the_schema_is_refused(change, entries, culprit):
    """The error names the entry at fault."""
    with pytest.raises(ExperimentError, match=culprit):
        load_result("toy", change(**entries), check=False)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    """Half a file is called that."""
    (tmp_path / "toy.json").write_text('{"name": "to')
    with pytest.raises(ExperimentError, match=r"toy\.json is not JSON"):
        load_result("toy", tmp_path)


# --- belonging ---


@pytest.fixture
def registered(monkeypatch):
    """The toy among the book's experiments, perhaps with other settings."""

    def register(experiment=TOY):
        monkeypatch.setattr(
            results,
            "find_experiment",
            lambda wanted: experiment if wanted == "toy" else find_experiment(wanted),
        )

    return register


def test_a_result_of_other_settings_is_refused(folder, tmp_path, registered):
    """Loading shows each setting that differs, from where to where, and how to make the
    result anew; the right settings pass.
    """
    registered()
    assert load_result("toy", folder).name == "toy"
    exact = replace(TOY, settings=Settings(noise=1 / 3))  # settings are not rounded
    check_settings(run_experiment(exact, out=tmp_path, workers=1, bar=False)[0], exact)
    others = {"seeds": (0, 1), "steps": 12, "noise": 0.5, "drift": 1.0}
    registered(replace(TOY, settings=others))
    with pytest.raises(ExperimentError) as caught:
        load_result("toy", folder)
    assert "noise: 0.1 in the result, 0.5 in the experiment" in str(caught.value)
    assert "drift: only in the experiment (1.0)" in str(caught.value)
    assert "steps" not in str(caught.value)
    assert "python -m lecture_code.experiments toy" in str(caught.value)
    assert load_result("toy", folder, check=False).name == "toy"


def test_a_replay_agrees_with_the_result(folder):
    """The first records of any run come out again: three steps of three numbers."""
    assert replay(TOY, folder=folder) == 9
    assert replay(TOY, records=1, run="seed 1", folder=folder) == 3


def test_a_replay_notices_changed_code(folder, monkeypatch):
    """Where the code now gives something else, the replay fails at the step and the
    entry where it does so first; rounding passes.
    """
    advance = Walk.advance
    factor = 1.0 + 1e-7
    monkeypatch.setattr(
        Walk,
        "advance",
        lambda walk: {key: value * factor for key, value in advance(walk).items()},
    )
    assert replay(TOY, folder=folder) == 9
    factor = 1.001
    with pytest.raises(
        ExperimentError,
        match=r"toy, run 'seed 0', step 0: distance was 0\.018.* and is now 0\.018",
    ):
        replay(TOY, folder=folder)
    monkeypatch.setattr(
        Walk, "advance", lambda walk: {"distance": advance(walk)["distance"]}
    )
    with pytest.raises(
        ExperimentError,
        match=r"recorded \['distance', 'position'\], the code now gives \['distance'\]",
    ):
        replay(TOY, folder=folder)


def test_a_replay_of_other_settings_or_runs_is_refused(folder):
    """A replay does not compare what does not belong together."""
    with pytest.raises(ExperimentError, match=r"noise: 0\.1 in the result, 0\.3"):
        replay(replace(TOY, settings=Settings(noise=0.3)), folder=folder)
    with pytest.raises(
        ExperimentError, match="no run 'seed 7'; there are seed 0, seed 1"
    ):
        replay(TOY, run="seed 7", folder=folder)


def test_code_counts_and_comments_do_not(tmp_path, monkeypatch):
    """The tag of a module changes with the code of what it imports, and not with
    comments, docstrings or layout.
    """
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "tagged_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "top.py").write_text(
        "from tagged_package import below\nfrom .aside import number\n"
    )
    (package / "aside.py").write_text("number = 1\n")

    def tag(below, aside="number = 1\n"):
        (package / "below.py").write_text(below)
        (package / "aside.py").write_text(aside)
        return code_tag("tagged_package.top")

    plain = tag("def f(x):\n    return x + 1\n")
    commented = '"""A module."""\n\ndef f(x):\n    """One more."""\n'
    assert tag(commented + "    return (x + 1)  # one more\n") == plain
    assert tag("def f(x):\n    return x + 2\n") != plain
    assert tag("def f(x):\n    return x + 1\n", aside="number = 2\n") != plain


# --- writing ---


def test_equal_findings_give_equal_bytes(folder, tmp_path):
    """Determinism: written again, result and arrays are the same bytes, whatever the
    order of the arrays.
    """
    result = load_result("toy", folder, check=False)
    arrays = {
        "position": load_arrays("toy", folder)["position"],
        "another": np.arange(3),
    }
    write_result(result, arrays, tmp_path / "a.json")
    write_result(result, dict(reversed(arrays.items())), tmp_path / "b.json")
    assert (
        (tmp_path / "a.json").read_bytes()
        == (tmp_path / "b.json").read_bytes()
        == (folder / "toy.json").read_bytes()
    )
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("large", ["curves", "arrays"])
def test_a_large_result_is_refused(folder, tmp_path, large):
    """More than 500 kB are refused with the size, and neither file is written."""
    numbers = np.random.default_rng(0).random(MOST_BYTES // 8 + 1)
    result = load_result("toy", folder, check=False)
    if large == "curves":
        result = replace(result, curves={"x": numbers.tolist()})
        numbers = numbers[:1]
    with pytest.raises(ExperimentError, match=r"kB, allowed are 500"):
        write_result(result, {"x": numbers}, tmp_path / "toy.json")
    assert not list(tmp_path.iterdir())


def test_arrays_of_objects_are_refused(folder, tmp_path):
    """Arrays hold numbers, so that reading them executes nothing."""
    with pytest.raises(
        ExperimentError, match="arrays must hold numbers; odd of 'toy' do not"
    ):
        write_result(
            load_result("toy", folder, check=False),
            {"odd": np.array([{}, []], dtype=object)},
            tmp_path / "toy.json",
        )


def test_values_become_json():
    """Arrays and tuples become lists, NumPy's numbers plain ones, and floats keep seven
    significant digits.
    """
    value = {
        "a": np.float32(1 / 3),
        "b": (np.int64(3), True, None),
        "c": np.array([[1e-20 / 3, 2e20 / 3]]),
        "d": 123456789,
    }
    assert jsonable(value) == {
        "a": 0.3333333,
        "b": [3, True, None],
        "c": [[3.333333e-21, 6.666667e19]],
        "d": 123456789,
    }
    assert jsonable(1 / 3, digits=None) == 1 / 3


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"hopper": [1.0, np.nan]}, r"curves\.hopper\[1\] is nan"),
        ({"hopper": np.array([np.inf])}, r"curves\.hopper\[0\] is inf"),
        ({"f": open}, r"curves\.f is a builtin_function_or_method"),
    ],
)
def test_a_value_that_has_no_json_form_is_named(value, message):
    """The error tells where in the result the culprit stands."""
    with pytest.raises(ExperimentError, match=message):
        jsonable(value, at="curves")


def test_differences_are_complete():
    """Each entry that differs is told once, at any depth, and no equal entry."""
    a, b = {"x": {"y": 1, "z": 2}, "v": 1}, {"x": {"y": 1, "z": 3}, "w": 1}
    assert differences(a, b, "a", "b") == [
        "  v: only in a (1)",
        "  w: only in b (1)",
        "  x.z: 2 in a, 3 in b",
    ]
    assert not differences(a, a, "a", "b")


# --- policies ---


def test_a_policy_is_loaded_by_its_seed(folder, tmp_path):
    """The policy of the seed comes back, or the only policy there is; other seeds and
    other arrays are refused by name.
    """
    result = load_result("toy", folder, check=False)
    arrays = {
        "theta": np.arange(12.0).reshape(2, 6),
        "mean": np.array([[0.0, 0, 0], [1, 1, 1]]),
        "std": np.ones((2, 3)),
    }
    write_result(replace(result, seeds=[3, 7]), arrays, tmp_path / "toy.json")
    second = load_policy("toy", seed=7, folder=tmp_path)
    assert np.array_equal(second.theta, arrays["theta"][1])
    assert np.array_equal(second.standardiser.mean, arrays["mean"][1])
    assert np.array_equal(load_policy("toy", folder=tmp_path).theta, arrays["theta"][0])
    with pytest.raises(ExperimentError, match="no policy of seed 0; there are 3, 7"):
        load_policy("toy", seed=0, folder=tmp_path)

    alone = {key: array[1] for key, array in arrays.items()}
    write_result(result, alone, tmp_path / "toy.json")
    assert np.array_equal(load_policy("toy", folder=tmp_path).theta, arrays["theta"][1])
    with pytest.raises(ExperimentError, match="no policy of seed 1; there are 0"):
        load_policy("toy", seed=1, folder=tmp_path)
    with pytest.raises(
        ExperimentError,
        match=r"no linear policy: mean, std, theta missing; there are position",
    ):
        load_policy("toy", folder=folder)


# --- experiments ---


def test_an_experiment_says_what_it_lacks():
    """Names are plain words, and both settings have seeds."""
    with pytest.raises(ExperimentError, match="name is made of"):
        replace(TOY, name="../toy")
    with pytest.raises(
        ExperimentError,
        match=r"smoke of experiment 'toy' need an entry `seeds`; there are: steps",
    ):
        replace(TOY, smoke={"steps": 1})


def test_the_catalogue_is_complete():
    """Conformance: every experiment of a module is in the catalogue, under the module
    that defines it; no two experiments write the same result.
    """
    room = "lecture_code.experiments"
    paths = sorted(Path(protocol.__file__).parent.glob("*/**/*.py"))
    defined = [
        (experiment.name, module)
        for module in map(dotted, paths)
        for experiment in getattr(import_module(module), "EXPERIMENTS", ())
    ]
    assert len({name for name, _ in defined}) == len(defined) > 0
    listed = {name: f"{room}.{module}" for name, module in CATALOGUE.items()}
    assert listed == dict(defined)
    assert isinstance(find_experiment(TOY), Experiment)


def dotted(path):
    package = Path(protocol.__file__).parents[2]
    return ".".join(path.relative_to(package).with_suffix("").parts)


def test_a_result_has_the_fields_of_the_file(folder):
    """The schema is the dataclass: file and fields have the same entries in the same
    order.
    """
    assert list(json.loads((folder / "toy.json").read_text())) == [
        field.name for field in dataclasses.fields(Result)
    ]
