"""What must hold of the searches that weigh a Gaussian population: CEM, RWR, PoWER and
PI². They differ in little but their weights.
"""

import pickle
from itertools import islice

import numpy as np
import pytest

from lecture_code.search import (
    CMAES,
    PI2,
    CrossEntropyMethod,
    PoWER,
    RewardWeightedRegression,
    contraction,
    decreasing_noise,
    limit_of_travel,
    maximise,
    path_integral_step,
    power_step,
)

D = 4
GAUSSIAN = {
    "cem": lambda mean, **more: CrossEntropyMethod(mean, 0.5, 20, elite=0.25, **more),
    "rwr": lambda mean, **more: RewardWeightedRegression(mean, 0.5, 20, **more),
    "power": lambda mean, **more: PoWER(mean, 0.5, 20, **more),
    "pi2": lambda mean, **more: PI2(mean, 0.5, 20, **more),
}
every_gaussian = pytest.mark.parametrize("make", GAUSSIAN.values(), ids=GAUSSIAN.keys())


def hill(thetas, rng=None):
    return 10 * np.exp(
        -np.sum((thetas - 1) ** 2 * np.arange(1, thetas.shape[1] + 1), axis=1) / 4
    )


def slope(thetas, rng=None):
    return thetas[:, 0]


def trace(search, f, generations, seed=0):
    """The means of some generations, (generations, d)."""
    return np.array(
        [
            record.mean
            for record in islice(
                maximise(search, f, np.random.default_rng(seed)), generations
            )
        ]
    )


@every_gaussian
def test_the_weights_are_a_distribution_that_prefers_the_better(make):
    """Conformance: weights are never negative, have sum 1, follow their candidates, and
    a higher return never weighs less.
    """
    returns = np.random.default_rng(0).uniform(0, 5, size=20)
    w = make(np.zeros(D)).weights(returns)
    assert (w >= 0).all()
    assert w.sum() == pytest.approx(1)
    assert (np.diff(w[np.argsort(returns)]) >= 0).all()
    assert w.max() > w.min()
    order = np.random.default_rng(1).permutation(20)
    assert make(np.zeros(D)).weights(returns[order]) == pytest.approx(w[order])


@every_gaussian
@pytest.mark.parametrize("diagonal", [True, False])
def test_the_new_mean_is_the_weighted_mean(make, diagonal):
    """Equation: μ⁺ = Σ w θ with the weights that the search shows."""
    search = make(np.zeros(D), diagonal=diagonal)
    thetas = search.ask(np.random.default_rng(0))
    search.tell(thetas, hill(thetas))
    assert search.mean == pytest.approx(
        make(np.zeros(D)).weights(hill(thetas)) @ thetas
    )
    assert search.covariance.shape == ((D,) if diagonal else (D, D))


@pytest.mark.parametrize(
    ("name", "invariant"),
    [
        ("cem", {"scale", "shift", "monotone"}),
        ("pi2", {"scale", "shift"}),
        ("rwr", {"shift"}),
        ("power", {"scale"}),
    ],
)
def test_what_a_change_of_the_return_changes(name, invariant):
    """Invariance: CEM sees ranks alone, PI² not the unit nor the origin, RWR with exp(β
    U) not the origin, PoWER not the unit; all else matters.
    """
    changes = {
        "scale": lambda returns: 4 * returns,  # a power of two: exact in floating point
        "shift": lambda returns: returns + 3,
        "monotone": lambda returns: np.log1p(returns) ** 3,
    }
    plain = trace(GAUSSIAN[name](np.zeros(D)), hill, 10)
    for change, of in changes.items():
        changed = trace(
            GAUSSIAN[name](np.zeros(D)), lambda thetas, rng, of=of: of(hill(thetas)), 10
        )
        distance = np.abs(changed - plain).max()
        assert distance < 1e-6 if change in invariant else distance > 1e-3, (
            change,
            distance,
        )
    if name == "cem":

        def cubed(thetas, rng):
            return hill(thetas) ** 3

        assert np.array_equal(plain, trace(GAUSSIAN[name](np.zeros(D)), cubed, 10))


