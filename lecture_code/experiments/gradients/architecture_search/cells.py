"""Searches for a recurrent cell: three searchers, five searches each.

The space is that of the cells with base 2: 36,864 strings. A query trains a small
language model of characters with the cell for 120 steps, and pays the reward of Zoph &
Le (2017), section 4.2: R = c / (perplexity on the validation text)², with the paper's
c = 80. A perplexity is at most the number of characters, 97; a training that diverges
has this perplexity.

Protocol, written before the run. Random search, regularised evolution and REINFORCE
have 36 queries in each search, 540 in all. Seed s is paired: the i-th query of all
three searchers has first weights of the same generator, and random search and evolution
begin with the same ten strings. The answer of a search is the string with the highest
observed reward. It is trained anew for 1,000 steps, and its perplexity on the
validation text is what the searchers are compared by. The test text is not read here.

Evolution has a queue of 10 and samples of 3. REINFORCE has the controller without
memory, batches of 4, Adam at rate 0.3, and the mean of the other rewards of the batch
as baseline. These numbers were not tuned, for a search costs a minute; so the run says
which cells can be found, and not which searcher is best. Which is best is asked on the
table of a whole space, with tuning and many repeats.

Piloted, with other seeds: 24 random strings at 150 steps had perplexities from 8.2 to
97, six of them 34, that of a model that knows only how frequent each character is.
Torch's layers had about 8, and for all of them 0.03 was a better rate than 0.01 and
0.1. At 1,500 steps 0.03 was better than 0.01 for the LSTM and for a cell with one gate,
and worse for the plain recurrent net; the answers are trained at 0.02.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.data.corpus import FINGERPRINT
from lecture_code.experiments.gradients.architecture_search.characters import (
    CellText,
    cell_text,
    character_model,
    model_parameters,
    recorded,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.architecture_search import ReinforceSearch, SearchSettings
from lecture_code.gradients.cell_formulas import KNOWN_CELLS
from lecture_code.gradients.recurrent_cells import CellTree, cell_space
from lecture_code.gradients.string_controllers import LogitController
from lecture_code.gradients.string_search import (
    Queries,
    RandomStrings,
    RegularisedEvolution,
    StringSearch,
)
from lecture_code.gradients.token_space import Strings
from lecture_code.learning.characters import (
    CharacterSettings,
    CharacterTraining,
    perplexity,
)

STRIDE = 100
"""Steps of the long training that are one step of the run."""
CHILDREN = 1000
"""With the seed of a search and the number of a query: the seed of its child."""
CHILD = CharacterSettings(steps=120, rate=3e-2)
ANSWER = CharacterSettings(steps=1000, rate=2e-2)


@dataclass(frozen=True)
class CellSearchSettings:
    """How cells are searched for.

    Args:
        searchers: names for `make_searcher`.
        seeds: one search of each searcher for each seed.
        queries: trainings that a search pays for.
        child: how a child is trained.
        answer: how the answer of a search is trained.
        width: H of a cell; it sets the number of parameters of all models.
        scale: c of the reward.
        population, sample: P and S of evolution.
        children, rate: m and Adam's rate of REINFORCE.
        text: the corpus's fingerprint.
    """

    searchers: tuple[str, ...] = ("random", "evolution", "REINFORCE")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    queries: int = 36
    child: CharacterSettings = CHILD
    answer: CharacterSettings = ANSWER
    width: int = 64
    scale: float = 80.0
    population: int = 10
    sample: int = 3
    children: int = 4
    rate: float = 0.3
    text: str = FINGERPRINT


def make_searcher(name: str, settings: CellSearchSettings) -> StringSearch:
    """A fresh searcher over cells of base 2.

    Raises:
        ValueError: a name that is not "random", "evolution" or "REINFORCE".
    """
    space = cell_space(2)
    if name == "random":
        return RandomStrings(space)
    if name == "evolution":
        return RegularisedEvolution(space, settings.population, settings.sample)
    if name == "REINFORCE":
        of_controller = SearchSettings(
            children=settings.children, rate=settings.rate, baseline="others"
        )
        return ReinforceSearch(LogitController(space), of_controller)
    raise ValueError(f"no searcher {name!r}; there are: random, evolution, REINFORCE")


def start_training(
    string: Strings, how: CharacterSettings, settings: CellSearchSettings, seed: int
) -> CharacterTraining:
    """The training of the language model that a string (T,) describes."""
    parameters = model_parameters(KNOWN_CELLS["tanh RNN"], how, settings.width)
    tree = CellTree.from_string(string)
    model, _ = character_model(tree, how, parameters, seed)
    return CharacterTraining(model, how)


class CellSearchRun:
    """One search, and then the long training of its answer."""

    def __init__(self, settings: CellSearchSettings, name: str, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.searcher = make_searcher(name, settings)
        self.queries = Queries.none(cell_space(2))
        self.perplexities = list[float]()
        self.asked: Strings | None = None
        self.answer: CharacterTraining | None = None

    @property
    def progress(self) -> float:
        """Share of the training steps that are done."""
        child, answer = self.settings.child.steps, self.settings.answer.steps
        done = len(self.perplexities) * child
        if self.answer is not None:
            done += self.answer.step
        return done / (self.settings.queries * child + answer)

    def advance(self) -> Record:
        """One query, or a hundred steps of the training of the answer."""
        if len(self.perplexities) < self.settings.queries:
            return self._query()
        if self.answer is None:
            string = self.queries.answers[-1]
            seed = CHILDREN * self.seed + self.settings.queries
            how = self.settings.answer
            self.answer = start_training(string, how, self.settings, seed)
        left = self.answer.settings.steps - self.answer.step
        text = self._text(self.answer).training
        losses = [self.answer.advance(text) for _ in range(min(STRIDE, left))]
        return {"loss": recorded(losses[-1])}

    def _query(self) -> Record:
        """Train one of the strings that the searcher asks for; when all of them are
        trained, the searcher is told.
        """
        if self.asked is None:
            left = self.settings.queries - len(self.perplexities)
            self.asked = self.searcher.ask(self.rng)[:left]
        trained = len(self.perplexities) - self.queries.count
        string = self.asked[trained]
        seed = CHILDREN * self.seed + len(self.perplexities)
        child = start_training(string, self.settings.child, self.settings, seed)
        text = self._text(child).training
        losses = [child.advance(text) for _ in range(child.settings.steps)]
        self.perplexities.append(self._validated(child))
        if trained + 1 == len(self.asked):
            rewards = self.rewards()[self.queries.count :]
            self.searcher.tell(self.asked, rewards)
            self.queries = self.queries.after(self.asked, rewards)
            self.asked = None
        early = recorded(losses[1])  # a later loss would not replay everywhere
        return {"string": string.tolist(), "loss": early}

    def _text(self, training: CharacterTraining) -> CellText:
        return cell_text(self.settings.text, training.settings.rows)

    def _validated(self, training: CharacterTraining) -> float:
        return perplexity(training.model, self._text(training).validation)

    def rewards(self) -> NDArray[np.float64]:
        """R of all queries so far."""
        return self.settings.scale / np.square(self.perplexities)

    def result(self) -> Record:
        """All queries, and the answer with its perplexity after the long training."""
        assert self.answer is not None
        return {
            "strings": self.queries.strings.tolist(),
            "perplexities": self.perplexities,
            "answer": self.queries.answers[-1].tolist(),
            "trained": self._validated(self.answer),
        }


def runs(settings: CellSearchSettings) -> dict[str, CellSearchRun]:
    """One search for each searcher and seed."""
    return {
        f"{name}/{seed}": CellSearchRun(settings, name, seed)
        for name in settings.searchers
        for seed in settings.seeds
    }


def summarise(
    settings: CellSearchSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Of each searcher the queries and answers of all seeds."""
    curves = {}
    for name in settings.searchers:
        outcomes = [results[f"{name}/{seed}"] for seed in settings.seeds]
        curves[name] = {
            entry: [outcome[entry] for outcome in outcomes] for entry in outcomes[0]
        }
    return curves, {}


SEARCH = CellSearchSettings()
EXPERIMENTS = (
    Experiment(
        "architecture_cell_search",
        SEARCH,
        replace(
            SEARCH,
            seeds=(0, 1),
            queries=4,
            child=CharacterSettings(steps=2, rows=8, truncation=4),
            answer=CharacterSettings(steps=3, rows=8, truncation=4),
            width=4,
            population=2,
            children=2,
        ),
        runs,
        summarise,
    ),
)
