"""What must hold of the runs that compare both families on the grammar."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from lecture_code.data.arithmetic import LENGTH, draw_strings
from lecture_code.experiments import run_experiment
from lecture_code.experiments.gradients.sequence_generation.families import (
    FAMILIES,
)
from lecture_code.experiments.gradients.sequence_generation.family_gradients import (
    SMOKE as GRADIENTS_SMOKE,
)
from lecture_code.experiments.gradients.sequence_generation.family_gradients import (
    WAYS,
    diagnosed,
    objective_gradient,
)
from lecture_code.experiments.gradients.sequence_generation.grammar import (
    GRAMMAR,
    SMOKE,
)
from lecture_code.experiments.gradients.sequence_generation.grammar_measures import (
    MEASURES,
    accuracy_of_maximum,
    ceiling,
    grammar_data,
    measures,
    sample_texts,
    written_by,
)
from lecture_code.experiments.gradients.sequence_generation.grammar_rates import (
    TRIED,
    WARM_TRIED,
)
from lecture_code.experiments.gradients.sequence_generation.grammar_runs import (
    GrammarRun,
    at_equal_time,
    paired_difference,
    runs,
    started_gan,
)
from lecture_code.gradients.gumbel_softmax_gan import GanSettings, initial_gan
from lecture_code.gradients.symbol_networks import softened_strings

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def finished(run):
    while run.progress < 1:
        run.advance()
    return run.result()


def test_the_ceiling_is_that_of_independent_errors():
    """Equation: softened real strings parse as often as strings whose symbols are each
    replaced with probability 0.1, summed over all pairs of lengths.
    """
    right, wrong = 0.9, 0.02
    total = 0.0
    for n in range(6):
        for m in range(6):
            both = min(n, m)
            more = m - both
            fewer = n - both
            same = right ** (both + 1) * (right + 3 * wrong) ** both
            changed = (wrong * 4 * wrong) ** more * wrong ** (2 * fewer)
            blanks = right ** (LENGTH - 1 - 2 * max(n, m))
            total += same * changed * blanks / 6
    n = 20_000
    found, variation = ceiling(0.9, n, 0)
    assert abs(found - total) < 4 * (total * (1 - total) / n) ** 0.5
    assert variation > 1 - found - 1e-9
    assert ceiling(0.9999, 2000, 0)[0] > 0.99


def test_the_maximum_gives_hard_strings_away():
    """Limit: hard strings and mixtures are told apart by their maximum alone; two
    samples of one law are not; nor are two samples of hard strings.
    """
    codes = torch.from_numpy(draw_strings(2000, np.random.default_rng(0)))
    hard = one_hot(codes.T, 6).float()
    soft = [softened_strings(codes, 6, 0.9, 1.0, generator(seed)) for seed in (1, 2)]
    assert accuracy_of_maximum(hard, soft[0]) == 1
    assert accuracy_of_maximum(soft[0], hard) == 1
    assert abs(accuracy_of_maximum(*soft) - 0.5) < 0.06
    assert accuracy_of_maximum(hard, hard.flip(1)) == 0.5


def test_a_fresh_gan_knows_nothing():
    """Negative control: before learning, almost no string parses, D is at chance, and
    the measures of one state are always the same.
    """
    arm = GRAMMAR.arms["annealed"]
    state = initial_gan(6, 32, arm, generator())
    first, again = (measures(state, arm, 1000, 0) for _ in range(2))
    assert first == again and list(first) == list(MEASURES)
    assert first["parse"] < 0.05 and first["variation"] > 0.95
    assert abs(first["right"] - 0.5) < 0.05
    texts = sample_texts(state, arm, 5, 0)
    assert texts == sample_texts(state, arm, 5, 0)
    assert [len(text) for text in texts] == 5 * [LENGTH]


def test_without_gumbel_noise_the_likeliest_symbol_is_written():
    """Limit: the noise's factor 0 leaves the argmax of the logits; 1 does not."""
    state = initial_gan(6, 32, GRAMMAR.arms["annealed"], generator())
    for kind, factor in (("gumbel", 0.0), ("reinforce", 0.0), ("gumbel", 1.0)):
        written = written_by(state.writer, 200, 1.0, kind, generator(1), factor)
        same = (written.codes == written.logits.argmax(2).T).double().mean()
        assert (same == 1) == (factor == 0)


