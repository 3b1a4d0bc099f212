"""What must hold of CMA-ES beyond what holds of every search: it is Hansen's, number by
number.
"""

import copy
import math
from dataclasses import replace
from itertools import islice

import cma
import cmaes
import numpy as np
import pytest

from lecture_code.search import CMAES, maximise
from lecture_code.search.cma_strategy import Strategy
from lecture_code.search.landscapes import (
    Rotated,
    ellipsoid,
    random_rotation,
    rosenbrock,
    sphere,
)

STATE = ("mean", "sigma", "C", "p_sigma", "p_c")


def state(search):
    """Everything that a generation changes, the decomposition apart."""
    return {name: np.array(getattr(search, name)) for name in STATE}


def assert_same(actual, expected, rtol):
    """Each part of the state, to `rtol` of its largest number."""
    for name in STATE:
        assert np.allclose(
            actual[name],
            expected[name],
            rtol=rtol,
            atol=rtol * np.abs(expected[name]).max(),
        ), name


def random_ranking(thetas, rng):
    """A landscape that knows nothing of the candidates."""
    return rng.permutation(float(len(thetas)) * np.linspace(0, 1, len(thetas)))


def run(search, f, generations, seed=0):
    """The search after some generations."""
    list(islice(maximise(search, f, np.random.default_rng(seed)), generations))
    return search


# --- the strategy: Table 1 ---


def slow_weights(lam, n, c_1, c_mu, active=True):
    """Eq. 49 to 53 in plain loops, for learning rates of any origin."""
    raw = [math.log((lam + 1) / 2) - math.log(i) for i in range(1, lam + 1)]
    mu = lam // 2
    mu_eff = sum(raw[:mu]) ** 2 / sum(value**2 for value in raw[:mu])
    mu_eff_minus = sum(raw[mu:]) ** 2 / sum(value**2 for value in raw[mu:])
    alpha = min(
        1 + c_1 / c_mu,
        1 + 2 * mu_eff_minus / (mu_eff + 2),
        (1 - c_1 - c_mu) / (n * c_mu),
    )
    plus = sum(value for value in raw if value > 0)
    minus = -sum(value for value in raw if value < 0)
    return np.array(
        [
            value / plus if value >= 0 else active * alpha * value / minus
            for value in raw
        ]
    )


@pytest.mark.parametrize(
    ("n", "lam", "mu_eff", "c_sigma", "d_sigma", "c_c", "c_1", "c_mu"),
    [
        (2, 6, 2.0286, 0.4462, 1.4462, 0.62455, 0.15482, 0.08559),
        (10, 10, 3.1673, 0.28443, 1.28443, 0.29499, 0.01528, 0.02355),
        (22, 13, 3.9809, 0.19305, 1.19305, 0.15860, 0.00366, 0.00856),
    ],
)
def test_the_table(n, lam, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu):
    """Equation: the default population and the parameters are those that were computed
    from the tutorial's Table 1 elsewhere.
    """
    search = CMAES(np.zeros(n), 1.0)
    s = search.strategy
    assert (
        search.population
        == len(s.weights)
        == len(search.ask(np.random.default_rng(0)))
        == lam
    )
    constants = (s.mu_eff, s.c_sigma, s.d_sigma, s.c_c, s.c_1, s.c_mu)
    assert constants == pytest.approx(
        (mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu), rel=2e-3, abs=6e-6
    )
    assert s.mu == lam // 2
    assert s.c_m == 1


