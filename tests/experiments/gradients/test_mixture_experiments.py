"""What must hold of the mixture's full-scale runs: their text, their tasks and what
they measure.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.data.corpus import (
    CHARACTERS,
    FINGERPRINT,
    SHARE,
    _separate,
    encode_text,
    load_corpus,
)
from lecture_code.experiments.gradients.mixture_of_experts.tasks import (
    CONTEXT,
    layer_of,
    task_of,
)
from lecture_code.experiments.gradients.mixture_of_experts.training import (
    BALANCE,
    CAPACITY,
    PASSAGE,
    PATCHWORK,
    MixtureRun,
    comparisons,
    information,
)


def decode(codes):
    """The text whose characters have these numbers."""
    others = {95: "\n", 96: "\t"}
    return "".join(others.get(int(code)) or chr(code + 32) for code in codes)


pytestmark = pytest.mark.usefixtures("one_torch_thread")


# --- the text ---


def test_a_file_is_separated_into_prose_and_code():
    """Equation: docstrings of module, class and function go to the prose, without
    indentation; all else stays code; empty lines go.
    """
    about = '"""About.\n\n  More."""\n\nx = 1\n\n'
    thing = 'class A:\n    """A thing."""\n\n'
    method = '    def f(self):\n        r"""Does \\d."""\n        return "text"\n'
    source = about + thing + method
    prose, code = _separate(source)
    assert sorted(prose.splitlines()) == ["A thing.", "About.", "Does \\d.", "More."]
    assert code == 'x = 1\nclass A:\n    def f(self):\n        return "text"'


def test_characters_become_numbers_and_back():
    """Invariance: printable characters, ends of lines and tabs survive; what is beyond
    ASCII becomes a question mark; numbers are below `CHARACTERS`.
    """
    text = "".join(map(chr, range(32, 127))) + "\n\t"
    codes = encode_text(text)
    assert decode(codes) == text and codes.max() == CHARACTERS - 1
    assert decode(encode_text("σ = 1\r\n")) == "? = 1\n"


def test_the_corpus_is_that_of_the_results():
    """Determinism: three domains of equal size, of the fingerprint that the settings
    name; another fingerprint is refused with a way out.
    """
    text = load_corpus()
    assert [len(domain) for domain in text.domains] == [SHARE] * 3
    assert text.fingerprint == FINGERPRINT == CAPACITY.text == BALANCE.text
    prose, code, sums = (decode(domain[:3000]) for domain in text.domains)
    assert " the " in prose and "import " in code
    for line in sums.splitlines()[:20]:
        a, _, b, _, total = line.split()
        assert int(a) + int(b) == int(total)
    with pytest.raises(
        ValueError, match=r"install the SciPy that requirements\.txt pins"
    ):
        load_corpus("another")


def test_test_text_is_never_trained_on():
    """Invariance: no stretch of the test is among those that batches are drawn from,
    with little data and with all of it.
    """
    task = task_of(CAPACITY, 10_000, 0)
    few = set(task.train.tolist())
    assert len(few) == 30_000 and len(task_of(CAPACITY, 0, 0).train) > 50 * len(few)
    place = torch.arange(len(task.windows)) % (SHARE - CONTEXT)
    assert not ((place[task_of(CAPACITY, 0, 0).train] // 2000) % 10 == 9).any()
    contexts, following, domain = task.test()
    assert len(contexts) == len(following) == len(domain)
    assert torch.bincount(domain).min() > len(domain) / 4


# --- the trainings ---


def short(settings, **changes):
    return replace(settings, steps=203, batch=128, **changes)


def test_a_training_helps():
    """Learning with a negative control: two hundred steps bring the patchwork's error
    down to less than half, a rate of next to nothing does not.
    """

    def result(rate):
        settings = short(PATCHWORK, rate=rate)
        run = MixtureRun(settings, 16, 2_000, (0.1, 0.1), seed=0)
        while run.progress < 1:
            run.advance()
        return run.result()

    learning, idle = result(1e-2), result(1e-12)
    assert learning["test"] < 0.25 and idle["test"] > 0.9
    assert learning["test"] < 0.5 * learning["test_before"]
    assert learning["information"] > 0.2


def test_it_goes_on_after_a_checkpoint():
    """Determinism: a run that is pickled after its second step goes on to the same
    bits.
    """
    settings = short(PATCHWORK)
    options = (4, 2_000, (0.1, 0.1))
    straight, stopped = (MixtureRun(settings, *options, seed=1) for _ in range(2))
    for _ in range(2):
        straight.advance(), stopped.advance()
    stopped = pickle.loads(pickle.dumps(stopped))
    for _ in range(2):
        assert straight.advance() == stopped.advance()
    assert straight.result() == stopped.result()


def test_a_run_that_waits_weighs_nothing():
    """Conformance: before its first step a run holds no model, so that eighty of them
    are made in an instant.
    """
    assert len(pickle.dumps(MixtureRun(CAPACITY, 256, 0, (0.1, 0.1), seed=0))) < 2000


def test_the_rate_rises_and_falls():
    """Equation: linear over 50 steps, then constant, then linear to zero over the last
    30 %.
    """
    settings = replace(PATCHWORK, steps=1000, rate=1.0)
    run = MixtureRun(settings, 4, 2_000, (0.1, 0.1), seed=0)
    rates = {}
    for run.step in (0, 24, 49, 500, 850, 999):
        rates[run.step] = run.rate()
    expected = {0: 0.02, 24: 0.5, 49: 1.0, 500: 1.0, 850: 0.5, 999: 1 / 300}
    assert rates == pytest.approx(expected)


def test_the_baseline_has_the_same_arithmetic():
    """Invariance: whatever n is, an example is answered by matrices of the same total
    size; one expert is k times as wide.
    """
    used = []
    for n in CAPACITY.experts:
        layer = layer_of(CAPACITY, n, 64, torch.Generator().manual_seed(0))
        used.append(layer.gate.k * layer.experts.W_in[0].numel())
    assert len(set(used)) == 1 and CAPACITY.experts[0] == 1


def test_information_by_hand():
    """Equation: one if the expert tells the domain, zero if it does not, and half for
    half; names of experts do not matter.
    """
    domain = np.array([0, 1, 2, 3] * 100)
    assert information(np.array([7, 2, 5, 0] * 100), domain) == pytest.approx(1)
    assert information(np.zeros(400, dtype=int), domain) == pytest.approx(0, abs=1e-12)
    assert information(domain // 2, domain) == pytest.approx(0.5)
    assert information(np.random.default_rng(0).integers(0, 4, 400), domain) < 0.1


def test_information_is_that_of_the_first_expert():
    """Equation: an examination tells the information of each example's best expert
    about its domain; the second-best expert's is another number.
    """
    run = MixtureRun(short(PATCHWORK), 16, 2_000, (0.1, 0.1), seed=0)
    run.advance()
    inputs, _, domains = run.task.test()
    with torch.no_grad():
        chosen = run.model.eval()(inputs)[1].chosen.numpy()
    first, second = (information(chosen[:, i], domains.numpy()) for i in (0, 1))
    assert run.result()["information"] == pytest.approx(first, rel=1e-12)
    assert abs(first - second) > 1e-3


def test_every_character_of_the_passage_has_its_expert():
    """Conformance: the language model reads the page that the chapter colours, one
    expert a character.
    """
    run = MixtureRun(replace(CAPACITY, steps=1, batch=8), 4, 10_000, (0.1, 0.1), seed=0)
    run.advance()
    assert len(run.read()) == len(PASSAGE) and set(run.read()) <= set(range(4))


def test_a_grid_names_each_point_once():
    """Conformance: all pairs of weights, or one weight for both; names differ."""
    assert len(comparisons(BALANCE)) == len(BALANCE.weights) == 9
    assert len(comparisons(CAPACITY)) == len(CAPACITY.experts) * len(CAPACITY.data)
    assert "16 experts, all data, w 0.1 and 0.1" in comparisons(CAPACITY)
