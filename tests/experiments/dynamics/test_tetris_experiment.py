"""What must hold of the full-scale Tetris runs: they are the search as it is, no game
is lost or played twice, and caps are accounted for.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lecture_code import tetris
from lecture_code.experiments import find_experiment, run_experiment
from lecture_code.experiments.dynamics.tetris import (
    FULL,
    SMALL,
    TetrisRun,
    generations_tested,
    smoke,
    uncensored_mean,
)
from lecture_code.experiments.files import jsonable
from lecture_code.search.cem import CrossEntropyMethod
from lecture_code.search.protocol import next_generation

QUICK = smoke(FULL)


def finish(run):
    """Advance to the end; gives the run's records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return records


@pytest.fixture
def log(monkeypatch):
    """The seed of every game that is played, in order."""
    seeds = []
    original = tetris.play

    def logged(weights, seed, **options):
        seeds.append(seed)
        return original(weights, seed, **options)

    monkeypatch.setattr(tetris, "play", logged)
    return seeds


def same(a, b):
    """Whether the results of two runs are equal, to the last bit."""
    return jsonable(a.result(), digits=None) == jsonable(b.result(), digits=None)


def test_it_is_the_search_as_it_is():
    """Oracle: the means are bitwise those of the cross-entropy method driven by
    `next_generation` on the same games.
    """
    run = TetrisRun(QUICK, "decreasing", 3)
    finish(run)
    search = CrossEntropyMethod(
        np.zeros(22), 10.0, population=20, elite=0.1, noise=lambda t: max(5 - t / 10, 0)
    )
    (rng,) = np.random.default_rng(3).spawn(1)

    def lines(weights, rng):
        seeds = tetris.game_seeds(rng, len(weights))
        return tetris.games(weights, seeds, width=10, height=8, cap=500).lines

    expected = [search.mean]
    for _ in range(QUICK.generations):
        next_generation(search, lines, rng)
        expected.append(search.mean)
    assert np.array_equal(run.result()["means"], expected)


def test_the_recorded_std_is_a_standard_deviation():
    """Equation: after each generation `std` is the root of the mean variance of the
    weights; at the start it is the setting's sigma.
    """
    run = TetrisRun(QUICK, "constant", 0)
    variances = [QUICK.sigma**2]
    while run.progress < 1:
        run.advance()
        if run.generation == len(variances):
            variances.append(run.search.covariance.mean())
    assert run.result()["std"] == pytest.approx(np.sqrt(variances), rel=1e-12)
    assert len(variances) == QUICK.generations + 1 and min(variances) > 4


def test_the_settings_are_the_papers():
    """Equation: variance 100, 100 candidates, 10 elites, one game each, 30 games a
    test, and noise 0, 4, max(5 − t/10, 0).
    """
    noise = {"none": [0, 0, 0], "constant": [4, 4, 4], "decreasing": [5, 2.5, 0]}
    for settings, height in ((FULL, 20), (SMALL, 10)):
        assert (settings.width, settings.height) == (10, height)
        assert settings.sigma**2 == settings.population == 100 and settings.tests == 30
        for arm, expected in noise.items():
            search = TetrisRun(settings, arm, 0).search
            assert [search.noise_at(t) for t in (0, 25, 70)] == expected
            assert search.elites == 10
            assert search.mean.shape == (22,) and not search.mean.any()
        assert len(settings.seeds) >= 5 and settings.features == "bertsekas"


def test_chunks_do_not_matter():
    """Determinism: one game a step or as many as there are, the result is the same, bit
    for bit.
    """
    settings = [replace(QUICK, chunk=chunk) for chunk in (1, 200, 10**9)]
    runs = [TetrisRun(each, "constant", 1) for each in settings]
    records = [finish(run) for run in runs]
    assert same(runs[0], runs[1]) and same(runs[0], runs[2])
    batches = QUICK.generations + len(generations_tested(QUICK))
    assert len(records[0]) > len(records[1]) > len(records[2]) == batches
    assert {record["games"] for record in records[0]} == {1}
    assert len({sum(record["lines"] for record in run) for run in records}) == 1


def test_no_game_is_lost_or_played_twice(log):
    """Determinism: a run that is written down and read again after every step, in the
    middle of generations too, plays every game once and ends the same.
    """
    settings = replace(QUICK, chunk=1)
    whole = TetrisRun(settings, "none", 0)
    finish(whole)
    expected = log.copy()
    # three generations, and tests of generations 0, 2 and 3
    assert len(set(expected)) == len(expected) == 3 * 20 + 3 * 3
    log.clear()
    run = TetrisRun(settings, "none", 0)
    while run.progress < 1:
        run.advance()
        run = pickle.loads(pickle.dumps(run))
    assert log == expected and same(run, whole)


