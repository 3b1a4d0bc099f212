"""What the reader plays: a search with sliders, the game, and two predictions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.figures.gradients.architecture_search.cells import (
    cell_picture,
    shown_cells,
)
from lecture_code.figures.gradients.architecture_search.searches import (
    NAMES,
    OURS,
    lead_in_words,
    regret_curves,
    regrets,
    reward_curves,
    searcher_table,
)
from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.gradients.token_space import Strings
from lecture_code.show import Explore, Predict, Prose, Table, explore, predict
from lecture_code.show.architecture_game import ArchitectureGame, architecture_game
from lecture_code.show.architecture_search import (
    ArchitectureSearch,
    architecture_search,
)
from lecture_code.show.searched_space import SearchedSpace

IMAGES = 400  # validation images of the table
WORDS = {
    "filters1": "filters 1",
    "kernel1": "kernel 1",
    "filters2": "filters 2",
    "kernel2": "kernel 2",
    "activation": "activation",
    "skip": "skip connection",
    "pool": "pooling",
}
"""Token -> its name on the page."""
QUERIES = 500
GAME = 20  # queries


def tokens_in_words(table: ArchitectureTable) -> dict[str, list[str]]:
    """The choices of each token as the reader sees them, by the token's name."""
    words: dict[str, list[str]] = {}
    for token in table.space.tokens:
        choices = [str(choice) for choice in token.choices]
        if token.name == "skip":
            choices = ["no", "yes"]
        if token.name == "filters2":
            choices[0] = "no layer 2"
        words[WORDS[token.name]] = choices
    return words


def choice_labels(table: ArchitectureTable) -> list[str]:
    """'filters 1: 4', … : one label for each choice of each token."""
    words = tokens_in_words(table)
    return [f"{name}: {choice}" for name in words for choice in words[name]]


def in_words(table: ArchitectureTable, string: Strings) -> str:
    """One string (T,) in words, its choices with commas between them."""
    words = list(tokens_in_words(table).values())
    return ", ".join(words[t][int(a)] for t, a in enumerate(string))


def token_table(table: ArchitectureTable) -> Table:
    """Tokens, what each decides, and the choices."""
    means = (
        "filters of the first layer",
        "their width and height",
        "filters of the second layer",
        "their width and height",
        "after each layer",
        "does the last layer also read layer 1?",
        "before the last layer",
    )
    rows = {
        name: {"decides": means[t], "choices": ", ".join(choices)}
        for t, (name, choices) in enumerate(tokens_in_words(table).items())
    }
    caption = f"Seven tokens: {table.space.count:,} strings."
    return Table(rows, corner="token", caption=caption)


def right_images(table: ArchitectureTable) -> NDArray[np.int64]:
    """Validation images that each training got right, (count, seeds)."""
    right: NDArray[np.int64] = np.rint(IMAGES * table.validation).astype(np.int64)
    return right


def searched_space(table: ArchitectureTable) -> SearchedSpace:
    """The table as the page has it."""
    return SearchedSpace(tokens_in_words(table), right_images(table), IMAGES)


def each_query(
    table: ArchitectureTable, result: Result, arm: str, queries: int
) -> NDArray[np.float64]:
    """Mean observed regret, from 0 to 1, after 1 to `queries` queries, (queries,).

    Between the points of the result the curve is straight over the logarithm of the
    queries. Before the first point it is the exact curve of random search times a
    factor, which goes from 1 to that of the first point. The factor is 1 as long as the
    search draws at random: for the first string, or until a population is full.
    """
    points = np.array(result.settings["points"], dtype=np.float64)
    means = regrets(result, arm, "observed").mean(axis=0) / 100
    asked = np.arange(1, queries + 1)
    first = int(points[0])
    random = searched_space(table).random_regret(max(first, queries))
    ends = (1.0, means[0] / random[first - 1])
    drawn = max(1, int(result.settings["searchers"][arm]["population"]))
    factor = np.interp(np.log(asked), np.log([drawn, first]), ends)
    between = np.interp(np.log(asked), np.log(points), means)
    return np.asarray(np.where(asked < first, factor * random[:queries], between))


def search_in_page(
    table: ArchitectureTable, result: Result, start: Mapping[str, float | None]
) -> ArchitectureSearch:
    """The search of the page: its sliders begin with `start`."""
    return architecture_search(
        tokens_in_words(table),
        right_images(table),
        IMAGES,
        title="A search of 500 queries, twenty times",
        curves={
            "regularised evolution": each_query(table, result, "evolution", QUERIES)
        },
        start=start,
    )


