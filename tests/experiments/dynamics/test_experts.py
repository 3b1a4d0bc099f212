"""What must hold of the experts' training and of the full-scale runs of *The reality
gap*.
"""

import numpy as np
import pytest

from lecture_code.experiments import load_policy
from lecture_code.experiments.dynamics.experts import ExpertRun, experts
from lecture_code.simulation import make_world, rollout


def test_a_few_generations_already_help():
    """Learning with a negative control: HalfCheetah goes forward after a short search;
    with a search that is told nothing but zeros it stays where it was.
    """
    settings = experts("half_cheetah", smoke=True)
    world = make_world("half_cheetah")
    learning, idle = (ExpertRun(settings, world, seed=0) for _ in range(2))
    evaluate = idle.search.tell
    idle.search.tell = lambda thetas, returns: evaluate(thetas, 0 * returns)
    before = learning.test(2)
    for _ in range(10):
        learning.advance()
        idle.advance()
    assert learning.test(2) > before + 10 and abs(idle.test(2) - before) < 1


@pytest.mark.parametrize(
    "name, seed, enough", [("hopper", 3, 3000), ("half_cheetah", 1, 3500)]
)
def test_the_committed_experts_are_experts(name, seed, enough):
    """Conformance: fresh episodes, other than those of the training's own tests, earn
    what the chapter says.
    """
    world = make_world(name)
    batch = rollout(
        [world] * 4, load_policy(name, seed=seed), 1000, np.random.default_rng(77)
    )
    assert batch.returns.mean() > enough
