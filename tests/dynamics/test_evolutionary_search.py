"""What must hold when a search climbs the return of a robot's episodes."""

from itertools import islice

import numpy as np
import pytest

from lecture_code.dynamics.evolutionary_search import EpisodeReturn, train
from lecture_code.learning import LinearPolicy
from lecture_code.search import PI2, AugmentedRandomSearch, CrossEntropyMethod, maximise
from lecture_code.simulation import make_world, rollout

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def cheetah():
    return make_world("half_cheetah")


@pytest.fixture(scope="module")
def hopper():
    return make_world("hopper")


def test_f_is_the_return_of_an_episode_each(hopper):
    """Equation: U_e is the return of candidate e in an episode of its own, less the
    survival bonus for each step it was alive.
    """
    thetas = 0.1 * RNG(1).standard_normal((5, EpisodeReturn(hopper).size))
    batch = rollout([hopper] * 5, LinearPolicy.initial(11, 3).at(thetas), 40, RNG(2))
    assert len(set(batch.lengths)) > 1  # some fall earlier than others
    assert np.array_equal(EpisodeReturn(hopper, 40)(thetas, RNG(2)), batch.returns)
    assert np.allclose(
        EpisodeReturn(hopper, 40, survival=1.0)(thetas, RNG(2)),
        batch.returns - batch.lengths,
    )


def test_it_counts_and_remembers_what_was_lived(hopper):
    """Conformance: steps lived are counted and their observations normalise the next
    policy; padding behind a fall is in neither.
    """
    f = EpisodeReturn(hopper, 60)
    thetas = 0.3 * RNG(1).standard_normal((6, f.size))
    f(thetas, RNG(2))
    batch = f.last
    seen = np.concatenate([batch.observations[e, : batch.lengths[e]] for e in range(6)])
    assert f.steps == len(seen) == batch.lengths.sum() < 6 * 60
    policy = f.policy(thetas[0])
    mean, std = policy.standardiser
    assert mean == pytest.approx(seen.mean(axis=0))
    assert std == pytest.approx(seen.std(axis=0, ddof=1))
    f(thetas, RNG(3))
    assert f.steps > batch.lengths.sum()


def test_looking_costs_nothing(cheetah):
    """Test episodes are not counted, and they do not change the standardiser."""
    f = EpisodeReturn(cheetah, 20)
    before = f.standardiser.mean.copy()
    batch = f.episodes(f.policy(np.ones(f.size)), 3, RNG(0))
    assert len(batch) == 3
    assert f.steps == 0
    assert np.array_equal(f.standardiser.mean, before)


def test_threads_change_no_number(cheetah):
    """Determinism: a training is the same to the last bit on one thread and on two, and
    another seed gives another.
    """

    def final(threads, seed):
        f = EpisodeReturn(cheetah, 30, threads=threads)
        return list(islice(train(PI2(np.zeros(f.size), 0.1, 6), f, RNG(seed)), 3))[-1]

    one, two, other = final(1, 0), final(2, 0), final(1, 1)
    assert np.array_equal(one.returns, two.returns)
    assert np.array_equal(one.policy.theta, two.policy.theta)
    assert not np.array_equal(one.policy.theta, other.policy.theta)


def test_progress_tells_what_happened(cheetah):
    """Conformance: records count generations and steps, and hold the search's mean as a
    policy.
    """
    f = EpisodeReturn(cheetah, 10)
    search = CrossEntropyMethod(np.zeros(f.size), 0.1, 8, elite=0.25)
    records = list(islice(train(search, f, RNG(0)), 3))
    assert [
        (record.generation, record.steps, len(record.returns)) for record in records
    ] == [(1, 80, 8), (2, 160, 8), (3, 240, 8)]
    assert np.array_equal(records[-1].policy.theta, search.mean)
    assert np.array_equal(records[-1].policy.standardiser.mean, f.standardiser.mean)
    assert not np.array_equal(records[0].policy.theta, records[1].policy.theta)


def test_a_cheetah_learns_to_run_from_returns_alone(cheetah):
    """Learning with a negative control: from standing still it comes to run; told its
    returns in a random order, it does not.
    """

    def distance(shuffled, seed):
        f = EpisodeReturn(cheetah, 50)
        climbed = (
            (lambda thetas, rng: rng.permutation(f(thetas, rng))) if shuffled else f
        )
        search = AugmentedRandomSearch(
            np.zeros(f.size), step=0.03, noise=0.03, directions=10, top=5
        )
        mean = list(islice(maximise(search, climbed, RNG(seed)), 20))[-1].mean
        return f.episodes(f.policy(mean), 4, RNG(99)).returns.mean()

    for seed in range(5):
        assert distance(shuffled=False, seed=seed) > 20 + distance(
            shuffled=True, seed=seed
        )
