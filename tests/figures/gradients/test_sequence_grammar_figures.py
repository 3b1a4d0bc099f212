"""The figures of the chapter on sequence generation show what the results on the
grammar say, and so do its answers.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lecture_code.data.arithmetic import SYMBOLS, VALID
from lecture_code.experiments import Result, load_result
from lecture_code.figures.gradients import sequence_generation as figures
from lecture_code.figures.gradients.sequence_generation import (
    choices,
    families,
    grammar,
    quizzes,
    rollouts,
)
from lecture_code.gradients.sequence_gan import (
    SequenceGanSettings,
    initial_sequence_gan,
)
from lecture_code.gradients.text_discriminator import TextDiscriminatorSettings
from lecture_code.learning.recurrent import LanguageModel
from tests.figures.readings import column, line

NOTEBOOK = (
    Path(__file__).parents[3] / "book" / "gradients" / "sequence_generation.ipynb"
)


@pytest.fixture(scope="module")
def learnt() -> Result:
    return load_result("sequence_grammar")


@pytest.fixture(scope="module")
def both() -> Result:
    return load_result("sequence_families")


@pytest.fixture(scope="module")
def compared() -> Result:
    return load_result("sequence_gradients")


# --- one choice ---


def test_a_choice_is_flat_and_a_mixture_rises(drawn) -> None:
    """For one draw D's answer to the choice takes two values, and its answer to the
    mixture rises everywhere.
    """
    choices.choice_picture(1.0)
    panel = drawn[0].axes[0]
    assert len(set(line(panel, "choice"))) == 2
    assert (np.diff(line(panel, "mixture")) > 0).all()


def test_the_mean_of_the_mixture_goes_to_that_of_the_choice() -> None:
    """Limit: the lower the temperature, the closer are both means."""
    exact = choices.mean_verdict(None)
    apart = [
        np.abs(choices.mean_verdict(tau) - exact).max() for tau in choices.TEMPERATURES
    ]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] < 0.02 < 0.1 < apart[0]


def test_the_mean_of_the_choice_is_that_of_many_draws() -> None:
    """Oracle: the exact mean agrees with a mean over drawn choices."""
    rng = np.random.default_rng(0)
    u = rng.random(20_000)
    noise = np.log(u / (1 - u))
    for place in (20, 40, 60):
        one_hot = (choices.LOGITS[place] + noise > 0).astype(float)
        drawn = choices.verdict(one_hot).mean()
        assert drawn == pytest.approx(choices.mean_verdict(None)[place], abs=0.02)


# --- the grammar ---


def test_the_table_shows_both_measures(learnt) -> None:
    """The medians of the table are those of the seeds, and maximum likelihood has the
    lowest total variation.
    """
    table = grammar.grammar_table(learnt)
    variations = column(table, "total variation")
    for arm, name in grammar.NAMES.items():
        of_seeds = grammar.at_end(learnt, arm, "variation")
        assert variations[name] == pytest.approx(np.median(of_seeds))
    best = min(variations, key=lambda name: variations[name])
    assert best == grammar.NAMES["maximum likelihood"]
    assert table.entries[best]["total variation"].is_best


def test_every_training_is_a_dot_above_the_line(learnt, drawn) -> None:
    """There are as many dots as trainings, none below 1 − parse rate."""
    grammar.parse_and_variation(learnt)
    dots = drawn[0].axes[0].lines[:4]
    x = np.concatenate([one.get_xdata() for one in dots])
    y = np.concatenate([one.get_ydata() for one in dots])
    assert len(x) == len(grammar.NAMES) * len(learnt.seeds)
    assert (y >= 1 - x / 100 - 1e-9).all()


def test_the_answer_about_one_string_holds(learnt) -> None:
    """In the seeds that count as stuck REINFORCE writes at most two strings, and its
    total variation is that of one length; three of five seeds are stuck.
    """
    stuck = grammar.is_one_string(learnt, "REINFORCE")
    assert stuck.sum() == 3
    variation = grammar.at_end(learnt, "REINFORCE", "variation")
    np.testing.assert_allclose(variation[stuck], grammar.ONE_STRING, atol=0.01)
    texts = learnt.curves["REINFORCE"]["texts"]["2400"]
    assert {text.strip() for text in texts} == {"x"}
    asked = figures.predict_perfect(learnt).question
    assert "3 of them" in asked.question
    assert asked.options[asked.answer].startswith("One and the same")


def test_what_the_text_says_of_softening(learnt) -> None:
    """A third of the real strings softened with 0.9 parse, nine tenths of those with
    0.99; with hard real strings the largest entry gives G away; annealing is not ahead
    of τ = 1 or τ = 0.1 in every seed.
    """
    ceiling = learnt.curves["ceiling"]
    assert ceiling["0.9"][0] == pytest.approx(1 / 3, abs=0.02)
    assert ceiling["0.99"][0] == pytest.approx(0.9, abs=0.02)
    assert grammar.at_end(learnt, "hard reals", "leak").min() > 0.99
    assert grammar.at_end(learnt, "hard reals", "distinct").max() <= 5
    annealed = grammar.at_end(learnt, "annealed", "variation")
    for rival in ("τ = 1", "τ = 0.1"):
        ahead = annealed < grammar.at_end(learnt, rival, "variation")
        assert 0 < ahead.sum() < len(ahead)


def test_the_page_parses_as_the_grammar_does(learnt) -> None:
    """In the sampler a string has a sign of success if the grammar derives it."""
    sampler = grammar.written_strings(learnt)
    assert len(sampler.samples) == len(grammar.SHOWN)
    for by_step in sampler.samples.values():
        for text in by_step[2400]:
            assert ("✓" in sampler.marked(text)) == bool(VALID.fullmatch(text))


# --- both families ---


def test_the_order_of_the_families_stays(both) -> None:
    """With three times as many steps the lead of REINFORCE keeps its sign, and both
    families are further from the law than before.
    """
    longer = load_result("sequence_families_long")
    arms = (quizzes.PROPAGATED, "REINFORCE")
    steps = [found.settings["arms"][arms[1]]["steps"] for found in (both, longer)]
    assert steps[1] == 3 * steps[0]
    assert families.lead(longer, arms[0]).high < 0
    for arm in arms:
        before, after = (
            np.median(grammar.at_end(found, arm, "variation"))
            for found in (both, longer)
        )
        assert after > before
    assert "0.18 [0.08, 0.29]" in " ".join(quizzes.family_words(both, longer).split())
    timed = families.lead_at_equal_time(both, arms[0])
    assert timed.low < 0 < timed.high
    because = quizzes.predict_families(both, longer).question.because
    assert "0.18 [0.07, 0.29] lower" in because


def test_the_answer_about_both_families_holds(both) -> None:
    """From the common start REINFORCE has a lower total variation than τ = 0.1 in all
    seeds, no seed writes one string, and at equal time it is ahead, too.
    """
    assert not grammar.is_one_string(both, "REINFORCE").any()
    best = grammar.at_end(both, "τ = 0.1, softened 0.99", "variation")
    assert (grammar.at_end(both, "REINFORCE", "variation") < best).all()
    lead = families.lead(both, "τ = 0.1, softened 0.99")
    assert lead.high < 0
    table = families.family_table(both)
    same_time = column(table, "same time")
    assert min(same_time, key=lambda name: same_time[name]) == "REINFORCE"
    medians = {
        arm: np.median(grammar.at_end(both, arm, "variation"))
        for arm in families.ARMS[2:]
    }
    assert min(medians, key=lambda arm: medians[arm]) == "τ = 0.1, softened 0.99"


def test_roll_outs_cost_twice_the_time(both) -> None:
    """A step with roll-outs takes about twice as long, and they are behind at equal
    time.
    """
    table = families.family_table(both)
    steps = column(table, "step")
    assert 1.8 < steps["REINFORCE, roll-outs"] / steps["REINFORCE"] < 2.4
    same_time = column(table, "same time")
    assert same_time["REINFORCE, roll-outs"] > 2 * same_time["REINFORCE"]


def test_the_curves_are_the_medians(both, drawn) -> None:
    """Both panels draw the medians of the seeds."""
    families.family_curves(both)
    for panel, name, scale in zip(
        drawn[0].axes, ("parse", "variation"), (100, 1), strict=True
    ):
        rows = scale * np.array(both.curves["REINFORCE"]["curves"][name])
        shown = line(panel, "REINFORCE")
        np.testing.assert_allclose(shown, np.median(rows, axis=0))


def test_the_answer_about_mean_gradients_holds(compared) -> None:
    """After a quarter of a training the mean of REINFORCE has the right direction in
    all seeds of both trainings; every propagated way has a seed in which it has not.
    """
    estimates = ("REINFORCE, no baseline", "REINFORCE", "REINFORCE, roll-outs")
    for training in families.TRAININGS:
        for way in compared.settings["ways"]:
            found = families.diagnosis(compared, training, way, "direction", 1)
            assert (found.min() > 0.85) == (way in estimates)
    asked = quizzes.predict_gradients(compared).question
    assert "200" in asked.question and "100,000" in asked.question
    early = [
        np.median(families.diagnosis(compared, "REINFORCE", way, "cosine", 0))
        for way in ("Gumbel-softmax, τ = 1", "REINFORCE")
    ]
    assert early[0] > early[1]


def test_the_gradients_are_those_of_the_choice(compared, drawn) -> None:
    """Each row has the cosines of its way, one for each seed."""
    families.gradient_picture(compared, "REINFORCE", 2)
    panel = drawn[0].axes[1]
    for row, way in enumerate(compared.settings["ways"]):
        dots = panel.lines[2 * row]
        found = families.diagnosis(compared, "REINFORCE", way, "direction", 2)
        np.testing.assert_array_equal(dots.get_xdata(), found)


# --- roll-outs ---


def test_the_viewer_rolls_out_each_prefix() -> None:
    """Roll-outs keep their prefixes, their rewards are D's, and the last is the string
    itself.
    """
    generator = rollouts.seeded(0)
    model = LanguageModel(len(SYMBOLS), 4, 4, generator, 0.1)
    real = model.sample(20, 12, generator)
    settings = SequenceGanSettings(pretraining=0)
    state = initial_sequence_gan(
        model, real, settings, TextDiscriminatorSettings(), generator
    )
    one = rollouts.roll_outs_of(state, "a", real[0], 3, 0)
    tokens, completions, rewards = one.arrays
    assert (completions[-1] == tokens).all()
    judged = state.discriminator.probability(real[:1])
    np.testing.assert_allclose(rewards[-1], judged.numpy().repeat(3), rtol=1e-6)
    assert len(rollouts.viewer(state, 2).sequences) == len(rollouts.EXAMPLES)


def test_q_falls_where_the_answer_says() -> None:
    """After the notebook's twenty rounds, the largest fall of Q in x+x*+x-x is at the
    fifth symbol.
    """
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    training = next(text for text in sources if "islice(sequence_gan(" in text)
    names: dict[str, Any] = {}
    exec(f"{sources[0]}\n{training}", names)
    found = rollouts.viewer(names["state"]).sequences[0]
    Q = found.arrays[2].mean(1)
    assert np.diff(Q).argmin() + 2 == 5
    assert Q[3] > 0.3
    assert Q[4] < 0.05


def test_the_rounds_are_drawn(drawn) -> None:
    """Both lines show the numbers that were given."""
    picture = rollouts.rounds_picture([(0.1, 0.9), (0.5, 0.4)])
    assert list(line(drawn[0].axes[0], "parse rate")) == [0.1, 0.5]
    assert "0.10 to 0.50" in picture.alt


@pytest.mark.parametrize("name", ["flat", "rollout", "parse", "temperature"])
def test_every_question_has_one_right_answer(name) -> None:
    """The answer that counts as right is the one whose word begins with yes."""
    quiz = getattr(figures, f"quiz_{name}")().question
    assert quiz.feedback[quiz.answer].startswith("Yes")
    assert sum(word.startswith("Yes") for word in quiz.feedback) == 1