@pytest.mark.parametrize("n", [1, 2, 10, 40])
@pytest.mark.parametrize("lam", [2, 3, 4, 7, 10, 51, 1000])
@pytest.mark.parametrize("active", [True, False])
def test_the_weights(n, lam, active):
    """Equation: the weights are those of plain loops; they fall, the first μ sum to 1,
    and C keeps a share that is not negative.
    """
    s = Strategy.from_dimension(n, lam, active)
    assert s.weights == pytest.approx(
        slow_weights(lam, n, s.c_1, s.c_mu, active), rel=1e-9, abs=1e-15
    )
    assert np.all(np.diff(s.weights) <= 0)
    assert s.weights[: s.mu].sum() == pytest.approx(1)
    assert np.all(s.weights[: s.mu] > 0) and np.all(s.weights[s.mu :] <= 0)
    assert s.mu_eff == pytest.approx(1 / np.sum(s.weights[: s.mu] ** 2))
    assert s.c_1 > 0 and s.c_mu > 0 and s.c_1 + s.c_mu <= 1 + 1e-12
    negative = -s.weights[s.mu :].sum()
    assert (negative > 0) == (active and s.c_1 + s.c_mu < 1)
    left = 1 - s.c_1 - s.c_mu
    assert n * s.c_mu * negative <= left + 1e-12  # so that C stays positive definite
    assert 0 < s.c_sigma < 1 and 0 < s.c_c <= 1 and s.d_sigma > 1


def test_the_length_of_a_normal_vector():
    """Equation: chi_n is E‖N(0, I)‖ = √2 Γ((n+1)/2) / Γ(n/2), to its expansion's
    accuracy; the longest path is 1.4 + 2/(n+1) times it.
    """
    for n in (1, 2, 5, 30):
        s = Strategy.from_dimension(n, 8)
        assert s.chi_n == pytest.approx(
            math.sqrt(2) * math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)),
            rel=2e-3,
        )
        assert s.longest_path == pytest.approx((1.4 + 2 / (n + 1)) * s.chi_n)


@pytest.mark.parametrize(
    ("n", "a"), [(3, 1.0), (9, 1.5), (18, 2.25), (27, 2.625), (900, 3.0)]
)
def test_the_damping_of_large_populations(n, a):
    """Equation: d_σ − 1 − c_σ = 2 (a √((μ_eff − 1) / (n + 1)) − 1) once that is
    positive; a is 1 in few dimensions, 3 in many, and 1 in the tutorial.
    """
    lam = 50 * n
    s = Strategy.from_dimension(n, lam, damping="large populations")
    tutorial = Strategy.from_dimension(n, lam, damping="tutorial")
    ratio = math.sqrt((s.mu_eff - 1) / (n + 1))
    assert ratio > 1
    assert s.d_sigma - 1 - s.c_sigma == pytest.approx(2 * (a * ratio - 1))
    assert tutorial.d_sigma - 1 - s.c_sigma == pytest.approx(2 * (ratio - 1))


@pytest.mark.parametrize("n", [1, 2, 5, 10, 30, 100, 1000])
def test_the_default_population_is_damped_as_in_the_tutorial(n):
    """Limit: for λ = 4 + ⌊3 ln n⌋ the damping of large populations changes nothing."""
    lam = 4 + math.floor(3 * math.log(n))
    d_sigma = Strategy.from_dimension(n, lam, damping="tutorial").d_sigma
    assert Strategy.from_dimension(n, lam).d_sigma == d_sigma


def test_the_lag():
    """Equation: C is decomposed every max(1, ⌊1 / (10 n (c_1 + c_μ))⌋) generations:
    rarely only where learning is slow.
    """
    assert (
        Strategy.from_dimension(10, 10).lag == Strategy.from_dimension(40, 15).lag == 1
    )
    s = Strategy.from_dimension(400, 4)
    assert s.lag == math.floor(1 / (4000 * (s.c_1 + s.c_mu))) > 2


# --- the update: against two libraries, and by hand ---


def like_pycma(n, lam):
    """Our strategy with pycma's constants, where they are not the tutorial's."""
    s = Strategy.from_dimension(n, lam)
    c_1 = s.c_1 * min(1, lam / 6)  # slower for small populations
    c_sigma = (s.mu_eff + 2) / (n + s.mu_eff + 3)  # + 3, not + 5
    c_sigma = min(1 / 2, c_sigma)
    return replace(
        s,
        c_1=c_1,
        weights=slow_weights(lam, n, c_1, s.c_mu),
        c_sigma=c_sigma,
        d_sigma=s.d_sigma - s.c_sigma + c_sigma,
        chi_n=cma.utilities.math.Mh.chiN(n),  # another approximation
        longest_path=math.sqrt(2 * n + 4 * n / (n + 1)),  # ‖p_σ‖² / n < 2 + 4 / (n + 1)
        lag=1,
    )


