"""What must hold of REINFORCE, of its controllers and of its baselines."""

import copy
import pickle
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from lecture_code.gradients.architecture_search import (
    ReinforceSearch,
    SearchSettings,
    initial_search,
    reinforce,
    reinforce_step,
    reinforce_update,
    surrogate_gain,
)
from lecture_code.gradients.architecture_table import ArchitectureTable, reward
from lecture_code.gradients.reward_baselines import (
    BASELINES,
    MovingAverage,
    baselines_of,
)
from lecture_code.gradients.string_controllers import (
    LogitController,
    LSTMController,
    expected_reward,
    token_probabilities,
)
from lecture_code.gradients.token_space import Token, TokenSpace

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SMALL = TokenSpace(
    (
        Token("filters", (4, 8, 16)),
        Token("kernel", (1, 3)),
        Token("pool", ("none", "max", "average")),
    )
)
KINDS = ["lstm", "logits"]


def generator(seed=0):
    return np.random.default_rng(seed)


def make(kind, space=SMALL, *, spread=0.0, seed=0):
    """A controller in double precision; `spread` moves it away from its beginning."""
    rng = generator(seed)
    if kind == "lstm":
        controller = LSTMController(space, rng, hidden=4).double()
    else:
        controller = LogitController(space).double()
    with torch.no_grad():
        for p in controller.parameters():
            p += spread * torch.from_numpy(rng.normal(size=tuple(p.shape)))
    return controller


def table(space=SMALL, seed=1):
    return ArchitectureTable.synthetic(space, generator(seed))


def flat(gradients):
    return torch.cat([g.flatten() for g in gradients]).numpy()


def gradient(number, controller):
    """The derivatives of a number by all parameters, (P,)."""
    return flat(torch.autograd.grad(number, list(controller.parameters())))


def score(controller):
    """∇ log P of every string of the space, (count, P)."""
    log_p = controller.log_prob(controller.space.every_string())
    parameters = list(controller.parameters())
    return np.array(
        [flat(torch.autograd.grad(x, parameters, retain_graph=True)) for x in log_p]
    )


# --- the controllers ---


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_add_up_to_one(kind):
    """Equation 1: Σ P(string) = 1 over the whole space, wherever θ is."""
    controller = make(kind, spread=1.0)
    p = controller.log_prob(SMALL.every_string()).exp()
    assert p.max() > 2 / SMALL.count  # the set-up is not the uniform distribution
    assert p.sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_sampled_and_teacher_forced_log_probabilities_agree(kind):
    """Oracle: token by token and in one pass, a string has the same probability."""
    controller = make(kind, spread=1.0)
    strings, log_p = controller.sample(500, generator(2))
    again = controller.log_prob(strings)
    assert torch.allclose(log_p, again, rtol=0, atol=1e-12)
    assert again.requires_grad and not log_p.requires_grad


@pytest.mark.parametrize("kind", KINDS)
def test_strings_come_as_often_as_their_probability_says(kind):
    """Equation: the frequency of each string is within 4 standard errors of P."""
    controller = make(kind, spread=1.0)
    n = 20_000
    strings, _ = controller.sample(n, generator(3))
    share = np.bincount(SMALL.place(strings), minlength=SMALL.count) / n
    p = controller.log_prob(SMALL.every_string()).exp().detach().numpy()
    assert (np.abs(share - p) < 4 * np.sqrt(p * (1 - p) / n)).all()


