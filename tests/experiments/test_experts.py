"""What must hold of the experts' training and of the full-scale runs of *The reality gap*."""

import numpy as np
import pytest

from lecture_code.experiments import load_policy
from lecture_code.experiments.experts import ExpertRun, RunningNormaliser, experts
from lecture_code.simulation import make_world, rollout


def test_the_normaliser_is_the_mean_and_deviation_of_everything():
    """Oracle: fed in pieces, it knows what NumPy knows of the whole."""
    rng = np.random.default_rng(0)
    pieces = [rng.normal(3.0, [1.0, 5.0, 0.0], (n, 3)) for n in (1, 7, 300)]
    normaliser = RunningNormaliser(3)
    for piece in pieces:
        normaliser.add(piece)
    whole = np.concatenate(pieces)
    np.testing.assert_allclose(normaliser.mean, whole.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(normaliser.std, [*whole.std(axis=0, ddof=1)[:2], 1.0], rtol=1e-12)  # what never varies is left as it is


def test_a_few_generations_already_help():
    """Learning with a negative control: HalfCheetah goes forward after a short search; with a search that is told nothing but zeros it stays where it was."""
    settings = experts("half_cheetah", smoke=True)
    world = make_world("half_cheetah")
    learning, idle = (ExpertRun(settings, world, seed=0) for _ in range(2))
    evaluate = idle._evaluate
    idle._evaluate = lambda thetas, rng: 0 * evaluate(thetas, rng)
    before = learning.test(2)
    for _ in range(10):
        learning.advance()
        idle.advance()
    assert learning.test(2) > before + 10 and abs(idle.test(2) - before) < 1


@pytest.mark.parametrize("name, seed, enough", [("hopper", 3, 3000), ("half_cheetah", 1, 3500)])
def test_the_committed_experts_are_experts(name, seed, enough):
    """Conformance: fresh episodes, other than those of the training's own tests, earn what the chapter says."""
    world = make_world(name)
    batch = rollout([world] * 4, load_policy(name, seed=seed), 1000, np.random.default_rng(77))
    assert batch.returns.mean() > enough