@every_gaussian
def test_a_whole_covariance_turns_with_the_space(make):
    """Invariance: candidates turned by Q with the same returns give a mean and a
    covariance turned by Q; variances alone do not.
    """
    Q = np.linalg.qr(np.random.default_rng(2).standard_normal((D, D)))[0]
    for diagonal in (False, True):
        covariance_update = (
            {} if make is GAUSSIAN["cem"] else {"covariance_update": "cma"}
        )
        options = {"diagonal": diagonal, **covariance_update}
        plain, turned = (make(np.zeros(D), **options) for _ in range(2))
        thetas = plain.ask(np.random.default_rng(0))
        plain.tell(thetas, hill(thetas))
        turned.tell(thetas @ Q.T, hill(thetas))
        assert turned.mean == pytest.approx(Q @ plain.mean)
        whole = [
            np.diag(search.covariance) if diagonal else search.covariance
            for search in (plain, turned)
        ]
        assert np.allclose(whole[1], Q @ whole[0] @ Q.T) is not diagonal


def test_cma_es_weighs_by_rank():
    """Equation: the mean moves by the positive weights alone, and the negative ones
    belong to the worse half.
    """
    search = CMAES(np.ones(D), 0.5, 10)
    thetas = search.ask(np.random.default_rng(0))
    w = search.weights(hill(thetas))
    assert sorted(w, reverse=True) == [w[e] for e in np.argsort(-hill(thetas))]
    assert ((w > 0) == (hill(thetas) > np.median(hill(thetas)))).all()
    assert np.array_equal(w, search.weights(hill(thetas) ** 3))
    search.tell(thetas, hill(thetas))
    assert search.mean == pytest.approx(np.maximum(w, 0) @ thetas)


# --- CEM


def test_cem_by_hand():
    """Equation: of returns (1, 4, 3, 2) the best half are candidates 1 and 2; their
    average and their variance (divided by n_e) are fitted.
    """
    search = CrossEntropyMethod(np.zeros(1), 1.0, 4, elite=0.5, noise=0.25)
    search.tell(np.array([[9.0], [1.0], [3.0], [-7.0]]), np.array([1.0, 4.0, 3.0, 2.0]))
    assert search.mean == pytest.approx([2.0])
    # noise is added to the variance, not to the standard deviation
    assert search.covariance == pytest.approx([1.0 + 0.25])


def test_cem_with_a_whole_covariance_by_hand():
    """Equation: the elite (1, 0) and (3, 4) have mean (2, 2) and covariance (1, 2; 2,
    4); the noise is added to its diagonal alone.
    """
    search = CrossEntropyMethod(
        np.zeros(2), 1.0, 4, elite=0.5, noise=0.25, diagonal=False
    )
    search.tell(
        np.array([[9.0, 9.0], [1.0, 0.0], [3.0, 4.0], [-7.0, 1.0]]),
        np.array([1.0, 4.0, 3.0, 2.0]),
    )
    assert search.mean == pytest.approx([2.0, 2.0])
    assert search.covariance == pytest.approx(np.array([[1.25, 2.0], [2.0, 4.25]]))


def test_the_first_of_equals_are_kept():
    """Determinism: of many candidates with equal returns CEM's elite and PoWER's memory
    are the first, whatever the sorting does.
    """
    search = CrossEntropyMethod(np.zeros(1), 1.0, 500, elite=0.1)
    elite = np.flatnonzero(search.weights(np.ones(500)))
    assert np.array_equal(elite, np.arange(50))
    search = PoWER(np.zeros(1), 1.0, 500, reuse=50)
    search.tell(np.arange(500.0)[:, None], np.ones(500))
    assert np.array_equal(search.best[0][:, 0], np.arange(50.0))


def test_the_published_settings_are_the_defaults():
    """Conformance: CEM keeps a tenth of a hundred and adds nothing, RWR fits its
    covariance, PoWER and PI² leave it, and PI²'s h is 10.
    """
    kinds = (CrossEntropyMethod, RewardWeightedRegression, PoWER, PI2)
    cem, rwr, power, pi2 = (kind(np.zeros(1), 1.0) for kind in kinds)
    assert (cem.population, cem.elite, cem.noise) == (100, 0.1, 0.0)
    assert (rwr.population, rwr.beta) == (100, 1.0)
    assert (power.population, power.reuse) == (20, None)
    assert (pi2.population, pi2.h) == (20, 10.0)
    assert rwr.covariance_update == "fit"
    assert power.covariance_update == pi2.covariance_update == "fixed"
    assert rwr.decay == power.decay == pi2.decay == 1.0
    assert all(search.diagonal for search in (cem, rwr, power, pi2))