def test_only_the_lstm_remembers():
    """Limit: the softmax of the last token depends on the first token with an LSTM, and
    not without memory.
    """
    strings = np.array([[0, 0, 0], [2, 0, 0]])
    lstm = make("lstm", spread=1.0).predictions(strings)[-1]
    logits = make("logits", spread=1.0).predictions(strings)[-1]
    assert (lstm[0] - lstm[1]).abs().max() > 1e-3
    assert torch.equal(logits[0], logits[1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_softmax_knows_nothing_of_later_tokens(kind):
    """Invariance: the prediction of token t is the same whatever tokens t and later
    are.
    """
    controller = make(kind, spread=1.0)
    first = controller.predictions(np.array([[1, 0, 0]]))
    other = controller.predictions(np.array([[1, 1, 2]]))
    assert torch.equal(first[0], other[0]) and torch.equal(first[1], other[1])


def test_the_first_controller_is_nearly_uniform():
    """Limit: the entropy of a fresh controller is log(count), the LSTM's nearly."""
    strings = SMALL.every_string()
    lstm = LSTMController(SMALL, generator())
    assert lstm.lstm.hidden_size == 35 and lstm.lstm.num_layers == 2
    assert max(p.abs().max().item() for p in lstm.parameters()) <= 0.08
    for controller, tolerance in ((lstm, 0.02), (LogitController(SMALL), 1e-6)):
        entropy = controller.entropy(strings).sum().item()
        assert entropy == pytest.approx(np.log(SMALL.count), abs=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_entropies_of_tokens_add_up_to_that_of_the_string(kind):
    """Equation: the mean entropy along the strings, summed over the tokens, is
    −Σ P log P (chain rule).
    """
    controller = make(kind, spread=1.0)
    strings = SMALL.every_string()
    log_p = controller.log_prob(strings)
    whole = -(log_p.exp() * log_p).sum()
    along = torch.stack([controller.entropy(row[None]).sum() for row in strings])
    assert torch.allclose(log_p.exp() @ along, whole)


def test_probabilities_of_tokens_by_hand():
    """Equation: without memory P(a_t) is the softmax of the token's logits; with an
    LSTM each token's probabilities add up to one, and the first are its own softmax.
    """
    controller = make("logits", spread=1.0)
    for p, z in zip(token_probabilities(controller), controller.logits, strict=True):
        assert np.allclose(p, z.softmax(dim=0).detach().numpy())
    lstm = make("lstm", spread=1.0)
    probabilities = token_probabilities(lstm)
    first = lstm.predictions(SMALL.every_string()[:1])[0].exp().detach().numpy()
    assert np.allclose(probabilities[0], first[0])
    assert np.allclose([p.sum() for p in probabilities], 1)


# --- the policy gradient ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BASELINES)
def test_the_mean_gradient_is_the_exact_gradient_times_a_known_number(kind, name):
    """Equations 2 and 3: over 2·10⁴ strings the mean is within 4 standard errors of
    ∇J by enumeration for every parameter; "batch" scales it by 1 − 1/m and "present"
    by 1 − (1 − β)/m, which is more than 4 standard errors away from ∇J.
    """
    controller = make(kind, spread=0.7)
    m, beta, n = 2, 0.5, 20_000
    rewards = table().rewards
    exact = gradient(expected_reward(controller, rewards), controller)
    scores = score(controller)
    strings, _ = controller.sample(n, generator(4))
    rows = SMALL.place(strings).reshape(-1, m)
    average = MovingAverage(float(rewards.mean()), 1.0)
    batches = []
    for row in rows:
        R = rewards[row]
        A = R - baselines_of(name, R, average, beta, constant=0.5)
        batches.append(A @ scores[row] / m)
        average = average.after(float(R.mean()), beta)
    scale = {"batch": 1 - 1 / m, "present": 1 - (1 - beta) / m}.get(name, 1.0)
    gradients = np.array(batches)  # (n / m, P)
    error = gradients.std(axis=0, ddof=1) / np.sqrt(len(rows))
    away = np.abs(gradients.mean(axis=0) - scale * exact)
    assert (away <= 4 * error + 1e-12).all() and (error > 0).any()
    along = gradients @ exact / (exact @ exact)
    one = np.abs(along.mean() - 1) / (along.std(ddof=1) / np.sqrt(len(rows)))
    assert (one > 4) == (scale < 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["constant", "past", "others"])
def test_a_baseline_lowers_the_variance(kind, name):
    """Equation 3: the summed variance of a batch's gradient is lower with a baseline
    than without, at the same strings.
    """
    controller = make(kind, spread=0.7)
    rewards = table().rewards
    scores = score(controller)
    rows = SMALL.place(controller.sample(8_000, generator(5))[0]).reshape(-1, 4)
    variance = {}
    for which in ("none", name):
        average = MovingAverage()
        batches = []
        for row in rows:
            R = rewards[row]
            A = R - baselines_of(which, R, average, 0.95, float(rewards.mean()))
            batches.append(A @ scores[row] / 4)
            average = average.after(float(R.mean()), 0.95)
        variance[which] = np.array(batches).var(axis=0).sum()
    assert variance[name] < 0.6 * variance["none"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_descends_what_the_equation_says(kind):
    """Equation 3: the gradient of `surrogate_gain` is (1/m) Σ ∇ log P (R − b), computed
    from the scores of single strings.
    """
    controller = make(kind, spread=0.7)
    rows = np.array([0, 5, 5, 11])
    A = np.array([0.3, -0.2, 0.5, 0.1])
    strings = SMALL.every_string()[rows]
    gain, _ = surrogate_gain(controller, strings, A, entropy=0.0)
    expected = A @ score(controller)[rows] / 4
    assert np.allclose(gradient(gain, controller), expected, atol=1e-12)


def test_the_entropy_bonus_is_the_gradient_of_the_entropy():
    """Equation: without memory the bonus is w ∇H, with H by enumeration."""
    controller = make("logits", spread=0.7)
    log_p = controller.log_prob(SMALL.every_string())
    H = -(log_p.exp() * log_p).sum()
    strings = SMALL.every_string()[:3]
    gain, entropies = surrogate_gain(controller, strings, np.zeros(3), entropy=0.3)
    assert torch.allclose(entropies.sum(), H)
    assert np.allclose(gradient(gain, controller), 0.3 * gradient(H, controller))


@pytest.mark.parametrize("past", [None, 0.6])
def test_one_step_goes_uphill_by_adam(past):
    """Oracle: after the first batch each parameter has moved by the rate along the sign
    of (3), as Adam's first step does; b is the average of the past, or 0 without one.
    The controller that the search began with is unchanged.
    """
    controller = make("lstm", spread=0.7)
    settings = SearchSettings(children=4, rate=1e-3)
    start = initial_search(controller, settings)
    if past is not None:
        start = replace(start, average=MovingAverage(past, 1.0))
    before = flat([p.detach() for p in controller.parameters()]).copy()
    state = reinforce_step(start, table().query, settings, generator(6))
    assert (state.baselines == (past or 0)).all() and state.queries == 4
    rows = SMALL.place(state.strings)
    g = (state.rewards - (past or 0)) @ score(controller)[rows] / 4
    after = flat([p.detach() for p in state.controller.parameters()])
    assert np.allclose(after - before, 1e-3 * g / (np.abs(g) + 1e-8), atol=1e-9)
    initial_search(controller, settings).controller.first.data += 1
    assert np.array_equal(before, flat([p.detach() for p in controller.parameters()]))


def test_the_baseline_is_the_average_of_earlier_batches():
    """Equation 4: b of batch k is the weighted mean of the mean rewards of batches
    before k, with weights β^age.
    """
    settings = SearchSettings(children=3, decay=0.8)
    start = initial_search(make("logits"), settings)
    search = reinforce(start, table().query, settings, generator(7))
    states = list(islice(search, 4))
    means = np.array([state.rewards.mean() for state in states[:-1]])
    weights = 0.8 ** np.array([2, 1, 0])
    expected = (weights * means).sum() / weights.sum()
    assert states[-1].baselines == pytest.approx(np.full(3, expected))
    assert [state.queries for state in states] == [3, 6, 9, 12]


def test_the_cube_keeps_the_best_string():
    """Invariance: R = accuracy³ has the same best string as the accuracy, and another
    gradient.
    """
    accuracy = table().values
    assert reward(accuracy).argmax() == accuracy.argmax()
    controller = make("logits")
    plain, cubed = (
        gradient(expected_reward(controller, R), controller)
        for R in (accuracy, reward(accuracy))
    )
    assert not np.allclose(plain / np.linalg.norm(plain), cubed / np.linalg.norm(cubed))


# --- the search ---


def test_everything_repeats_bitwise_and_no_step_changes_its_state():
    """Determinism: equal seeds give equal searches, also through a pickle between two
    steps; the state that a step was given stays as it was.
    """
    settings = SearchSettings(children=3, entropy=0.01)
    first = initial_search(make("lstm"), settings)
    before = copy.deepcopy(first.controller.state_dict())
    a, b = (
        list(islice(reinforce(first, table().query, settings, generator(8)), 3))
        for _ in range(2)
    )
    for one, other in zip(a, b, strict=True):
        assert np.array_equal(one.strings, other.strings)
        for p, q in zip(
            one.controller.parameters(), other.controller.parameters(), strict=True
        ):
            assert torch.equal(p, q)
    for name, value in first.controller.state_dict().items():
        assert torch.equal(value, before[name])
    state = first
    rng = generator(8)
    for expected in a:
        state, rng = pickle.loads(pickle.dumps((state, rng)))
        state = reinforce_step(state, table().query, settings, rng)
        assert torch.equal(*(s.controller.first for s in (state, expected)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_search_learns_and_with_foreign_rewards_it_does_not(kind):
    """Learning with a negative control: J rises by more than a third of what can be
    gained; with rewards of strings drawn at random it stays where it was.
    """
    world = table()
    settings = SearchSettings(children=5, rate=0.03 if kind == "lstm" else 0.1)

    def own(strings, rng):
        return reward(world.query(strings, rng))

    def foreign(strings, rng):
        return own(SMALL.uniform(len(strings), rng), rng)

    gains = {}
    for query in (own, foreign):
        state = initial_search(make(kind), settings)
        before = expected_reward(state.controller, world.rewards).item()
        search = reinforce(state, query, settings, generator(9))
        state = next(islice(search, 59, None))
        after = expected_reward(state.controller, world.rewards).item()
        gains[query] = (after - before) / (world.rewards.max() - before)
    assert gains[own] > 0.4
    assert gains[foreign] < 0.15


def test_ask_and_tell_are_the_same_search():
    """Oracle: behind ask and tell, REINFORCE makes the same strings and parameters as
    `reinforce_step`, and ask alone changes nothing.
    """
    settings = SearchSettings(children=3)
    search = ReinforceSearch(make("lstm"), settings)
    assert np.array_equal(search.ask(generator(1)), search.ask(generator(1)))
    state = initial_search(make("lstm"), settings)
    ours, theirs = generator(10), generator(10)
    for _ in range(3):
        strings = search.ask(ours)
        search.tell(strings, table().query(strings, ours))
        state = reinforce_step(state, table().query, settings, theirs)
    pairs = zip(
        search.state.controller.parameters(), state.controller.parameters(), strict=True
    )
    assert all(torch.equal(p, q) for p, q in pairs)
    assert search.state.queries == 9


@pytest.mark.parametrize(
    ("name", "b"),
    [
        ("none", [0.0, 0.0, 0.0]),
        ("constant", [0.3, 0.3, 0.3]),
        ("past", [0.4, 0.4, 0.4]),
        ("present", [0.41, 0.41, 0.41]),  # 0.9 · 0.4 + 0.1 · 0.5
        ("batch", [0.5, 0.5, 0.5]),
        ("others", [0.5, 0.35, 0.65]),
    ],
)
def test_each_baseline_has_its_value(name, b):
    """By hand: what is subtracted from each of three rewards."""
    rewards = np.array([0.5, 0.8, 0.2])
    average = MovingAverage(0.4, 1.0)
    found = baselines_of(name, rewards, average, 0.9, constant=0.3)
    np.testing.assert_allclose(found, b, atol=1e-15)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"children": 0}, "children must be 1 or more; got 0"),
        ({"rate": 0.0}, "rate must be positive"),
        ({"rate": float("nan")}, "rate must be positive"),
        ({"decay": 1.0}, "decay must be at least 0 and below 1"),
        ({"entropy": -0.1}, "entropy must not be negative"),
        ({"baseline": "mean"}, "baseline must be one of none, constant, past"),
        ({"baseline": "others", "children": 1}, "needs 2 children or more"),
    ],
)
def test_settings_out_of_range_are_named(wrong, words):
    """Bad input: the message names the setting."""
    with pytest.raises(ValueError, match=words):
        SearchSettings(**wrong)


def test_bad_input_is_named():
    """Bad input: wrong rewards, strings, sizes and baselines are named."""
    settings = SearchSettings(children=2)
    state = initial_search(make("logits"), settings)
    strings = SMALL.every_string()[:2]
    with pytest.raises(ValueError, match=r"rewards must have shape \(2,\)"):
        reinforce_update(state, strings, np.zeros(3), settings)
    with pytest.raises(ValueError, match="reward 1 is nan"):
        reinforce_update(state, strings, np.array([0.5, np.nan]), settings)
    with pytest.raises(ValueError, match="string 0 has 9 for kernel"):
        make("lstm").log_prob(np.array([[0, 9, 0]]))
    with pytest.raises(ValueError, match="n must be 1 or more"):
        make("lstm").sample(0, generator())
    with pytest.raises(ValueError, match="hidden must be 1 or more"):
        LSTMController(SMALL, generator(), hidden=0)
    with pytest.raises(ValueError, match="one finite number for each of 18 strings"):
        expected_reward(make("logits"), np.zeros(3))
    with pytest.raises(ValueError, match="baseline must be one of"):
        baselines_of("mean", np.zeros(2), MovingAverage(), 0.9)
    with pytest.raises(ValueError, match="needs 2 rewards or more"):
        baselines_of("others", np.zeros(1), MovingAverage(), 0.9)