def test_every_gradient_leads_uphill():
    """Conformance: a small step of G along a mean gradient of any way raises the mean d
    of one-hot strings.
    """
    for way in WAYS.values():
        state = initial_gan(6, 8, GanSettings(), generator(1))
        with torch.no_grad():
            for weights in state.reader.parameters():
                weights.mul_(3)
        uphill = objective_gradient(state, way, 4000, generator(2))
        before = mean_answer(state)
        at = 0
        for weights in state.writer.parameters():
            part = uphill[at : at + weights.numel()].view(weights.shape)
            weights.data += 0.3 * part.float() / uphill.norm()
            at += weights.numel()
        assert mean_answer(state) > before


def mean_answer(state):
    """Mean d of 4000 one-hot strings, always with the same noise."""
    written = written_by(state.writer, 4000, 1.0, "reinforce", generator(3))
    with torch.no_grad():
        return state.reader(written.symbols).mean().item()


def test_a_run_goes_on_after_pickling():
    """Determinism: a run that is pickled between all steps has the same result."""
    settings = replace(SMOKE, seeds=(3,))
    name = next(iter(runs(settings)))
    straight = finished(runs(settings)[name])
    run = runs(settings)[name]
    while run.progress < 1:
        run.advance()
        run = pickle.loads(pickle.dumps(run))
    result = run.result()
    for part in ("curves", "end", "texts"):
        assert result[part] == straight[part]
    assert list(result["texts"]) == [0, 4, 8]


@pytest.mark.parametrize(
    "name", ["sequence_grammar", "sequence_families", "sequence_gradients"]
)
def test_the_whole_path(name, tmp_path):
    """Conformance: the smoke settings give a result with everything by arm and seed."""
    result, _ = run_experiment(name, smoke=True, out=tmp_path, workers=1, bar=False)
    if name == "sequence_families":
        assert list(result.curves)[:2] == ["REINFORCE", "straight-through"]
        assert np.shape(result.curves["REINFORCE"]["curves"]["parse"]) == (2, 5)
        assert result.settings["warm"] == 2
    elif name == "sequence_grammar":
        arm = result.curves["annealed"]
        assert np.shape(arm["curves"]["parse"]) == (2, 5)
        assert len(arm["end"]["leak"]) == 2 and len(arm["texts"]["4"]) == 2
        assert len(arm["longer"]["curves"]["parse"]) == 5
        assert list(result.curves["ceiling"]) == ["0.9"]
    else:
        assert list(result.curves) == list(GRADIENTS_SMOKE.trainings)
        for ways in result.curves.values():
            assert list(ways) == list(WAYS)
            assert np.shape(ways["REINFORCE"]["cosine"]) == (2, 2)


def test_a_diagnosis_finds_what_was_put_in():
    """Equation: gradients with a known bias and spread around a known g* are diagnosed
    with these; without either, bias and spread are near zero.
    """
    exact = torch.randn(50, generator=generator(1), dtype=torch.float64)
    across = torch.randn(50, generator=generator(2), dtype=torch.float64)
    across -= exact * (across @ exact) / exact.square().sum()
    across *= exact.norm() / across.norm()

    def around(center, spread, n, seed):
        noise = torch.randn(n, 50, generator=generator(seed), dtype=torch.float64)
        return center + spread * exact.norm() / 50**0.5 * noise

    yardstick = around(exact, 0.5, 200, 3)
    biased = diagnosed(around(exact + 0.4 * across, 3.0, 4000, 4), yardstick)
    assert biased["bias"] == pytest.approx(0.4, abs=0.05)
    assert biased["spread"] == pytest.approx(3.0, rel=0.05)
    assert biased["direction"] == pytest.approx(1 / np.sqrt(1 + 0.4**2), abs=0.02)
    assert biased["cosine"] == pytest.approx(1 / np.sqrt(1 + 0.4**2 + 3**2), abs=0.02)
    right = diagnosed(around(exact, 1e-3, 4000, 5), yardstick)
    assert right["bias"] < 0.05 and right["spread"] < 0.01 and right["cosine"] > 0.99
    assert right["checked"] > 0.97
    noisy = diagnosed(around(exact, 3.0, 400, 6), yardstick)
    assert noisy["bias"] < 0.1 < 3.0 / 400**0.5  # what the noise adds is taken off


