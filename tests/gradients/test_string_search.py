"""What must hold of searches over strings, and of how their queries are counted."""

import copy
import pickle

import numpy as np
import pytest

from lecture_code.gradients.architecture_search import ReinforceSearch, SearchSettings
from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.gradients.string_controllers import LogitController
from lecture_code.gradients.string_search import (
    LocalSearch,
    Queries,
    RandomStrings,
    RegularisedEvolution,
    mutated,
    search_strings,
)
from lecture_code.gradients.token_space import Token, TokenSpace

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SPACE = TokenSpace(
    (
        Token("filters", (4, 8, 16)),
        Token("kernel", (1, 3, 5)),
        Token("bias", (True,)),
        Token("pool", ("none", "max", "average")),
        Token("skip", (0, 1)),
    )
)
SEARCHES = {
    "random": lambda: RandomStrings(SPACE, batch=4),
    "local": lambda: LocalSearch(SPACE),
    "local, greedy": lambda: LocalSearch(SPACE, greedy=True),
    "evolution": lambda: RegularisedEvolution(SPACE, 10, 4),
    "reinforce": lambda: ReinforceSearch(
        LogitController(SPACE), SearchSettings(children=5, rate=0.1)
    ),
}


def table(noise=0.01):
    return ArchitectureTable.synthetic(SPACE, np.random.default_rng(1), noise=noise)


def all_queries(search, budget, seed=0, query=None):
    rng = np.random.default_rng(seed)
    turns = list(search_strings(search, SPACE, query or table().query, budget, rng))
    return turns[-1]


@pytest.fixture(params=SEARCHES)
def make(request):
    return SEARCHES[request.param]


# --- every search ---


def test_each_query_is_paid_once(make):
    """Conformance: the budget is spent to the last query and not beyond; the number of
    strings that were trained, counted where they are trained, is the number in the
    ledger, and each string got its own reward.
    """
    trained = []

    def query(strings, rng):
        trained.extend(strings.tolist())
        return table(noise=0).query(strings, rng)

    for budget in (1, 7, 33):  # in the middle of a batch
        trained.clear()
        queries = all_queries(make(), budget, query=query)
        assert queries.count == budget == len(trained)
        assert queries.strings.tolist() == trained
        expected = table(noise=0).values[SPACE.place(queries.strings)]
        assert np.allclose(queries.rewards, expected)


def test_ask_changes_nothing_and_tell_not_its_arguments(make):
    """Conformance: the same generator gives the same strings twice, and what `tell`
    was given stays as it was, also when the caller changes it later.
    """
    search = make()
    rng = np.random.default_rng(2)
    for _ in range(40):
        strings = search.ask(copy.deepcopy(rng))
        again = search.ask(rng)
        assert np.array_equal(strings, again)
        rewards = table().query(strings, rng)
        before = strings.copy(), rewards.copy()
        search.tell(strings, rewards)
        assert np.array_equal(strings, before[0])
        assert np.array_equal(rewards, before[1])
        after = copy.deepcopy(rng)
        expected = search.ask(copy.deepcopy(after))
        strings[:] = 0
        rewards[:] = 0
        assert np.array_equal(search.ask(after), expected)


def test_a_search_repeats_bitwise_also_through_a_pickle(make):
    """Determinism: equal seeds give equal queries, and a pickled search goes on as if
    nothing had happened.
    """
    a, b = (all_queries(make(), 60, seed=3) for _ in range(2))
    assert np.array_equal(a.strings, b.strings) and np.array_equal(a.rewards, b.rewards)
    search = make()
    rng = np.random.default_rng(3)
    strings = []
    while len(strings) < 60:
        search, rng = pickle.loads(pickle.dumps((search, rng)))
        asked = search.ask(rng)[: 60 - len(strings)]
        search.tell(asked, table().query(asked, rng))
        strings.extend(asked.tolist())
    assert strings == a.strings.tolist()


def test_bad_rewards_are_named(make):
    """Bad input: rewards of another number or not finite; the search is unchanged."""
    search = make()
    strings = search.ask(np.random.default_rng(4))
    with pytest.raises(ValueError, match="rewards must have shape"):
        search.tell(strings, np.zeros(len(strings) + 1))
    with pytest.raises(ValueError, match="reward 0 is inf"):
        search.tell(strings, np.full(len(strings), np.inf))
    assert np.array_equal(search.ask(np.random.default_rng(4)), strings)


@pytest.mark.parametrize("name", ["local", "local, greedy", "evolution"])
def test_a_search_learns_and_with_foreign_rewards_it_does_not(name):
    """Learning with a negative control: after 100 queries the strings that are asked
    for are better than random strings; with rewards of other strings they are not.
    """
    world = table()

    def foreign(strings, rng):
        return world.query(SPACE.uniform(len(strings), rng), rng)

    gains = {}
    for query in (world.query, foreign):
        late = [
            world.values[
                SPACE.place(all_queries(SEARCHES[name](), 150, s, query).strings)
            ]
            for s in range(40)
        ]
        rise = np.mean(late, axis=0)[-50:].mean() - world.values.mean()
        gains[query] = rise / (world.values.max() - world.values.mean())
    assert gains[world.query] > (0.25 if name.startswith("local") else 0.5)
    assert abs(gains[foreign]) < 0.15


# --- single searches ---


