"""What must hold of EPOpt, line by line."""

from itertools import islice

import numpy as np
import pytest

from lecture_code.dynamics.epopt import WorstWorlds, epopt, iterate
from lecture_code.experiments import load_policy
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.learning.risk import conditional_value_at_risk
from lecture_code.learning.trpo import TRPO
from lecture_code.simulation import TruncatedGaussian, make_world, rollout

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
SOURCE = {"torso_mass": TruncatedGaussian(6, 1.5, 3, 9)}
SHORT = {"n": 12, "horizon": 30, "threads": 1}


@pytest.fixture(scope="module")
def hopper():
    return make_world("hopper")


@pytest.fixture(scope="module")
def policy():
    return GaussianPolicy.initial(11, 3, RNG(0), hidden=(4,))


class Notebook:
    """An `improve` that writes down what it is given, and adds one to every entry of
    theta.
    """

    def __init__(self):
        self.given = []

    def __call__(self, policy, trajectories, background=None):
        self.given.append((policy, trajectories, background))
        return policy.at(policy.theta + 1e-3)


@pytest.mark.parametrize("epsilon", [0.1, 0.35])
def test_one_iteration_is_lines_3_to_9(hopper, policy, epsilon):
    """Oracle: written out by hand, the same draws give the same worlds, trajectories,
    percentile, subset and policy.
    """
    improve = Notebook()
    rng = RNG(5)
    iteration = iterate(
        hopper, SOURCE, policy, improve, epsilon=epsilon, rng=RNG(5), **SHORT
    )
    worlds = hopper.sample(rng, 12, **SOURCE)
    batch = rollout(worlds, policy, 30, rng)
    order = np.argsort(batch.returns)
    size = int(epsilon * 11) + 1
    assert np.array_equal(
        iteration.parameters("torso_mass"),
        [world.values["torso_mass"] for world in worlds],
    )
    assert len(set(iteration.parameters("torso_mass"))) == 12
    assert np.array_equal(iteration.batch.rewards, batch.rewards)
    assert iteration.percentile == pytest.approx(
        np.percentile(batch.returns, 100 * epsilon)
    )
    assert set(iteration.chosen) == set(order[:size])
    ((old, chosen, background),) = improve.given
    assert old is policy
    assert np.array_equal(np.sort(chosen.returns), batch.returns[order[:size]])
    assert np.array_equal(background.returns, batch.returns)
    assert np.array_equal(iteration.policy.theta, policy.theta + 1e-3)
    assert (iteration.index, iteration.steps, iteration.epsilon) == (
        0,
        batch.lengths.sum(),
        epsilon,
    )


def test_at_one_it_is_trpo_on_the_ensemble(hopper, policy):
    """Limit: with ε = 1 the policy after three iterations is bit-equal to TRPO on the
    same worlds, written without EPOpt; with ε = 0.5 not.
    """
    rng = RNG(7)
    plain = policy
    improve = TRPO()
    for _ in range(3):
        worlds = hopper.sample(rng, 12, **SOURCE)
        plain = improve(plain, rollout(worlds, plain, 30, rng, threads=1))

    def trained(epsilon):
        options = {"epsilon": epsilon, "rng": RNG(7), **SHORT}
        iterations = epopt(hopper, SOURCE, policy, improve, **options)
        return list(islice(iterations, 3))[-1].policy

    whole, half = trained(1.0), trained(0.5)
    assert np.array_equal(whole.theta, plain.theta)
    assert not np.array_equal(half.theta, plain.theta)


def test_without_a_source_it_is_trpo_in_one_world(hopper, policy):
    """Limit: an empty source gives N copies of the world itself, and with ε = 1 nothing
    is left but TRPO.
    """
    heavy = hopper.change(torso_mass=8)
    rng = RNG(8)
    improve = TRPO()
    iteration = iterate(heavy, {}, policy, improve, epsilon=1.0, rng=RNG(8), **SHORT)
    assert set(iteration.parameters("torso_mass")) == {8.0}
    assert np.array_equal(
        iteration.policy.theta,
        improve(policy, rollout([heavy] * 12, policy, 30, rng, threads=1)).theta,
    )