def like_cmaes(n, lam):
    """Our strategy with the constants of cmaes, where they are not the tutorial's."""
    s = Strategy.from_dimension(n, lam, damping="tutorial")
    c_mu = 2 * (s.mu_eff - 2 + 1 / s.mu_eff) / ((n + 2) ** 2 + s.mu_eff)  # without 1/4
    return replace(s, c_mu=c_mu, lag=1, weights=slow_weights(lam, n, s.c_1, c_mu))


# dimension, population, landscape, σ at the start: a small one brings generations with
# h_σ = 0
SETTINGS = [
    (1, 4, sphere, 0.7),
    (2, 6, rosenbrock, 0.7),
    (3, 4, ellipsoid, 0.7),
    (5, 8, sphere, 0.02),
    (10, 10, ellipsoid, 0.7),
    (20, 13, rosenbrock, 0.02),
    (12, 90, ellipsoid, 0.7),  # a large population, which is damped more
]


@pytest.mark.parametrize(("n", "lam", "landscape", "sigma"), SETTINGS)
def test_it_is_pycma(n, lam, landscape, sigma):
    """Oracle: told pycma's candidates, with pycma's own constants, the whole state is
    pycma's in each of 60 generations.
    """
    ours = CMAES(np.full(n, 2.0), sigma, population=lam)
    rng = np.random.default_rng(0)
    ours.strategy = like_pycma(n, lam)
    # pycma mirrors some candidates of populations below 6: not here
    settings = {"popsize": lam, "updatecovwait": 0, "CMA_mirrors": 0}
    options = {
        "seed": np.nan,
        "randn": lambda *shape: rng.standard_normal(shape),
        "verbose": -9,
    }
    theirs = cma.CMAEvolutionStrategy(n * [2.0], sigma, settings | options)
    theirs.sm.C = np.eye(n)  # pycma starts with C a little off I
    theirs.sm.D, theirs.sm.B = np.ones(n), np.eye(n)
    assert ours.strategy.d_sigma == pytest.approx(
        theirs.adapt_sigma.initialize(theirs).damps
    )
    stalled = 0
    for _ in range(60):
        thetas = np.array(theirs.ask())
        theirs.tell(list(thetas), list(-landscape(thetas)))
        before = ours.p_c
        ours.tell(thetas, landscape(thetas))
        stalled += np.array_equal(ours.p_c, (1 - ours.strategy.c_c) * before)
        their_state = {
            "mean": theirs.mean,
            "sigma": theirs.sigma,
            "C": theirs.sm.C,
            "p_sigma": theirs.adapt_sigma.ps,
            "p_c": theirs.pc,
        }
        assert_same(state(ours), their_state, rtol=1e-7)
    assert stalled or sigma == 0.7


@pytest.mark.parametrize(("n", "lam", "landscape", "sigma"), SETTINGS)
def test_it_is_cmaes(n, lam, landscape, sigma):
    """Oracle: told the candidates of cmaes, with its c_μ and its h_σ one generation
    ahead, the whole state is its own for 60 generations.
    """
    ours = CMAES(np.full(n, 2.0), sigma, population=lam)
    ours.strategy = like_cmaes(n, lam)
    ours.generation = 1
    theirs = cmaes.CMA(mean=np.full(n, 2.0), sigma=sigma, population_size=lam, seed=0)
    for _ in range(60):
        thetas = np.array([theirs.ask() for _ in range(lam)])
        theirs.tell(list(zip(thetas, -landscape(thetas), strict=True)))
        ours.tell(thetas, landscape(thetas))
        their_state = {
            "mean": theirs._mean,
            "sigma": theirs._sigma,
            "C": theirs._C,
            "p_sigma": theirs._p_sigma,
            "p_c": theirs._pc,
        }
        # cmaes adds 1e-8 to ‖C^(-1/2) y‖²
        assert_same(state(ours), their_state, rtol=2e-6)