@pytest.mark.parametrize(
    ("population", "elite", "kept"),
    [(100, 0.1, 10), (100, 0.29, 29), (38, 0.1, 3), (25, 0.1, 2), (20, 1.0, 20)],
)
def test_how_many_cem_keeps(population, elite, kept):
    """Equation: n_e = ⌊ρ N⌋, whatever the last digit of ρ · N."""
    assert CrossEntropyMethod(np.zeros(1), 1.0, population, elite=elite).elites == kept


@pytest.mark.parametrize("diagonal", [True, False])
def test_with_all_as_elite_cem_is_the_plain_fit(diagonal):
    """Limit: ρ = 1 fits mean and covariance of the whole population, whatever the
    returns.
    """
    search = CrossEntropyMethod(np.zeros(D), 1.0, 50, elite=1.0, diagonal=diagonal)
    thetas = search.ask(np.random.default_rng(0))
    search.tell(thetas, hill(thetas))
    covariance = np.cov(thetas.T, ddof=0)
    assert search.mean == pytest.approx(thetas.mean(axis=0))
    assert search.covariance == pytest.approx(
        np.diag(covariance) if diagonal else covariance
    )


def test_the_noise_of_each_generation():
    """Equation: with equal candidates the variance after generation t is Z_t itself: 4,
    4, 4; or 5, 4.9, 4.8.
    """
    for noise, expected in (
        (4.0, [4, 4, 4]),
        (decreasing_noise(5, 0.1), [5, 4.9, 4.8]),
    ):
        search = CrossEntropyMethod(np.zeros(1), 1.0, 4, elite=0.5, noise=noise)
        seen = []
        for _ in range(3):
            search.tell(np.ones((4, 1)), np.arange(4.0))
            seen.append(search.covariance[0])
        assert seen == pytest.approx(expected)


def test_the_noise_ends():
    """Limit: decreasing noise is 0 from t = start / fall on, and never negative."""
    noise = decreasing_noise(5, 0.1)
    assert noise(49) == pytest.approx(0.1)
    assert noise(50) == noise(500) == 0


def test_the_contraction_is_that_of_a_truncated_normal():
    """Oracle: mean and standard deviation of the best ρ of N(0, 1), by SciPy's
    truncated normal.
    """
    from scipy import stats

    for elite in (0.01, 0.1, 0.2, 0.5, 0.9):
        best = stats.truncnorm(stats.norm.isf(elite), np.inf)
        assert contraction(elite) == pytest.approx((best.mean(), best.std()), rel=1e-6)
    assert contraction(1.0) == (0.0, 1.0)


def test_the_published_limit_of_travel():
    """Equation: shift 1.7550, standard deviation × 0.4113 and 2.981 of travel at ρ =
    0.1; 2.629 at 0.2 and 2.009 at 0.5.
    """
    assert contraction(0.1) == pytest.approx((1.7550, 0.4113), abs=1e-4)
    assert [limit_of_travel(elite) for elite in (0.1, 0.2, 0.5, 1.0)] == pytest.approx(
        [2.981, 2.629, 2.009, 0.0], abs=1e-3
    )


def test_cem_without_noise_stalls_where_the_closed_form_says():
    """Equation: on a slope, a large population travels 2.98 σ₀ in all, and with
    constant noise 4 it goes on by 3.85 a generation.
    """
    still = trace(CrossEntropyMethod(np.zeros(1), 2.0, 200_000, elite=0.1), slope, 25)
    assert still[-1, 0] == pytest.approx(2.0 * limit_of_travel(0.1), rel=0.01)
    going = trace(
        CrossEntropyMethod(np.zeros(1), 2.0, 200_000, elite=0.1, noise=4.0), slope, 25
    )
    assert np.diff(going[10:, 0]).mean() == pytest.approx(3.851, rel=0.01)


# --- RWR and PoWER


@pytest.mark.parametrize("diagonal", [True, False])
def test_power_without_reuse_is_rwr_with_the_return_itself(diagonal):
    """Limit: PoWER ≡ RWR with q(U) = U, in mean and covariance, for whole runs."""
    power = PoWER(np.zeros(D), 0.5, 30, diagonal=diagonal)
    rwr = RewardWeightedRegression(
        np.zeros(D), 0.5, 30, beta=None, covariance_update="fixed", diagonal=diagonal
    )
    assert np.array_equal(trace(power, hill, 20), trace(rwr, hill, 20))
    assert np.array_equal(power.covariance, rwr.covariance)