def test_the_estimates_agree_in_the_mean_and_the_propagated_gradients_do_not():
    """Oracle with a negative control: at one state, REINFORCE with and without baseline
    and with roll-outs have one mean within 4.5 standard errors along a direction; the
    baseline makes the spread smaller; a hot Gumbel-softmax has another mean.
    """
    state = initial_gan(6, 8, GanSettings(), generator(1))
    with torch.no_grad():
        for weights in [*state.reader.parameters(), *state.writer.parameters()]:
            weights.mul_(3)
        state.reader.head.bias.add_(2.0)
    gen = generator(2)
    names = ("REINFORCE", "REINFORCE, no baseline", "REINFORCE, roll-outs")
    found = {
        name: torch.stack(
            [objective_gradient(state, WAYS[name], 64, gen) for _ in range(120)]
        )
        for name in (*names, "Gumbel-softmax, τ = 5")
    }
    direction = found["REINFORCE"][:60].mean(dim=0)
    along = {name: (rows[60:] @ direction) for name, rows in found.items()}
    mean = {name: values.mean().item() for name, values in along.items()}
    error = {name: values.std().item() / 60**0.5 for name, values in along.items()}

    def apart(a, b):
        return abs(mean[a] - mean[b]) / np.hypot(error[a], error[b])

    assert apart(names[0], names[1]) < 4.5 and apart(names[0], names[2]) < 4.5
    assert apart(names[0], "Gumbel-softmax, τ = 5") > 4.5
    assert error[names[0]] < error[names[1]]


def test_equal_time_reads_a_curve_earlier():
    """Equation: an arm whose steps take twice as long is read at half of its steps."""
    rows = [[0.0, 1.0, 2.0, 3.0, 4.0]]
    curves = {
        "fast": {"seconds_per_step": [1.0], "curves": {"parse": rows}},
        "slow": {"seconds_per_step": [2.0], "curves": {"parse": rows}},
    }
    found = at_equal_time(curves, ("fast", "slow"), 100, "parse")
    assert found["fast"] == [4.0] and found["slow"] == [2.0]


@pytest.mark.parametrize(
    ("settings", "tables"), [(GRAMMAR, TRIED), (FAMILIES, WARM_TRIED)]
)
def test_the_rates_are_those_of_the_tuning(settings, tables):
    """Conformance: each arm learns with the best pair that was tried; a lower and a
    higher rate of G were tried beside that pair, and of D where there is one.
    """
    assert list(settings.arms) == list(tables)
    for name, arm in settings.arms.items():
        tried = tables[name]
        pair = arm.writer_rate, arm.reader_rate
        assert tried[pair] == min(tried.values())
        of_writer = [w for w, r in tried if r == arm.reader_rate]
        of_reader = [r for w, r in tried if w == arm.writer_rate]
        assert min(of_writer) < arm.writer_rate < max(of_writer)
        if arm.estimator != "likelihood":
            assert min(of_reader) < arm.reader_rate < max(of_reader)


def test_a_warm_start_has_learnt_and_a_cold_start_has_not():
    """Learning with a negative control: 50 steps of maximum likelihood write some valid
    strings, none write hardly any. D is the same after both, and both are repeated.
    """
    arm = FAMILIES.arms["REINFORCE"]
    data = grammar_data(1000, 5)
    gen = [generator(1) for _ in range(3)]
    cold = started_gan(arm, 32, data, gen[0])
    warm, again = (started_gan(arm, 32, data, g, FAMILIES.warm) for g in gen[1:])
    assert measures(cold, arm, 500, 0)["parse"] < 0.02
    assert measures(warm, arm, 500, 0)["parse"] > 0.05
    assert warm.steps == 0
    of_reader = zip(cold.reader.parameters(), warm.reader.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in of_reader)
    both = zip(warm.writer.parameters(), again.writer.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in both)
    assert not warm.writer_optimiser.state  # Adam begins anew


def test_a_difference_is_paired_by_seed():
    """Equation: a constant difference has no spread, whatever the seeds do."""
    curves = {
        "a": {"end": {"parse": [0.1, 0.5, 0.9]}},
        "b": {"end": {"parse": [0.0, 0.4, 0.8]}},
    }
    found = paired_difference(curves, "a", "b", "parse")
    assert found.low == pytest.approx(0.1) and found.high == pytest.approx(0.1)


def test_all_arms_have_the_same_budget():
    """Conformance: steps, batch and networks are the same for each arm."""
    arms = [*GRAMMAR.arms.values(), *FAMILIES.arms.values()]
    budgets = {(arm.steps, arm.batch) for arm in arms}
    assert len(budgets) == 1 and len(GRAMMAR.seeds) >= 5
    assert GrammarRun(GRAMMAR, GRAMMAR.arms["annealed"], 0, 0).progress == 0