def test_the_oracle_sees_one_constant():
    """Negative control: with the tutorial's own c_σ the state is no longer pycma's
    after ten generations; the comparison can fail.
    """
    histories = []
    for s in (
        like_pycma(5, 8),
        replace(like_pycma(5, 8), c_sigma=Strategy.from_dimension(5, 8).c_sigma),
    ):
        search = CMAES(np.full(5, 2.0), 0.7, population=8)
        rng = np.random.default_rng(0)
        search.strategy = s
        for _ in range(10):
            thetas = 2 + rng.standard_normal((8, 5))
            search.tell(thetas, sphere(thetas))
        histories.append(state(search))
    with pytest.raises(AssertionError, match="sigma"):
        assert_same(*histories, rtol=1e-4)


def slow_tell(search, thetas, returns):
    """Eq. 41 to 47 in plain loops, with C^(-1/2) itself; the state after it."""
    s = search.strategy
    n = len(search.mean)
    order = sorted(range(len(returns)), key=lambda k: -returns[k])
    y = [(thetas[k] - search.mean) / search.sigma for k in order]
    root = search.B @ np.diag(1 / search.D) @ search.B.T
    y_w = sum(s.weights[i] * y[i] for i in range(len(y) // 2))
    p_sigma = (1 - s.c_sigma) * search.p_sigma + math.sqrt(
        s.c_sigma * (2 - s.c_sigma) * s.mu_eff
    ) * root @ y_w
    length = np.linalg.norm(p_sigma)
    sigma = search.sigma * math.exp(s.c_sigma / s.d_sigma * (length / s.chi_n - 1))
    h = (
        length / math.sqrt(1 - (1 - s.c_sigma) ** (2 * (search.generation + 1)))
        < (1.4 + 2 / (n + 1)) * s.chi_n
    )
    p_c = (1 - s.c_c) * search.p_c + h * math.sqrt(s.c_c * (2 - s.c_c) * s.mu_eff) * y_w
    C = (
        1 + s.c_1 * (1 - h) * s.c_c * (2 - s.c_c) - s.c_1 - s.c_mu * sum(s.weights)
    ) * search.C + s.c_1 * np.outer(p_c, p_c)
    for w, y_i in zip(s.weights, y, strict=True):
        C = C + s.c_mu * (
            w if w >= 0 else w * n / np.linalg.norm(root @ y_i) ** 2
        ) * np.outer(y_i, y_i)
    return {
        "mean": search.mean + search.sigma * y_w,
        "sigma": sigma,
        "C": C,
        "p_sigma": p_sigma,
        "p_c": p_c,
    }


@pytest.mark.parametrize("active", [True, False])
def test_the_update_is_that_of_plain_loops(active):
    """Oracle: with the tutorial's own constants, each generation is that of eq.

    41 to 47 in loops, generations with h_σ = 0 included.
    """
    search = CMAES([5.0, -5.0, 0.0, 9.0], 0.05, active=active)
    rng = np.random.default_rng(0)
    stalls = []
    for _ in range(80):
        thetas = search.ask(rng)
        returns = ellipsoid(thetas)
        expected = slow_tell(search, thetas, returns)
        before = search.p_c
        search.tell(thetas, returns)
        assert_same(state(search), expected, rtol=1e-9)
        stalls.append(np.array_equal(search.p_c, (1 - search.strategy.c_c) * before))
    assert 0 < sum(stalls) < 80


def test_a_long_path_stalls_p_c():
    """Equation: after a p_σ longer than (1.4 + 2/(n+1)) E‖N(0, I)‖, p_c only fades, and
    C keeps the variance that p_c does not bring.
    """
    search = CMAES(np.zeros(3), 1.0, population=4)
    s = search.strategy
    search.p_sigma, search.p_c = np.array([30.0, 0.0, 0.0]), np.array([0.5, 0.5, 0.0])
    thetas = search.ask(np.random.default_rng(0))
    search.tell(thetas, sphere(thetas))
    assert search.p_c == pytest.approx(
        (1 - s.c_c) * np.array([0.5, 0.5, 0.0]), abs=1e-15
    )
    moving = CMAES(np.zeros(3), 1.0, population=4)
    moving.tell(thetas, sphere(thetas))
    assert np.linalg.norm(moving.p_c) > 0.1


@pytest.mark.parametrize(
    ("n", "lam", "active"), [(4, 8, True), (400, 4, True), (4, 8, False)]
)
def test_what_is_asked_is_drawn_from_C(n, lam, active):
    """Equation: the candidates are m + σ B D z, with z ~ N(0, I) of the generator and C
    = B D² Bᵀ (as of the last decomposition).
    """
    search = run(CMAES(np.ones(n), 0.3, population=lam, active=active), ellipsoid, 12)
    z = np.random.default_rng(7).standard_normal((lam, n))
    expected = [
        search.mean + search.sigma * search.B @ np.diag(search.D) @ z[k]
        for k in range(lam)
    ]
    assert search.ask(np.random.default_rng(7)) == pytest.approx(
        np.array(expected), rel=1e-9, abs=1e-12
    )
    if search.generation % search.strategy.lag == 0:
        assert (
            pytest.approx(search.C, abs=1e-12) == (search.B * search.D**2) @ search.B.T
        )
    assert np.array_equal(search.covariance, search.sigma**2 * search.C)


def test_the_decomposition_lags():
    """Equation: B and D change with every lag-th generation only, C with every one."""
    search = CMAES(np.ones(400), 0.3, population=4)
    decomposed, shapes = [], []
    for _ in range(2 * search.strategy.lag):
        old_D, old_C = search.D, search.C
        run(search, sphere, 1)
        decomposed.append(not np.array_equal(old_D, search.D))
        shapes.append(not np.array_equal(old_C, search.C))
    assert np.flatnonzero(decomposed).tolist() == [
        search.strategy.lag - 1,
        2 * search.strategy.lag - 1,
    ]
    assert all(shapes)


# --- invariances ---


def test_only_the_ranking_counts():
    """Invariance: a monotone transform of the returns changes no bit of the state."""
    plain = run(CMAES(np.full(5, 2.0), 0.5), rosenbrock, 60)
    for transform in (
        np.arctan,
        np.cbrt,
        lambda r: -np.log1p(-r),
        lambda r: r / 1024 + 7,
    ):
        bent = run(
            CMAES(np.full(5, 2.0), 0.5),
            lambda thetas, rng, bend=transform: bend(rosenbrock(thetas)),
            60,
        )
        for name, expected in state(plain).items():
            assert np.array_equal(state(bent)[name], expected), name


def test_rotated_candidates_rotate_the_search():
    """Invariance: told rotated candidates of a rotated landscape, mean, paths and C are
    rotated, and σ is the same.
    """
    R = random_rotation(6, np.random.default_rng(1))
    plain = CMAES(np.full(6, 2.0), 0.5)
    turned = CMAES(R.T @ np.full(6, 2.0), 0.5)
    rng = np.random.default_rng(0)
    hill = Rotated(ellipsoid, R)
    for _ in range(60):
        thetas = plain.ask(rng)
        assert hill(thetas @ R) == pytest.approx(ellipsoid(thetas), rel=1e-7)
        plain.tell(thetas, ellipsoid(thetas))
        turned.tell(thetas @ R, hill(thetas @ R))
    seen = state(turned)
    expected = {
        "mean": R @ seen["mean"],
        "sigma": seen["sigma"],
        "C": R @ seen["C"] @ R.T,
    }
    assert_same(
        state(plain),
        expected | {"p_sigma": R @ seen["p_sigma"], "p_c": R @ seen["p_c"]},
        rtol=1e-6,
    )
    off_axes = plain.C - np.diag(np.diag(plain.C))
    assert np.linalg.norm(off_axes) > 0.1  # the set-up is not empty


def test_shift_and_scale_of_the_space_do_not_matter():
    """Invariance: moved by a vector or seen in other units, with mean and σ told in
    these, the search does the same.
    """
    plain = run(CMAES(np.full(4, 2.0), 0.5), rosenbrock, 50)
    shift = np.array([1.0, -2.0, 4.0, 0.5])
    moved = run(
        CMAES(2.0 + shift, 0.5), lambda thetas, rng: rosenbrock(thetas - shift), 50
    )
    assert_same(state(moved), state(plain) | {"mean": plain.mean + shift}, rtol=1e-6)
    scaled = run(
        CMAES(np.full(4, 2000.0), 500.0),
        lambda thetas, rng: rosenbrock(thetas / 1000),
        50,
    )
    assert_same(
        state(scaled),
        state(plain) | {"mean": 1000 * plain.mean, "sigma": 1000 * plain.sigma},
        rtol=1e-6,
    )


def test_ties_go_to_those_told_first():
    """Determinism: equal returns rank in the order in which they were told."""
    thetas = CMAES(np.zeros(3), 1.0, population=40).ask(np.random.default_rng(0))
    tied, ranked = (CMAES(np.zeros(3), 1.0, population=40) for _ in range(2))
    tied.tell(thetas, np.repeat([5.0, 7.0], 20))
    ranked.tell(
        thetas, np.concatenate([np.arange(-20.0, -40.0, -1), np.arange(20.0, 0.0, -1)])
    )
    for name, expected in state(ranked).items():
        assert np.array_equal(state(tied)[name], expected), name


# --- what it does when there is nothing to learn, and when there is ---


@pytest.mark.parametrize("n", [1, 3, 10])
def test_sigma_does_not_drift_where_nothing_can_be_learnt(n):
    """Invariance: on random rankings log σ is unbiased once p_σ has settled: its mean
    over 40 runs is within 4 standard errors of 0.
    """
    changes = []
    for seed in range(40):
        search = run(CMAES(np.zeros(n), 1.0), random_ranking, 30, seed)
        start = math.log(search.sigma)
        changes.append(
            math.log(run(search, random_ranking, 60, seed + 1000).sigma) - start
        )
    error = np.std(changes) / math.sqrt(len(changes))
    assert abs(np.mean(changes)) < 4 * error < 2.5
    assert np.std(changes) > 0.5  # not vacuous: single runs wander


def half_steep(thetas):
    """A hill whose negative half of each axis is a million times as steep."""
    return -np.sum(np.where(thetas < 0, 1e6, 1.0) * thetas**2, axis=1)


@pytest.mark.parametrize(("n", "lam"), [(20, 300), (44, 300), (100, 200)])
def test_a_large_population_does_not_run_away(n, lam):
    """Limit with a negative control: on a half-steep bowl σ stays below three times its
    start; with the tutorial's damping it grows beyond twenty times.
    """

    def largest_sigma(damping):
        search = CMAES(np.ones(n), 1.0, lam, damping=damping)
        rng = np.random.default_rng(0)
        sigmas = []
        for _ in range(80):
            thetas = search.ask(rng)
            search.tell(thetas, half_steep(thetas))
            sigmas.append(search.sigma)
        return max(sigmas)

    assert largest_sigma("large populations") < 3
    assert largest_sigma("tutorial") > 20


@pytest.mark.parametrize(("n", "lam"), [(1, 4), (2, 6), (10, 10), (10, 2), (5, 100)])
def test_C_stays_positive_definite(n, lam):
    """Invariance: after 1000 random rankings C is symmetric to the bit and positive
    definite, and everything is finite.
    """
    search = run(CMAES(np.zeros(n), 1.0, population=lam), random_ranking, 1000)
    assert np.array_equal(search.C, search.C.T)
    assert np.linalg.eigvalsh(search.C).min() > 0
    assert all(np.isfinite(value).all() for value in state(search).values())
    assert (
        pytest.approx(search.C, rel=1e-9, abs=1e-9 * np.abs(search.C).max())
        == (search.B * search.D**2) @ search.B.T
    )


MEDIANS = {sphere: 1_660, ellipsoid: 4_205, rosenbrock: 4_790}
"""Evaluations of pycma in 10 dimensions."""


def evaluations(search, f, seed, limit):
    """Candidates until one is within 1e-9 of the top."""
    for record in maximise(search, f, np.random.default_rng(seed)):
        if record.returns.max() >= -1e-9 or record.evaluations > limit:
            return record.evaluations
    raise AssertionError


@pytest.mark.parametrize("landscape", MEDIANS)
def test_it_arrives_as_soon_as_pycma(landscape):
    """Learning: the median of five runs to within 1e-9 of the top of a 10-D landscape
    is pycma's, within its spread.
    """
    counts = [
        evaluations(CMAES(np.full(10, 3.0), 0.5), landscape, seed, 20_000)
        for seed in range(5)
    ]
    tolerance = 0.4 if landscape is rosenbrock else 0.1
    assert np.median(counts) == pytest.approx(MEDIANS[landscape], rel=tolerance)


def test_it_learns_the_shape_of_the_hill():
    """Learning: on a rotated ellipsoid of condition 100, C becomes the inverse Hessian
    up to a factor, and a rotation costs nothing.
    """
    R = random_rotation(4, np.random.default_rng(3))
    hessian = R.T @ np.diag([1.0, 4.6, 21.5, 100.0]) @ R
    search = run(
        CMAES(np.full(4, 3.0), 0.5),
        lambda thetas, rng: -np.sum(thetas @ hessian * thetas, axis=1),
        250,
    )
    assert np.linalg.cond(search.C @ hessian) < 8
    assert np.linalg.cond(search.C) > 20


def test_without_negative_weights_it_learns_the_shape_later():
    """Limit and negative control: positive weights alone sum to 1 and need a fifth more
    evaluations on the 5-D ellipsoid.
    """
    assert CMAES(
        np.zeros(5), 1.0, active=False
    ).strategy.weights.sum() == pytest.approx(1)
    medians = [
        np.median(
            [
                evaluations(
                    CMAES(np.full(5, 3.0), 0.5, active=active), ellipsoid, seed, 20_000
                )
                for seed in range(7)
            ]
        )
        for active in (True, False)
    ]
    assert medians[1] > 1.2 * medians[0]


def test_one_dimension():
    """Limit: with one parameter C is a number, and the search arrives."""
    search = CMAES([3.0], 0.5)
    assert evaluations(search, sphere, 0, 2000) < 500
    assert search.C.shape == search.covariance.shape == (1, 1)


@pytest.mark.parametrize(
    "landscape",
    [
        lambda thetas, rng: sphere(thetas - 1),
        sphere,
        lambda thetas, rng: np.zeros(len(thetas)),
    ],
)
def test_a_search_that_arrived_goes_on(landscape):
    """Limit: long after rounding leaves nothing to find, or where all returns are
    equal, every number is finite and the top is not left.
    """
    search = run(CMAES(np.full(5, 3.0), 0.5, population=4), landscape, 3000)
    assert all(np.isfinite(value).all() for value in state(search).values())
    assert search.sigma > 0 and np.all(search.D > 0)
    assert landscape(search.mean[None], None)[0] > -1e-20


def test_nothing_shrinks_until_its_square_is_zero():
    """Limit: where σ and C would vanish, for a mean at the origin whose rounding is no
    bound, they stop at 1e-150 and its square.
    """
    search = CMAES(np.zeros(3), 1e-149)
    search.C = 1e-310 * np.eye(3)
    for _ in range(50):
        search.tell(np.zeros((7, 3)), np.arange(7.0))
    assert search.sigma == search.D.min() == search.D.max() == 1e-150
    assert np.linalg.eigvalsh(search.C).min() > 0


def test_the_condition_of_C_is_bounded():
    """Limit: an endless valley would flatten C for ever; at a condition of 1e14 its
    small eigenvalues are raised, and C = B D² Bᵀ holds.
    """
    search = CMAES(np.zeros(3), 1.0)
    search.C = np.diag([1.0, 1e-10, 1e-16])
    run(search, lambda thetas, rng: rng.standard_normal(len(thetas)), 1)
    assert search.D[-1] ** 2 / search.D[0] ** 2 == pytest.approx(1e14)
    assert pytest.approx(search.C, abs=1e-15) == (search.B * search.D**2) @ search.B.T
    assert np.array_equal(search.C, search.C.T)


# --- bad input ---


@pytest.mark.parametrize("n", [1, 3, 40])
def test_a_candidate_on_the_mean_is_nothing_special(n):
    """Limit: y = 0 has no direction, and where it ranks worst it takes variance from
    none; nothing is divided by zero.
    """
    search = CMAES(np.ones(n), 0.5)
    thetas = search.ask(np.random.default_rng(0))
    thetas[-1] = search.mean
    search.tell(thetas, -np.arange(float(len(thetas))))
    assert np.isfinite(search.C).all() and np.linalg.eigvalsh(search.C).min() > 0.1


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda thetas: thetas[:-1], "thetas must be the 7 candidates of ask; got 6"),
        (
            lambda thetas: np.concatenate([thetas, thetas]),
            "thetas must be the 7 candidates of ask; got 14",
        ),
        (lambda thetas: thetas * 1e160, "too far from the mean for sigma = 0.5"),
        (lambda thetas: thetas * 1e6, "too far from the mean for sigma = 0.5"),
        (
            lambda thetas: np.concatenate([np.full((1, 3), 1.7e308), thetas[1:]]),
            "mean, sigma or C would overflow",
        ),  # the worst alone
    ],
)
def test_candidates_that_cannot_be_used_change_nothing(spoil, message):
    """Candidates too few, too many or out of reach are refused by name, and every part
    of the search stays as it is.
    """
    search = CMAES(np.ones(3), 0.5)
    before = copy.deepcopy(search)
    thetas = spoil(search.ask(np.random.default_rng(0)))
    with pytest.raises(ValueError, match=message):
        search.tell(thetas, np.arange(float(len(thetas))))
    assert all(
        np.array_equal(state(search)[name], expected)
        for name, expected in state(before).items()
    )
    assert (search.generation, search.sigma) == (0, 0.5)