def test_random_strings_are_uniform_and_learn_nothing():
    """Limit: the strings of random search are the same whatever it was told."""
    a = all_queries(RandomStrings(SPACE), 50, query=lambda s, rng: np.zeros(len(s)))
    b = all_queries(RandomStrings(SPACE), 50, query=lambda s, rng: s.sum(1) * 1.0)
    assert np.array_equal(a.strings, b.strings)
    n = 27_000
    rows = SPACE.place(RandomStrings(SPACE, n).ask(np.random.default_rng(5)))
    share = np.bincount(rows, minlength=SPACE.count) / n
    p = 1 / SPACE.count
    assert (np.abs(share - p) < 4 * np.sqrt(p * (1 - p) / n)).all()


@pytest.mark.parametrize("greedy", [False, True])
def test_local_search_climbs_and_begins_again(greedy):
    """Oracle: without noise each move is to a neighbour with a higher reward (the best
    one, if not greedy), and it begins again only where no neighbour is higher.
    """
    values = table(noise=0).values
    search = LocalSearch(SPACE, greedy)
    rng = np.random.default_rng(6)
    moves = 0
    here = None
    for _ in range(400):
        restarts = search.restarts
        strings = search.ask(rng)
        search.tell(strings, values[SPACE.place(strings)])
        there = (
            int(np.flatnonzero(values == search.reward)[0])
            if np.isfinite(search.reward)
            else None
        )
        if here is not None:
            near = SPACE.place(SPACE.neighbours(SPACE.every_string()[here]))
            if search.restarts > restarts:
                assert values[near].max() <= values[here]
            elif there != here:
                moves += 1
                assert there in near and values[there] > values[here]
                assert greedy or values[there] == values[near].max()
        here = there
    assert moves > 5 and search.restarts > 2


def test_evolution_by_hand():
    """Equation: lines 2 to 6 of Algorithm 1 on a queue of three strings. With S so
    large that all compete, the parent is the best; the oldest leaves, even the best.
    """
    search = RegularisedEvolution(SPACE, population=3, sample=60)
    rng = np.random.default_rng(7)
    first = search.ask(rng)
    assert len(first) == 3
    search.tell(first, np.array([0.9, 0.1, 0.2]))
    child = search.ask(rng)
    assert (child != first[0]).sum() == 1  # one token of the best was changed
    search.tell(child, np.array([0.3]))
    assert search.rewards.tolist() == [0.1, 0.2, 0.3]  # the best was the oldest
    assert np.array_equal(search.strings, np.concatenate([first[1:], child]))
    assert (search.ask(rng)[0] != child[0]).sum() == 1


def test_with_a_sample_of_one_evolution_does_not_select():
    """Limit: with S = 1 the parents are drawn without a look at the rewards."""
    rng = np.random.default_rng(8)
    parents = {1: [], 8: []}
    for sample, rows in parents.items():
        search = RegularisedEvolution(SPACE, population=20, sample=sample)
        strings = search.ask(rng)
        search.tell(strings, np.arange(20.0))
        for _ in range(400):
            child = search.ask(rng)[0]
            near = (strings != child).sum(axis=1) == 1
            rows.append(np.flatnonzero(near).mean())
    assert np.mean(parents[8]) > np.mean(parents[1]) + 3
    assert np.mean(parents[1]) == pytest.approx(9.5, abs=1.5)


def test_a_mutation_changes_one_open_token_to_any_other_choice():
    """Equation: every neighbour occurs, and nothing else; each token that has two
    choices or more is as likely as the others.
    """
    rng = np.random.default_rng(9)
    string = np.array([0, 2, 0, 1, 1])
    children = np.array([mutated(SPACE, string, rng) for _ in range(4000)])
    near = set(SPACE.place(SPACE.neighbours(string)).tolist())
    assert set(SPACE.place(children).tolist()) == near
    changed = (children != string).mean(axis=0)
    assert changed[2] == 0
    assert np.abs(changed[[0, 1, 3, 4]] - 0.25).max() < 4 * np.sqrt(0.1875 / 4000)
    assert string.tolist() == [0, 2, 0, 1, 1]


# --- queries ---


def test_queries_by_hand():
    """Equation: a repeated string counts again but is not distinct; the answer is the
    string with the highest observed reward so far, the earlier one of equals.
    """
    a, b, c = SPACE.every_string()[[3, 5, 9]]
    queries = Queries.none(SPACE).after(np.array([a, b]), np.array([0.5, 0.4]))
    queries = queries.after(np.array([a, c, b]), np.array([0.3, 0.7, 0.7]))
    assert (queries.count, queries.distinct) == (5, 3)
    assert SPACE.place(queries.answers).tolist() == [3, 3, 3, 9, 9]
    assert SPACE.place(queries.best(2)).tolist() == [9, 5]
    assert SPACE.place(queries.best(9)).tolist() == [9, 5, 3]
    assert Queries.none(SPACE).answers.shape == (0, 5)
    assert Queries.none(SPACE).count == 0


class Silent(RandomStrings):
    """A search that asks for nothing."""

    def ask(self, rng):
        return SPACE.every_string()[:0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: all_queries(Silent(SPACE), 3), "Silent asked for no string"),
        (lambda: RandomStrings(SPACE, 0), "batch must be 1 or more; got 0"),
        (lambda: RegularisedEvolution(SPACE, 0, 3), "population and sample must be"),
        (lambda: RegularisedEvolution(SPACE, 3, 0), "population and sample must be"),
        (
            lambda: RegularisedEvolution(TokenSpace((Token("one", (1,)),))),
            "no token has two choices",
        ),
        (lambda: all_queries(RandomStrings(SPACE), 0), "budget must be 1 query"),
    ],
)
def test_bad_settings_are_named(wrong, words):
    """Bad input: the message names what is wrong."""
    with pytest.raises(ValueError, match=words):
        wrong()
