"""What must hold of every search of the room: the protocol, and the loop that drives
it.

A new search joins `SEARCHES` and has all of this tested.
"""

import copy
import pickle
from itertools import islice

import numpy as np
import pytest

import lecture_code.search
from lecture_code.search import (
    CMAES,
    PI2,
    AugmentedRandomSearch,
    CrossEntropyMethod,
    PoWER,
    RewardWeightedRegression,
    Search,
    check_told,
    decreasing_noise,
    maximise,
    next_generation,
)

D = 5
SEARCHES = {
    "ars": lambda mean: AugmentedRandomSearch(mean, step=0.1, noise=0.1, directions=8),
    "ars, best half": lambda mean: AugmentedRandomSearch(
        mean, step=0.1, noise=0.1, directions=8, top=4
    ),
    "basic random search": lambda mean: AugmentedRandomSearch(
        mean, step=0.1, noise=0.1, directions=8, normalise=False
    ),
    "cem": lambda mean: CrossEntropyMethod(mean, 1.0, population=60, elite=0.2),
    "cem, decreasing noise": lambda mean: CrossEntropyMethod(
        mean, 0.5, population=60, noise=decreasing_noise(0.2, 0.01), diagonal=False
    ),
    "cma-es": lambda mean: CMAES(mean, 0.5),
    "cma-es, positive weights": lambda mean: CMAES(mean, 0.5, active=False),
    "rwr": lambda mean: RewardWeightedRegression(mean, 0.3, covariance_update="fixed"),
    "rwr, in proportion": lambda mean: RewardWeightedRegression(
        mean, 0.3, beta=None, covariance_update="fixed"
    ),
    "power": lambda mean: PoWER(mean, 0.3, population=100),
    "power, with re-use": lambda mean: PoWER(
        mean, 0.5, population=30, reuse=10, diagonal=False
    ),
    "pi2": lambda mean: PI2(
        mean, 0.3, population=40, covariance_update="fixed", decay=0.99
    ),
    "pi2-cma": lambda mean: PI2(
        mean, 0.5, population=100, covariance_update="cma", decay=0.9, diagonal=False
    ),
}
every_search = pytest.mark.parametrize("make", SEARCHES.values(), ids=SEARCHES.keys())


def hill(thetas, rng):
    """A hill that is never negative: some searches weigh by the return itself."""
    return 10 * np.exp(-np.sum(thetas**2, axis=1) / 2)


def noisy_hill(thetas, rng):
    return np.abs(hill(thetas, rng) + 0.05 * rng.standard_normal(len(thetas)))


def run(search, f, generations, seed=0):
    """The last of some generations."""
    return list(islice(maximise(search, f, np.random.default_rng(seed)), generations))[
        -1
    ]


def test_every_search_of_the_room_is_tested():
    """The set-up is complete: each class of the room that asks and tells is among
    SEARCHES.
    """
    exported = [
        getattr(lecture_code.search, name) for name in lecture_code.search.__all__
    ]
    classes = {
        kind
        for kind in exported
        if isinstance(kind, type) and kind is not Search and hasattr(kind, "tell")
    }
    assert classes == {type(make(np.zeros(D))) for make in SEARCHES.values()}


@every_search
def test_it_speaks_the_protocol(make):
    """Conformance: it is a Search, its mean is the start, and it asks for N candidates
    of the right size.
    """
    start = np.arange(float(D))
    search = make(start)
    assert isinstance(search, Search)
    assert np.array_equal(search.mean, start)
    thetas = search.ask(np.random.default_rng(0))
    assert thetas.ndim == 2
    assert thetas.shape[1] == D
    assert len(np.unique(thetas, axis=0)) == len(thetas) > 1


@every_search
def test_asking_changes_nothing(make):
    """Only `tell` changes a search: asked again with the same randomness, it gives the
    same candidates.
    """
    search = make(np.ones(D))
    before = pickle.dumps(search)
    first = search.ask(np.random.default_rng(0))
    assert pickle.dumps(search) == before
    assert np.array_equal(first, search.ask(np.random.default_rng(0)))


@every_search
def test_telling_changes_the_search_and_not_its_arguments(make):
    """The candidates and returns that were told stay as they are, and so does the
    caller's start; the mean moves.
    """
    start = np.ones(D)
    search = make(start)
    thetas = search.ask(np.random.default_rng(0))
    returns = hill(thetas, None)
    told = (thetas.copy(), returns.copy())
    kept = search.mean
    search.tell(thetas, returns)
    assert np.array_equal(thetas, told[0])
    assert np.array_equal(returns, told[1])
    assert np.array_equal(start, np.ones(D))
    assert np.array_equal(kept, np.ones(D))  # a mean taken before stays as it is
    assert not np.array_equal(search.mean, start)


@every_search
def test_the_start_belongs_to_the_caller(make):
    """What the caller later does to the array it gave as start, or to what it told,
    does not reach the search.
    """
    start = np.ones(D)
    search = make(start)
    start[:] = 9.0
    assert np.array_equal(search.mean, np.ones(D))
    thetas = search.ask(np.random.default_rng(0))
    returns = hill(thetas, None)
    search.tell(thetas, returns)
    mean = search.mean.copy()
    thetas[:], returns[:] = 9.0, 9.0
    assert np.array_equal(search.mean, mean)


@every_search
def test_a_seed_determines_everything(make):
    """Determinism: two searches with one seed give bitwise the same records; another
    seed gives others.
    """
    a, b, other = (run(make(np.ones(D)), noisy_hill, 20, seed) for seed in (1, 1, 2))
    assert np.array_equal(a.mean, b.mean)
    assert np.array_equal(a.returns, b.returns)
    assert not np.array_equal(a.mean, other.mean)