def test_a_mean_out_of_reach_is_told_by_name():
    """A mean whose square is beyond all numbers is refused at the first generation, and
    σ is not blown up to its rounding.
    """
    search = CMAES(np.full(3, 1e160), 1.0)
    with pytest.raises(ValueError, match="mean, sigma or C would overflow"):
        run(search, random_ranking, 1)
    assert search.sigma == 1.0


def test_a_hill_without_a_top_is_told_by_name():
    """A search that runs away is stopped with an error before numbers overflow, and the
    message says what may be the matter.
    """
    with pytest.raises(ValueError, match="no top and the search runs away"):
        run(CMAES(np.zeros(2), 1.0), lambda thetas, rng: thetas[:, 0], 3000)


@pytest.mark.parametrize(
    ("mean", "settings", "culprit"),
    [
        ([[0.0]], {"sigma": 1.0}, "mean must be"),
        ([], {"sigma": 1.0}, "mean must be"),
        ([np.nan], {"sigma": 1.0}, "mean must be"),
        ([0.0], {"sigma": 0.0}, "sigma must be positive and finite; got 0.0"),
        ([0.0], {"sigma": -1.0}, "sigma must be positive"),
        ([0.0], {"sigma": np.inf}, "sigma must be positive"),
        ([0.0], {"sigma": np.nan}, "sigma must be positive"),
        (
            [0.0],
            {"sigma": 1.0, "population": 1},
            r"population must be at least 2, or be None .*; got 1",
        ),
        ([0.0], {"sigma": 1.0, "population": 0}, "population must be at least 2"),
        (
            [0.0],
            {"sigma": 1.0, "damping": "strong"},
            "damping must be one of 'large populations', 'tutorial'; got 'strong'",
        ),
    ],
)
def test_bad_settings_are_named(mean, settings, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        CMAES(mean, **settings)
