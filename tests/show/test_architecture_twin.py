"""What must hold of the search in the page: with the same draws it writes the strings,
and reaches the logits and the regrets, of Python's.
"""

import numpy as np
import pytest
from architecture_samples import IMAGES, RIGHT, SPACE, a_game, a_search

from lecture_code.gradients.architecture_table import reward
from lecture_code.gradients.logit_controller import (
    LogitSettings,
    initial_logits,
    logit_strings,
    logit_update,
)
from lecture_code.show.searched_space import SearchedSpace

pytestmark = pytest.mark.browser

QUERIES = 100
RUN = """([settings, draws, repeats, queries]) => {
  const { table } = document.querySelector("architecture-search");
  const u = Float64Array.from(draws);
  const found = RealityGap.architecture.search(table, settings, u, repeats, queries);
  const plain = ([name, values]) => [name, ArrayBuffer.isView(values) ? [...values]
                                                                      : values];
  return Object.fromEntries(Object.entries(found).map(plain));
}"""
SETTINGS = [
    {"decay": 0.95, "rate": 5.0, "entropy": 0.0, "m": 10},
    {"decay": None, "rate": 5.0, "entropy": 0.0, "m": 10},
    {"decay": 0.0, "rate": 20.0, "entropy": 0.05, "m": 5},
    {"decay": 0.8, "rate": 2.0, "entropy": 0.05, "m": 1},
    {"decay": 0.9, "rate": 0.0, "entropy": 0.0, "m": 20},
]


def in_python(settings, draws):
    """One search with Python's controller: places, rewards, logits after every step,
    and regrets.
    """
    m = settings["m"]
    decay = settings["decay"]
    learning = LogitSettings(
        children=m,
        rate=settings["rate"],
        baseline="none" if decay is None else "past",
        decay=0.5 if decay is None else decay,
        entropy=settings["entropy"],
    )
    state = initial_logits(SPACE)
    places = []
    rewards = []
    logits = [np.concatenate(state.logits)]
    for u in draws.reshape(-1, m, len(SPACE.tokens) + 1):
        strings = logit_strings(state.logits, u[:, :-1])
        seeds = (u[:, -1] * RIGHT.shape[1]).astype(int)
        places.extend(SPACE.place(strings))
        rewards.extend(reward(RIGHT[places[-m:], seeds] / IMAGES))
        state = logit_update(state, strings, np.array(rewards[-m:]), learning)
        logits.append(np.concatenate(state.logits))
    best = [int(np.argmax(rewards[: q + 1])) for q in range(len(rewards))]
    means = RIGHT.mean(axis=1) / IMAGES
    return places, logits, means.max() - means[np.array(places)[best]]


def probabilities(logits):
    parts = np.split(logits, np.cumsum(SPACE.sizes)[:-1])
    return np.concatenate([np.exp(z) / np.exp(z).sum() for z in parts])


@pytest.fixture
def page(visit):
    opened = visit(a_search())
    opened.wait_for_selector("architecture-search[data-started]")
    return opened


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_page_searches_as_python_does(settings, page):
    """Parity: the same strings, and policies, last logits and regrets to 1e-9, with
    baseline and without, with entropy bonus and without, for one string a step and for
    many.
    """
    repeats = 3
    draws = np.random.default_rng(5).random((repeats, QUERIES, len(SPACE.tokens) + 1))
    found = page.evaluate(RUN, [settings, draws.ravel().tolist(), repeats, QUERIES])
    regrets = np.reshape(found["regrets"], (repeats, QUERIES))
    behind = RIGHT.mean(axis=1).max() / IMAGES - RIGHT.mean(axis=1) / IMAGES
    written = np.zeros(QUERIES)
    for r in range(repeats):
        places, logits, wanted = in_python(settings, draws[r])
        np.testing.assert_allclose(regrets[r], wanted, atol=1e-9)
        written += behind[places] / repeats
        if r == 0:
            assert found["places"] == places
            np.testing.assert_allclose(found["logits"], logits[-1], atol=1e-9)
            policies = np.reshape(found["policies"], (len(logits), -1))
            for policy, z in zip(policies, logits, strict=True):
                np.testing.assert_allclose(policy, probabilities(z), atol=1e-9)
    np.testing.assert_allclose(found["written"], written, atol=1e-9)
    moved = np.abs(found["logits"]).max()
    assert moved > 1 if settings["rate"] else moved == 0