@every_search
@pytest.mark.parametrize("pause", ["between generations", "between ask and tell"])
def test_a_pickled_search_goes_on_as_if_nothing_had_happened(make, pause):
    """Determinism: pickled and restored in the middle of a run, with its generator, it
    ends bitwise where the other one does.
    """
    search = make(np.ones(D))
    rng = np.random.default_rng(3)
    for _ in range(5):
        next_generation(search, noisy_hill, rng)
    if pause == "between ask and tell":
        thetas = search.ask(rng)
    restored, restored_rng = pickle.loads(pickle.dumps((search, rng)))
    if pause == "between ask and tell":
        search.tell(thetas, hill(thetas, rng))
        restored.tell(thetas, hill(thetas, rng))
    for _ in range(5):
        a = next_generation(search, noisy_hill, rng)
        b = next_generation(restored, noisy_hill, restored_rng)
        assert np.array_equal(a.thetas, b.thetas)
        assert np.array_equal(a.mean, b.mean)


@every_search
def test_it_climbs_a_hill(make):
    """Learning: from distance √5 it comes within a fifth of it in spite of noise, for
    every seed.
    """
    for seed in range(5):
        assert np.linalg.norm(
            run(make(np.ones(D)), noisy_hill, 200, seed).mean
        ) < 0.2 * np.sqrt(D)


@every_search
def test_it_learns_from_the_returns(make):
    """Negative control: told the same returns in a random order, it gets nowhere near
    in the same budget.
    """

    def shuffled(thetas, rng):
        return rng.permutation(noisy_hill(thetas, rng))

    for seed in range(5):
        assert np.linalg.norm(
            run(make(np.ones(D)), shuffled, 200, seed).mean
        ) > 0.5 * np.sqrt(D)


@every_search
def test_it_maximises(make):
    """On a slope it goes up, and on the opposite slope down."""
    up = run(
        make(np.zeros(D)), lambda thetas, rng: np.exp(np.minimum(thetas[:, 0], 100)), 20
    ).mean
    down = run(
        make(np.zeros(D)),
        lambda thetas, rng: np.exp(np.minimum(-thetas[:, 0], 100)),
        20,
    ).mean
    assert up[0] > 0.1
    assert down[0] < -0.1


@every_search
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda thetas, returns: (
                thetas,
                np.where(np.arange(len(returns)) == 3, np.nan, returns),
            ),
            r"returns .*candidate 3: nan",
        ),
        (
            lambda thetas, returns: (
                thetas,
                np.where(np.arange(len(returns)) == 1, -np.inf, returns),
            ),
            r"returns .*candidate 1: -inf",
        ),
        (
            lambda thetas, returns: (
                np.where(np.arange(len(returns))[:, None] == 2, np.nan, thetas),
                returns,
            ),
            r"thetas .*candidate 2: \[",
        ),
        (
            lambda thetas, returns: (thetas, returns[:-1]),
            r"returns must have shape \(\d+,\)",
        ),
        (
            lambda thetas, returns: (thetas, returns[:, None]),
            r"returns must have shape \(\d+,\)",
        ),
        (
            lambda thetas, returns: (thetas[:, :-1], returns),
            r"thetas must have shape \(N, 5\).*; got \(\d+, 4\)",
        ),
        (lambda thetas, returns: (thetas[0], returns), r"thetas must have shape"),
        (lambda thetas, returns: (thetas[:0], returns[:0]), r"N ≥ 1"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(make, spoil, message):
    """Returns and candidates that cannot be used are refused by name, and the search
    goes on as if they had not been told.
    """
    search, untouched = make(np.ones(D)), make(np.ones(D))
    thetas = search.ask(np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        search.tell(*spoil(thetas, hill(thetas, None)))
    assert pickle.dumps(search) == pickle.dumps(untouched)
    assert np.array_equal(run(search, hill, 3).mean, run(untouched, hill, 3).mean)


def test_many_bad_returns_are_counted_and_the_first_named():
    """A whole population that diverged gives a message of readable length."""
    with pytest.raises(
        ValueError,
        match=r"20 of 20 are not \(candidate 0: nan, .*candidate 4: nan, …\)",
    ):
        check_told(np.zeros((20, 2)), np.full(20, np.nan), 2)


def test_records_tell_what_happened():
    """Each record holds its candidates, their returns, the mean after them, and the
    evaluations so far; they are never written over.
    """
    search = SEARCHES["ars"](np.ones(D))
    records = list(islice(maximise(search, hill, np.random.default_rng(0)), 4))
    kept = copy.deepcopy(records)
    next_generation(search, hill, np.random.default_rng(1))
    assert [record.index for record in records] == [0, 1, 2, 3]
    assert [record.evaluations for record in records] == [16, 32, 48, 64]
    for record, copied in zip(records, kept, strict=True):
        assert np.array_equal(record.returns, hill(record.thetas, None))
        assert np.array_equal(record.mean, copied.mean)
    assert len({tuple(record.mean) for record in records}) == 4


def test_two_searches_meet_the_same_noise():
    """Common random numbers: what `f` draws in a generation depends on the seed, not on
    how much the search draws.
    """
    noise = {"small": [], "large": []}

    def listen(to):
        return lambda thetas, rng: (noise[to].append(rng.random()), hill(thetas, rng))[
            1
        ]

    run(AugmentedRandomSearch(np.ones(D), directions=2), listen("small"), 3)
    run(AugmentedRandomSearch(np.ones(D), directions=30), listen("large"), 3)
    assert noise["small"] == noise["large"]
    assert len(set(noise["small"])) == 3