def test_it_warms_up_on_all_of_them(hopper, policy):
    """Conformance: until `warm_up` control steps are spent ε is 1 and the training is
    that of ε = 1 to the last bit; then it is what was asked for.
    """
    cold = list(
        islice(
            epopt(hopper, SOURCE, policy, TRPO(), epsilon=1.0, rng=RNG(9), **SHORT), 4
        )
    )
    warm_up = cold[1].steps
    warm = list(
        islice(
            epopt(
                hopper,
                SOURCE,
                policy,
                TRPO(),
                epsilon=0.2,
                rng=RNG(9),
                warm_up=warm_up,
                **SHORT,
            ),
            4,
        )
    )
    assert [record.epsilon for record in warm] == [1.0, 1.0, 0.2, 0.2]
    assert [len(record.chosen) for record in warm] == [12, 12, 3, 3]
    pairs = zip(cold, warm, strict=True)
    same = [np.array_equal(a.policy.theta, b.policy.theta) for a, b in pairs]
    assert same == [True, True, False, False]
    assert [record.index for record in warm] == [0, 1, 2, 3]
    spent = [record.batch.lengths.sum() for record in warm[1:]]
    assert np.array_equal(np.diff([record.steps for record in warm]), spent)


def test_threads_change_nothing(hopper, policy):
    """Determinism: the same seed gives the same policy to the last bit, on one thread
    and on two; another seed gives another.
    """

    def theta(threads, seed):
        return iterate(
            hopper,
            SOURCE,
            policy,
            TRPO(),
            epsilon=0.5,
            n=6,
            horizon=20,
            rng=RNG(seed),
            threads=threads,
        ).policy.theta

    assert np.array_equal(theta(1, 0), theta(2, 0))
    assert not np.array_equal(theta(1, 0), theta(1, 1))


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"epsilon": 0.0}, r"epsilon must lie in \(0, 1\]; got 0"),
        ({"epsilon": 1.5}, r"epsilon must lie in \(0, 1\]; got 1\.5"),
        ({"n": 0}, "n must be at least 1"),
        ({"horizon": 0}, "horizon"),
        ({"source": {"weight": SOURCE["torso_mass"]}}, "unknown parameter 'weight'"),
        (
            {"source": {"torso_mass": TruncatedGaussian(6, 1, 0, 90)}},
            r"draws torso_mass from \[0, 90\]",
        ),
    ],
)
def test_bad_input_to_epopt_is_named(hopper, policy, changes, culprit):
    """Errors name the culprit, and nothing is simulated before."""
    arguments = {"epsilon": 0.5, "n": 2, "horizon": 3, "source": SOURCE, **changes}
    with pytest.raises(ValueError, match=culprit):
        next(epopt(hopper, policy=policy, improve=TRPO(), rng=RNG(0), **arguments))


# --- the value of a candidate


@pytest.fixture(scope="module")
def linear():
    return load_policy("hopper", 0)


@pytest.mark.parametrize("epsilon", [1.0, 0.25])
def test_the_value_of_a_candidate_is_its_cvar_over_common_worlds(
    hopper, linear, epsilon
):
    """Oracle: by hand, each candidate acts once in each of the same worlds, and its
    value is the mean of its worst share; all control steps count.
    """
    thetas = linear.theta + 0.1 * RNG(1).standard_normal((3, linear.theta.size))
    f = WorstWorlds(hopper, SOURCE, linear, epsilon=epsilon, n=8, horizon=40, threads=1)
    values = f(thetas, RNG(2))
    rng = RNG(2)
    worlds = hopper.sample(rng, 8, **SOURCE)
    policies = linear.at(np.repeat(thetas, 8, axis=0))
    batch = rollout(worlds * 3, policies, 40, rng)
    for i, value in enumerate(values):
        returns = batch.returns[8 * i : 8 * i + 8]
        assert value == pytest.approx(conditional_value_at_risk(returns, epsilon))
        assert value == pytest.approx(np.sort(returns)[: int(8 * epsilon)].mean())
    assert f.steps == batch.lengths.sum()


def test_all_candidates_meet_the_same_worlds(hopper, linear, monkeypatch):
    """Conformance: the worlds of a candidate are those of every other, drawn anew in
    each generation; without a source all are the world itself.
    """
    met = []
    original = rollout

    def noting(worlds, *arguments, **options):
        met.append([world.values["torso_mass"] for world in worlds])
        return original(worlds, *arguments, **options)

    monkeypatch.setattr("lecture_code.dynamics.epopt.rollout", noting)
    settings = {"epsilon": 0.5, "n": 4, "horizon": 5, "threads": 1}
    rng = RNG(0)
    f = WorstWorlds(hopper, SOURCE, linear, **settings)
    for _ in range(2):
        f(np.stack([linear.theta, -linear.theta]), rng)
    assert met[0][:4] == met[0][4:] and len(set(met[0])) == 4
    assert met[1] != met[0]
    WorstWorlds(hopper, {}, linear, **settings)(linear.theta[None], rng)
    assert met[2] == [hopper.values["torso_mass"]] * 4


def test_a_share_that_is_no_share_is_refused(hopper, linear):
    """The error of `iterate` names ε here, too."""
    with pytest.raises(ValueError, match="epsilon must lie in"):
        WorstWorlds(hopper, SOURCE, linear, epsilon=0.0, n=4, horizon=5)