def predict_no_baseline(table: ArchitectureTable, result: Result) -> Predict:
    """What happens without a baseline? The search of the page is revealed."""
    return predict(
        "All rewards are positive. The rate is 10, and the baseline is a moving "
        "average. Now we take the baseline away. What happens?",
        [
            "Nothing changes: the mean of the gradient is the same",
            "The controller soon writes one string only, and often not the best",
            "The controller tries more different strings until the end",
        ],
        answer=1,
        because="Without a baseline every string that is drawn becomes more likely, "
        "good or bad. Good strings rise faster only on average. So the first draws "
        "decide. Move the first slider to “no baseline” and back. The best training "
        "hardly suffers, but the strings that it writes (dashes) get much worse.",
        then=search_in_page(table, result, {"rate": 10.0}),
    )


def explore_cells() -> Explore:
    """Cells as trees with their equations: the lecture's, some that have a name, and
    the two that our searches found.
    """
    return explore(
        cell_picture,
        name=list(shown_cells()),
        start={"name": "worked example"},
        labels={"name": "cell"},
        buttons=["name"],
    )


def game(table: ArchitectureTable, result: Result) -> ArchitectureGame:
    """Twenty queries for the reader, beside two searchers. Evolution is not among them:
    it draws its first twenty strings as random search does.
    """
    curves = {NAMES[OURS]: each_query(table, result, OURS, GAME)}
    first = result.settings["points"][0]
    return architecture_game(
        tokens_in_words(table),
        right_images(table),
        IMAGES,
        title="Twenty trainings are yours",
        curves=curves,
        queries=GAME,
        lesson=f"Twenty queries teach a controller little: after {first} the lead of "
        f"REINFORCE is only {lead_in_words(result, 'observed', at=0)} points. Before "
        "that its curve is interpolated.",
    )


def predict_winner(result: Result, exact: Result) -> Predict:
    """How far is REINFORCE ahead of random search? Curves and table are revealed.

    Args:
        result: `architecture_searchers`.
        exact: the same without noise.
    """
    return predict(
        "Each searcher pays for 500 queries. How much lower than that of random search "
        "is the regret of REINFORCE in the end?",
        [
            "Far lower: it has learnt what good strings look like",
            "Hardly lower: luck decides between the good strings",
            "It is higher: the controller repeats what it wrote first",
        ],
        answer=1,
        because="REINFORCE does learn what good strings look like: see the last "
        "picture. But many strings are nearly equal, and the luckiest training decides "
        "which of them is the answer.",
        then=[
            regret_curves(result),
            searcher_table(result, exact),
            Prose(winner_in_words(result, exact)),
            reward_curves(result),
        ],
        folds=True,
    )


def winner_in_words(result: Result, exact: Result) -> str:
    """What the comparisons say, with the differences to random search in points."""
    early = list(result.settings["points"]).index(50)
    noisy, quiet = (
        one.curves["pairs"][f"{OURS} minus random strings"]["confirmed"]["sign_flip"]
        for one in (result, exact)
    )
    return f"""*Confirmed (50)* is the regret after fifty queries, and *found* that of
the best string that was asked for. *Without noise* each query returns the mean reward
of its string.

*Early in the search REINFORCE is ahead of random search.* After fifty
queries its confirmed regret is {lead_in_words(result, at=early)} points lower.

*In the end the lead is small.* It is {lead_in_words(result, "observed")} points by the
plain answer, the string of the best training. Evolution and local search lead by more.

*If the ten best strings are trained again*, it is {lead_in_words(result)} points.
We chose this comparison before the runs, and its interval contains zero. So with noisy
trainings we do not claim that REINFORCE beats random search here.

*REINFORCE did ask for better strings.* The best of them, in the column *found*, is
{lead_in_words(result, "found")} points better than that of random search. But REINFORCE
cannot know which it is.

*Without noise the lead is clear.* After this result we removed the noise. Nothing
else changed. Now the lead is {lead_in_words(exact)}
points.

The sign-flip test gives p {below(quiet)} without noise and p {below(noisy)} with noise.
Local search always ends at the best string. Evolution is not ahead of random search; no
setting was tuned anew.

*The paper's rate is too low for so few queries.*"""


def below(p: float) -> str:
    """A p-value in words, "< 0.0001" or "= 0.27"."""
    return "< 0.0001" if p < 1e-4 else f"= {p:.2g}"
