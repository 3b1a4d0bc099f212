"""What must hold of the runs that remove the suspected causes of SeqGAN's failure."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments import run_experiment
from lecture_code.experiments.gradients.sequence_generation.oracle import (
    ARMS,
    ORACLE,
    SMOKE,
    against_temperature,
    standard_errors_below_start,
)
from lecture_code.experiments.gradients.sequence_generation.oracle_cause_runs import (
    CAUSE_RECORDED,
    OracleArm,
    OracleCauseRun,
    exact_judge,
    log_ratio,
    rank_correlation,
)
from lecture_code.experiments.gradients.sequence_generation.oracle_causes import (
    CAUSE_ARMS,
    CAUSES,
    CAUSES_SMOKE,
    SMALL_ARMS,
    SMALL_SMOKE,
)
from lecture_code.experiments.gradients.sequence_generation.oracle_runs import OracleRun
from lecture_code.gradients.sequence_values import all_sequences
from lecture_code.learning.recurrent import LanguageModel

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def model(seed, vocabulary=3):
    generator = torch.Generator().manual_seed(seed)
    return LanguageModel(vocabulary, 4, 4, generator, 1.0)


def finished(run):
    while run.progress < 1:
        run.advance()
    return run.result()


# --- the exact judge ---


def test_the_exact_judge_is_the_best_discriminator():
    """Equation: p / (p + q) over all sequences; no answer that is moved a little has a
    lower expected loss of D.
    """
    oracle, G = model(1), model(2)
    Y = all_sequences(3, 4)
    with torch.no_grad():
        p = oracle.log_probs(Y).sum(1).exp()
        q = G.log_probs(Y).sum(1).exp()
    D = exact_judge(oracle, G)(Y)
    assert torch.allclose(D, p / (p + q), atol=1e-6)

    def loss(D):
        return -(p * D.log() + q * (1 - D).log()).sum()

    for sign in (-1, 1):
        assert loss((D + sign * 0.01).clamp(1e-6, 1 - 1e-6)) > loss(D)


def test_a_soft_judge_keeps_the_order():
    """Invariance: a larger s orders the sequences alike, and lies nearer to 1/2."""
    oracle, G = model(1), model(2)
    Y = all_sequences(3, 4)
    sharp, soft = (exact_judge(oracle, G, s)(Y) for s in (1.0, 4.0))
    assert torch.equal(sharp.argsort(), soft.argsort())
    assert ((soft - 0.5).abs() < (sharp - 0.5).abs()).all()


def test_a_judge_cannot_tell_the_oracle_from_itself():
    """Limit: if G is the oracle, the log-ratio is 0 and the answer 1/2."""
    oracle = model(1)
    Y = all_sequences(3, 3)
    assert (log_ratio(oracle, oracle, Y) == 0).all()
    assert (exact_judge(oracle, oracle)(Y) == 0.5).all()


def test_rank_correlation_by_hand():
    """Equation: 1 for the same order, −1 for the reverse, 1/2 for one exchange of
    neighbours among three.
    """
    x = torch.tensor([0.1, 5.0, 30.0])
    assert rank_correlation(x, x.exp()) == pytest.approx(1)
    assert rank_correlation(x, -x) == pytest.approx(-1)
    assert rank_correlation(x, torch.tensor([1.0, 0.0, 2.0])) == pytest.approx(0.5)


def test_softness_is_checked():
    """Conformance: a negative softness is named."""
    with pytest.raises(ValueError, match="softness must not be negative; got -1"):
        OracleArm(CAUSES.base.arms["roll-outs"], softness=-1)


# --- runs ---


def test_the_exact_judge_teaches_and_a_constant_does_not():
    """Learning with a negative control: with the exact judge G comes nearer to the
    oracle than with a reward that knows nothing.
    """
    base = replace(SMOKE, rounds=40, drawn=500, drawn_at_end=2000)
    gan = replace(SMOKE.arms["roll-outs"], batch=64, rate=3e-2)
    arms = {
        "judge": OracleArm(gan, softness=2.0),
        "constant": OracleArm(replace(gan, reward="constant"), softness=2.0),
    }
    found = finished(OracleCauseRun(replace(CAUSES_SMOKE, base=base, arms=arms), 3))
    start = found["start"]["temperatures"]["oracle"][1]
    assert found["arms"]["judge"]["end"]["oracle"] < start - 0.1
    assert (
        found["arms"]["judge"]["end"]["oracle"]
        < found["arms"]["constant"]["end"]["oracle"] - 0.1
    )


def test_the_plain_arm_repeats_the_earlier_experiment():
    """Limit: with a D that learns from the data, the run is `OracleRun`, bitwise."""
    arms = {"roll-outs": OracleArm(SMOKE.arms["roll-outs"])}
    new = finished(OracleCauseRun(replace(CAUSES_SMOKE, arms=arms), 3))
    only = {"roll-outs": SMOKE.arms["roll-outs"]}
    old = finished(OracleRun(replace(SMOKE, arms=only), 3))
    assert new["start"] == old["start"]
    assert new["arms"]["roll-outs"]["end"] == old["arms"]["roll-outs"]["end"]


def test_a_cause_run_goes_on_after_pickling():
    """Determinism: a run that is pickled between all steps has the same result."""
    straight = finished(OracleCauseRun(CAUSES_SMOKE, 3))
    run = OracleCauseRun(CAUSES_SMOKE, 3)
    while run.progress < 1:
        run.advance()
        run = pickle.loads(pickle.dumps(run))
    assert run.result() == straight


def test_fresh_sequences_are_new_every_time():
    """Conformance: the arm never sees the same real sequences twice; the others always
    have the data.
    """
    run = OracleCauseRun(CAUSES_SMOKE, 3)
    fresh = CAUSES_SMOKE.arms["fresh sequences"]
    assert not torch.equal(run.real(fresh), run.real(fresh))
    assert len(run.real(fresh)) == fresh.gan.sequences * fresh.gan.discriminator_steps
    assert run.real(SMALL_SMOKE.arms["roll-outs"]) is run.base.task.data


def test_the_arms_differ_from_the_earlier_ones_by_their_cause_only():
    """Conformance: same base and settings; in the small task another rate."""
    assert CAUSES.base == ORACLE and len(CAUSES.seeds) >= 5
    assert {arm.gan for arm in CAUSE_ARMS.values()} == {ARMS["roll-outs"]}
    for name in ("roll-outs", "constant", "noise"):
        assert SMALL_ARMS[name] == OracleArm(replace(ARMS[name], rate=3e-3))


@pytest.mark.parametrize(
    ("name", "arms"),
    [("sequence_oracle_causes", CAUSE_ARMS), ("sequence_oracle_small", SMALL_ARMS)],
)
def test_the_whole_path_of_the_causes(name, arms, tmp_path):
    """Conformance: the smoke settings give a result that the comparisons take."""
    result, _ = run_experiment(name, smoke=True, out=tmp_path, workers=1, bar=False)
    assert list(result.curves["arms"]) == list(arms)
    for arm in arms:
        curves = result.curves["arms"][arm]["curves"]
        assert set(curves) == set(CAUSE_RECORDED)
        assert np.shape(curves["agreement"]) == (2, 3)
        assert isinstance(standard_errors_below_start(result.curves, arm), float)
        assert np.isfinite(against_temperature(result.curves, arm).value)