def test_power_is_the_formula_of_the_lecture():
    """Equation: μ⁺ = μ + Σ (θ − μ) U / Σ U."""
    search = PoWER(np.array([1.0, 2.0]), 1.0, 3)
    thetas = np.array([[1.0, 1.0], [2.0, 5.0], [0.0, 0.0]])
    returns = np.array([1.0, 2.0, 5.0])
    search.tell(thetas, returns)
    assert search.mean == pytest.approx(
        np.array([1.0, 2.0]) + (thetas - np.array([1.0, 2.0])).T @ returns / 8
    )


def test_power_keeps_its_best_rollouts():
    """The best rollouts of all generations are kept in order, and each step is their
    weighted mean.
    """
    search = PoWER(np.zeros(D), 0.5, 10, reuse=5)
    told = ([], [])
    for generation in range(6):
        thetas = search.ask(np.random.default_rng(generation))
        search.tell(thetas, hill(thetas))
        told[0].extend(thetas)
        told[1].extend(hill(thetas))
        order = np.argsort(-np.array(told[1]))[:5]
        best, returns = np.array(told[0])[order], np.array(told[1])[order]
        assert np.array_equal(search.best[0], best)
        assert np.array_equal(search.best[1], returns)
        assert search.mean == pytest.approx(returns @ best / returns.sum())


def test_reuse_pays_where_rollouts_are_few():
    """Learning: with ten rollouts a generation, re-use gets higher up the hill than the
    same search without, for every seed.
    """

    def final(reuse, seed):
        search = PoWER(np.zeros(D), 0.3, 10, reuse=reuse)
        return hill(trace(search, hill, 40, seed)[-1:])[0]

    for seed in range(5):
        assert final(10, seed) > final(None, seed) + 0.5


def test_beta_is_the_temperature_of_rwr():
    """Limit: β = 0 is the plain average of the candidates, and a large β their best."""
    for beta, expected in (
        (0.0, lambda thetas: thetas.mean(axis=0)),
        (1e4, lambda thetas: thetas[hill(thetas).argmax()]),
    ):
        search = RewardWeightedRegression(np.zeros(D), 0.5, 20, beta=beta)
        thetas = search.ask(np.random.default_rng(0))
        search.tell(thetas, hill(thetas))
        assert search.mean == pytest.approx(expected(thetas))


@pytest.mark.parametrize(
    "make",
    [
        GAUSSIAN["power"],
        lambda mean: PoWER(mean, 0.5, 20, reuse=5),
        lambda mean: RewardWeightedRegression(mean, 0.5, 20, beta=None),
    ],
    ids=["power", "power, with re-use", "rwr"],
)
def test_negative_returns_are_refused_and_change_nothing(make):
    """Where weights are returns, a negative return is refused by its candidate and the
    search stays as it was.
    """
    search, untouched = make(np.zeros(D)), make(np.zeros(D))
    thetas = search.ask(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"1 of 20 are negative \(candidate 7: -1\)"):
        search.tell(thetas, np.where(np.arange(20) == 7, -1.0, 1.0))
    assert pickle.dumps(search) == pickle.dumps(untouched)


# --- PI²


def test_pi2_by_hand():
    """Equation: the worst weighs exp(−h) of the best, and one halfway between them
    exp(−h / 2).
    """
    w = PI2(np.zeros(1), 1.0, 3, h=4.0).weights(np.array([-50.0, 0.0, 50.0]))
    assert w / w.max() == pytest.approx([np.exp(-4), np.exp(-2), 1.0])


def test_h_is_the_temperature_of_pi2():
    """Limit: h = 0 is the plain average of the candidates, and a large h their best."""
    for h, expected in (
        (0.0, lambda thetas: thetas.mean(axis=0)),
        (1e4, lambda thetas: thetas[hill(thetas).argmax()]),
    ):
        search = PI2(np.zeros(D), 0.5, 20, h=h)
        thetas = search.ask(np.random.default_rng(0))
        search.tell(thetas, hill(thetas))
        assert search.mean == pytest.approx(expected(thetas))


