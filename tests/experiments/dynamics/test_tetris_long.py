"""What must hold of the long searches with three kinds of noise on half a board."""

from dataclasses import asdict, replace

from lecture_code.experiments import run_experiment
from lecture_code.experiments.dynamics import tetris, tetris_population
from lecture_code.experiments.dynamics.tetris import TetrisRun
from lecture_code.experiments.dynamics.tetris_long import EXPERIMENTS, LONG


def test_only_length_seeds_and_tests_are_other() -> None:
    """Conformance: board, arms and search are those of `tetris_10x10`, three times as
    long, with seeds that no other search of the chapter had.
    """
    long, short = asdict(LONG), asdict(tetris.SMALL)
    other = {name for name in long if long[name] != short[name]}
    assert other == {"seeds", "generations", "tests", "test_every"}
    assert LONG.generations == 3 * tetris.SMALL.generations
    used = {*tetris.SMALL.seeds, *tetris.FULL.seeds, *tetris_population.SMALL.seeds}
    assert len(LONG.seeds) >= 5 and not set(LONG.seeds) & (used | set(range(10, 20)))


def test_the_protocol_names_tested_generations() -> None:
    """Conformance: the three times of the comparison are tested, and decreasing noise
    is gone before the first of them.
    """
    tested = tetris.generations_tested(LONG)
    assert {60, 120, 240} <= set(tested) and tested[-1] == 240
    search = TetrisRun(LONG, "decreasing", 30).search
    assert search.noise_at(49) > 0 == search.noise_at(50)


def test_a_longer_search_begins_like_a_short_one() -> None:
    """Limit: over their common generations a search of twice the length has the same
    means, bit for bit.
    """
    quick = EXPERIMENTS[0].smoke
    short, long = (
        TetrisRun(replace(quick, generations=n), "decreasing", 30) for n in (2, 4)
    )
    for run in (short, long):
        while run.progress < 1:
            run.advance()
    first, second = short.result()["means"], long.result()["means"]
    assert len(first) == 3 and len(second) == 5
    assert (first == second[:3]).all() and first[1:].any()


def test_the_smoke_run_gives_all_arms(tmp_path) -> None:
    """Conformance: each arm has lines by seed and tested generation."""
    quick = replace(EXPERIMENTS[0], settings=EXPERIMENTS[0].smoke)
    result, _ = run_experiment(quick, out=tmp_path, workers=1, bar=False)
    tested = len(result.curves["generations"])
    for arm in LONG.noise:
        lines = result.curves[arm]["uncensored_mean"]
        assert len(lines) == 2 and {len(run) for run in lines} == {tested}