def test_an_interrupted_experiment_goes_on_within_the_generation(
    tmp_path, monkeypatch, log
):
    """Determinism: interrupted after seven games of its first generation, the
    experiment plays the other games once, with the result of an uninterrupted run.
    """
    experiment = replace(
        find_experiment("tetris"),
        settings=replace(QUICK, seeds=(0,), noise={"none": (0.0, 0.0)}, chunk=1),
    )
    options = {"workers": 1, "bar": False, "checkpoint_every": 0}
    whole, _ = run_experiment(experiment, out=tmp_path / "whole", **options)
    expected = log.copy()
    log.clear()
    advance = TetrisRun.advance

    def interrupt(run):
        if run.played == 10:  # three games of the first test, and seven of twenty
            raise KeyboardInterrupt
        return advance(run)

    with monkeypatch.context() as patch:
        patch.setattr(TetrisRun, "advance", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_experiment(experiment, out=tmp_path / "killed", **options)
    assert log == expected[:10]
    resumed, _ = run_experiment(experiment, out=tmp_path / "killed", **options)
    assert log == expected and resumed.curves == whole.curves


def test_the_arms_of_a_seed_meet_the_same_pieces(log):
    """Common random numbers: the three arms of a seed play games of the same seeds in
    the same order; another seed plays others.
    """
    played = {}
    for arm, seed in (("none", 0), ("constant", 0), ("decreasing", 0), ("none", 1)):
        log.clear()
        finish(TetrisRun(QUICK, arm, seed))
        played[arm, seed] = log.copy()
    assert played["none", 0] == played["constant", 0] == played["decreasing", 0]
    assert not set(played["none", 0]) & set(played["none", 1])


def test_tests_do_not_touch_the_search():
    """Invariance: testing more often, with more games, leaves the means bitwise as they
    are.
    """
    rarely = TetrisRun(QUICK, "constant", 2)
    often = TetrisRun(replace(QUICK, test_every=1, tests=7), "constant", 2)
    for run in (rarely, often):
        finish(run)
    assert np.array_equal(rarely.result()["means"], often.result()["means"])
    assert often.result()["lines"].shape == (4, 7)


def test_records_are_whole_numbers_and_add_up():
    """Conformance: what a replay compares is exact, and sums to the result."""
    run = TetrisRun(QUICK, "constant", 0)
    records = finish(run)
    assert all(type(value) is int for record in records for value in record.values())
    assert sum(record["pieces"] for record in records) == run.result()["pieces"]
    assert sum(record["games"] for record in records) == run.played == 3 * 20 + 3 * 3


def test_the_mean_without_a_cap():
    """Equation: games that end after each line with probability 1/300, capped at 200
    lines: the estimate is near 300, the mean of the capped games is not.
    """
    lines = np.random.default_rng(0).geometric(1 / 300, size=(4, 20_000))
    capped = np.minimum(lines, 200)
    estimates = uncensored_mean(capped, lines > 200)  # half of the games are censored
    assert estimates == pytest.approx(300, rel=0.04)  # four standard errors
    assert (capped.mean(axis=1) < 160).all()
    assert uncensored_mean(np.array([3, 4]), np.array([False, False])) == 3.5
    nobody_ended = uncensored_mean(np.array([5, 5]), np.array([True, True]))
    assert nobody_ended == 10  # a lower bound


def test_it_learns_and_only_from_the_lines():
    """Learning with a negative control: on 10×10, twelve generations multiply the
    lines; where the search is told noise, they do not.
    """
    settings = replace(SMALL, generations=12, test_every=12)
    learning, idle = (TetrisRun(settings, "constant", 0) for _ in range(2))
    rng = np.random.default_rng(0)
    tell = idle.search.tell

    def tell_noise(thetas, returns):
        tell(thetas, rng.standard_normal(len(returns)))

    idle.search.tell = tell_noise
    for run in (learning, idle):
        finish(run)
    before, after = learning.result()["lines"].mean(axis=1)
    assert after > 15 and before < 2
    assert idle.result()["lines"].mean(axis=1)[1] < 4


def test_the_tested_weights_play_the_tested_games(tmp_path):
    """Conformance: the arrays beside the result hold, to the last bit, the weights
    whose games its curves tell of.
    """
    options = {"smoke": True, "workers": 1, "bar": False}
    result, path = run_experiment("tetris_10x10", out=tmp_path, **options)
    curves = result.curves["constant"]
    with np.load(path.with_suffix(".npz")) as arrays:
        weights, lines = arrays["constant_weights"], arrays["constant_lines"]
    assert weights.shape == (2, 3, 22) and lines.shape == (2, 3, 3)
    _, rng_tests = np.random.default_rng(1).spawn(2)
    seeds = tetris.game_seeds(rng_tests, 3)  # of the first test of seed 1
    games = tetris.games(weights[1, 0], seeds, height=8, cap=500)
    assert games.lines.tolist() == lines[1, 0].tolist()
    assert curves["lines"][1] == pytest.approx(lines[1].mean(axis=1), rel=1e-6)
    norm = np.linalg.norm(weights[1, 1])  # the second test is that of generation 2
    assert curves["travel"][1][2] == pytest.approx(norm, rel=1e-6)