def test_equal_returns_are_weighed_equally():
    """Where nothing can be told apart, PI² averages and divides by no zero."""
    assert PI2(np.zeros(1), 1.0, 4).weights(np.full(4, 3.0)) == pytest.approx(
        [0.25] * 4
    )


def test_pi2_with_lambda_is_rwr():
    """Limit: the lecture's exp(λ U) is RWR with β = λ; with λ = h / (U_max − U_min) the
    two give the same weights.
    """
    returns = np.random.default_rng(0).standard_normal(20)
    rwr = RewardWeightedRegression(np.zeros(1), 1.0, 20, beta=10 / np.ptp(returns))
    assert rwr.weights(returns) == pytest.approx(
        PI2(np.zeros(1), 1.0, 20, h=10).weights(returns)
    )


@pytest.mark.parametrize("kind", [RewardWeightedRegression, PoWER, PI2])
def test_decay_narrows_a_fixed_population(kind):
    """Equation: with covariance_update "fixed" the standard deviation falls by √decay a
    generation, whatever the returns.
    """
    search = kind(np.zeros(D), 0.5, 20, covariance_update="fixed", decay=0.64)
    trace(search, hill, 3)
    assert search.covariance == pytest.approx(np.full(D, 0.25 * 0.64**3))


# --- one weight a time step


def explorations(n=6, T=5, d=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, T, d)), rng.uniform(0, 4, size=(n, T))


def test_with_one_step_the_stepwise_forms_are_the_episodic_ones():
    """Limit: T = 1 gives the step of the episodic search, for PI² and for PoWER."""
    noise, returns = explorations(T=1)
    for step, search in (
        (path_integral_step, PI2(np.ones(3), 1.0, 6)),
        (power_step, PoWER(np.ones(3), 1.0, 6)),
    ):
        search.tell(1 + noise[:, 0], returns[:, 0])
        assert step(noise, returns) == pytest.approx(search.mean - 1)


def test_path_integral_step_in_plain_loops():
    """Oracle: softmax over candidates at each step, then the average with weights T −
    t.
    """
    noise, returns = explorations()
    n, T, d = noise.shape
    total = np.zeros(d)
    weights = 0.0
    for t in range(T):
        column = returns[:, t]
        P = [
            np.exp(-7.0 * (column.max() - column[e]) / (column.max() - column.min()))
            for e in range(n)
        ]
        total += (T - t) * sum(P[e] / sum(P) * noise[e, t] for e in range(n))
        weights += T - t
    assert path_integral_step(noise, returns, h=7.0) == pytest.approx(total / weights)


def test_path_integral_step_survives_equal_returns():
    """Limit: where all returns to go are equal, and for h = 0, the step is the plain
    average at each time.
    """
    noise, returns = explorations()
    plain = path_integral_step(noise, returns, h=0.0)
    assert path_integral_step(noise, np.ones_like(returns)) == pytest.approx(plain)
    assert plain == pytest.approx(
        np.average(noise.mean(axis=0), axis=0, weights=[5, 4, 3, 2, 1])
    )


def test_power_step_in_plain_loops():
    """Oracle: Σ ε Q / Σ Q over candidates and steps."""
    noise, returns = explorations()
    total = sum(noise[e, t] * returns[e, t] for e in range(6) for t in range(5))
    assert power_step(noise, returns) == pytest.approx(total / returns.sum())


@pytest.mark.parametrize("step", [path_integral_step, power_step])
def test_stepwise_forms_refuse_what_does_not_fit(step):
    """Shapes that disagree and numbers that are not finite are named."""
    noise, returns = explorations()
    with pytest.raises(
        ValueError,
        match=r"explorations must be \(N, T, d\).*got \(6, 5, 3\) and \(6, 4\)",
    ):
        step(noise, returns[:, :4])
    with pytest.raises(ValueError, match="must be finite"):
        step(np.where(noise > 2, np.nan, noise) * np.nan, returns)


# --- bad settings


@every_gaussian
@pytest.mark.parametrize("sigma", [0.0, -1.0, np.inf, np.nan, np.ones(3)])
def test_a_bad_sigma_is_named(make, sigma):
    """σ must be positive and finite, one number or one a parameter."""
    kind = type(make(np.zeros(D)))
    with pytest.raises(
        ValueError, match=r"sigma must be positive and finite.* 4 parameters"
    ):
        kind(np.zeros(D), sigma)