def test_without_a_rate_it_is_random_search(page):
    """Limit: 400 searches that learn nothing have the mean regret that is exact for
    random search, to 4 standard errors, after 10 and 100 queries.
    """
    settings = {"decay": 0.9, "rate": 0.0, "entropy": 0.0, "m": 10}
    found = page.evaluate(
        """([settings, repeats, queries]) => {
          const { table } = document.querySelector("architecture-search");
          const { search, uniforms } = RealityGap.architecture;
          const u = uniforms(7, repeats * queries * (table.sizes.length + 1));
          return [...search(table, settings, u, repeats, queries).regrets]; }""",
        [settings, 400, QUERIES],
    )
    regrets = np.reshape(found, (400, QUERIES))
    exact = SearchedSpace(
        {token.name: token.choices for token in SPACE.tokens}, RIGHT, IMAGES
    ).random_regret(QUERIES)
    error = regrets.std(axis=0) / np.sqrt(400)
    for q in (10, QUERIES):
        assert 0 < error[q - 1] < 0.2 * exact[q - 1]
        assert abs(regrets[:, q - 1].mean() - exact[q - 1]) < 4 * error[q - 1]


def test_the_pages_draws_are_those_of_mulberry32(page):
    """Oracle: the generator in Python's whole numbers gives the same draws, and a
    million of them are uniform and without correlation, to 4 standard errors.
    """

    def mulberry(seed, n):
        for _ in range(n):
            seed = (seed + 0x6D2B79F5) % 2**32
            t = (seed ^ seed >> 15) * (1 | seed) % 2**32
            t ^= (t + (t ^ t >> 7) * (61 | t)) % 2**32
            yield (t ^ t >> 14) / 2**32

    found = page.evaluate("[...RealityGap.architecture.uniforms(12345, 1000)]")
    assert found == list(mulberry(12345, 1000))
    n = 1_000_000
    mean, square, next_ = page.evaluate(
        f"""() => {{ const u = RealityGap.architecture.uniforms(1, {n});
          let [a, b, c] = [0, 0, 0];
          for (let i = 1; i < u.length; i++) {{ a += u[i]; b += u[i] ** 2;
                                               c += u[i] * u[i - 1]; }}
          return [a, b, c].map((sum) => sum / (u.length - 1)); }}"""
    )
    errors = np.sqrt(np.array([1 / 12, 4 / 45, 7 / 144 + 1 / 24]) / n)
    wanted = np.array([1 / 2, 1 / 3, 1 / 4])
    assert (np.abs(np.array([mean, square, next_]) - wanted) < 4 * errors).all()


def test_how_often_random_search_does_worse(visit):
    """Oracle: 20,000 games of random search in NumPy do worse than a regret, not as bad
    as it, as often as the page says.
    """
    page = visit(a_game())
    page.wait_for_selector("architecture-game[data-ready]")
    rng = np.random.default_rng(0)
    places = rng.integers(len(RIGHT), size=(20_000, 20))
    found = RIGHT[places, rng.integers(3, size=places.shape)].argmax(axis=1)
    means = RIGHT.mean(axis=1) / IMAGES
    regrets = means.max() - means[places[np.arange(len(places)), found]]
    shown, often = np.unique(np.round(regrets, 12), return_counts=True)
    for limit in (0.01, float(shown[often.argmax()])):
        share = page.evaluate(
            "(limit) => document.querySelector('architecture-game')"
            ".table.worseThan(limit, 20)",
            limit,
        )
        wanted = (regrets > limit + 1e-12).mean()
        assert 0.05 < wanted < 0.95 and often.max() > 800
        assert share == pytest.approx(wanted, abs=4 * 0.5 / np.sqrt(20_000))