@every_gaussian
def test_sigma_may_differ_from_parameter_to_parameter(make):
    """One σ a parameter: the first population is that much wider where σ is larger."""
    kind = type(make(np.zeros(2)))
    thetas = kind(np.zeros(2), np.array([1.0, 100.0]), 1000).ask(
        np.random.default_rng(0)
    )
    assert thetas.std(axis=0) == pytest.approx([1.0, 100.0], rel=0.1)


@every_gaussian
@pytest.mark.parametrize(
    "mean", [np.zeros((2, 2)), np.zeros(0), np.array([1.0, np.nan])]
)
def test_a_bad_start_is_named(make, mean):
    """The start must be one finite vector."""
    with pytest.raises(ValueError, match="mean must be one finite vector"):
        make(mean)


@every_gaussian
def test_another_number_of_candidates_is_refused(make):
    """Told fewer candidates than it asked for, a search says how many it expects."""
    search = make(np.zeros(D))
    with pytest.raises(
        ValueError, match="thetas must be the 20 candidates of ask; got 7"
    ):
        search.tell(np.zeros((7, D)), np.ones(7))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: CrossEntropyMethod(np.zeros(2), 1.0, elite=0.0),
            r"elite must lie in \(0, 1\]; got 0",
        ),
        (
            lambda: CrossEntropyMethod(np.zeros(2), 1.0, elite=1.5),
            r"elite must lie in \(0, 1\]; got 1.5",
        ),
        (
            lambda: CrossEntropyMethod(np.zeros(2), 1.0, 10, elite=0.1),
            "0.1 of a population of 10 keeps 1, and one candidate has no variance",
        ),
        (
            lambda: CrossEntropyMethod(np.zeros(2), 1.0, noise=-1.0),
            "noise must be at least 0.*Z_0 is -1",
        ),
        (
            lambda: CrossEntropyMethod(np.zeros(2), 1.0, noise=np.inf),
            "noise must be at least 0 and finite.*Z_0 is inf",
        ),
        (
            lambda: path_integral_step(*explorations(), h=-1.0),
            "h must be at least 0 and finite",
        ),
        (
            lambda: power_step(np.empty((0, 5, 3)), np.empty((0, 5))),
            r"explorations must be \(N, T, d\).*got \(0, 5, 3\)",
        ),
        (
            lambda: RewardWeightedRegression(np.zeros(2), 1.0, 1),
            "population must be at least 2",
        ),
        (
            lambda: RewardWeightedRegression(np.zeros(2), 1.0, beta=-1.0),
            "beta must be at least 0",
        ),
        (
            lambda: RewardWeightedRegression(
                np.zeros(2), 1.0, covariance_update="wide"
            ),
            "covariance_update must be one of 'fixed', 'fit', 'cma'; got 'wide'",
        ),
        (lambda: PoWER(np.zeros(2), 1.0, reuse=1), "reuse must be at least 2"),
        (
            lambda: PoWER(np.zeros(2), 1.0, decay=1.1),
            r"decay must lie in \(0, 1\]; got 1.1",
        ),
        (
            lambda: PI2(np.zeros(2), 1.0, decay=0.0),
            r"decay must lie in \(0, 1\]; got 0",
        ),
        (lambda: PI2(np.zeros(2), 1.0, h=np.inf), "h must be at least 0 and finite"),
        (lambda: contraction(0.0), r"elite must lie in \(0, 1\]"),
    ],
)
def test_bad_settings_are_named(make, message):
    """A setting out of range is refused by name, with what it may be."""
    with pytest.raises(ValueError, match=message):
        make()


def test_noise_that_turns_negative_is_refused_and_changes_nothing():
    """A schedule is checked in every generation, before the search changes."""
    search = CrossEntropyMethod(np.zeros(1), 1.0, 4, elite=0.5, noise=lambda t: 1.0 - t)
    thetas = search.ask(np.random.default_rng(0))
    search.tell(thetas, np.arange(4.0))
    search.tell(thetas, np.arange(4.0))
    mean = search.mean
    with pytest.raises(ValueError, match="Z_2 is -1"):
        search.tell(-thetas, np.arange(4.0))
    assert np.array_equal(search.mean, mean)
    assert search.generation == 2
