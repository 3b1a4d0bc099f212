"""What must hold of the experts for the robot with late motors."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments import load_policy
from lecture_code.experiments.dynamics.experts import ExpertRun, experts
from lecture_code.experiments.dynamics.identification import (
    IdentificationSettings,
    TransferRun,
)
from lecture_code.experiments.dynamics.late_motors import (
    EXPERIMENTS,
    LATE,
    LateRun,
    TriedExpert,
    both_places,
    identified_from,
)
from lecture_code.simulation import make_world, rollout

EXPERIMENT, NEW = EXPERIMENTS


def finished(run):
    """The result of a run that is advanced to its end."""
    while run.progress < 1:
        run.advance()
    return run.result()


def short(steps, **settings):
    """Settings in which a training takes so many control steps of short episodes."""
    smoke = EXPERIMENT.smoke
    expert = replace(smoke.base.expert, steps=steps)
    return replace(smoke, base=replace(smoke.base, expert=expert), **settings)


def test_all_but_the_trials_is_as_before():
    """Protocol: seeds, robot, knobs, recording, training and episodes are those of
    `identification`, and the recorded experts are the committed experts.
    """
    before = IdentificationSettings()
    now = EXPERIMENT.settings
    assert now.base == replace(before, real={LATE: before.real[LATE]})
    assert now.seeds == before.seeds and now.committed and now.length == 1
    new = replace(NEW.settings, seeds=now.seeds, committed=True)
    assert new == now
    assert len(NEW.settings.seeds) == 5
    assert not NEW.settings.committed and not {*NEW.settings.seeds} & {*now.seeds}


def test_an_expert_of_the_identified_world_is_that_of_the_transfer():
    """Oracle: on the robot it earns what `identification` gives for the same seed, bit
    for bit.
    """
    settings = short(1500)
    mine = finished(LateRun(settings, 2))
    theirs = finished(TransferRun(settings.base, LATE, "identified", 2))
    assert mine["identified"]["robot"][-1] == theirs["return"]
    assert mine["values"] == theirs["values"]


def test_a_new_seed_trains_the_expert_that_it_records():
    """Oracle: without a committed expert, the first training is that of `experts`, and
    its policy is recorded.
    """
    settings = short(1500, committed=False)
    run = LateRun(settings, 7)
    while run.second is None:
        run.advance()
    expert = ExpertRun(
        experts("half_cheetah", smoke=True), make_world("half_cheetah"), 7
    )
    while expert.progress < 1:
        expert.advance()
    expected = identified_from(settings, expert.policy, 7)
    assert run.identification.values == expected.values


def test_the_own_world_is_the_world_of_the_training():
    """Equation: a committed expert earns in its own world what a plain rollout in the
    simulator gives, and on the robot what a rollout with late motors gives.
    """
    settings = short(1500)
    simulator = make_world("half_cheetah")
    policy = load_policy("half_cheetah", seed=1)
    tried = both_places(settings, simulator, policy)
    worlds = {"own": simulator, "robot": simulator.change(action_delay=1)}
    for place, world in worlds.items():
        batch = rollout([world] * 2, policy, 50, np.random.default_rng(30_000))
        assert tried[place] == batch.returns.mean()


def test_an_expert_is_tried_after_each_quarter():
    """A training of four generations is tried after each of them, and the last trial is
    that of the final policy; the trials do not change the training.
    """
    settings = short(4 * 32 * 50)
    world = make_world("half_cheetah", damping=2)
    run = TriedExpert(settings, world, 3)
    result = finished(run)
    assert result["steps"] == [1600, 3200, 4800, 6400]
    final = both_places(settings, world, run.training.policy)
    assert {place: result[place][-1] for place in final} == final
    alone = ExpertRun(settings.base.expert, world, 3)
    while alone.progress < 1:
        alone.advance()
    assert np.array_equal(alone.policy.theta, run.training.policy.theta)


def test_a_run_can_stop_between_two_trainings():
    """Progress grows with every generation, and is one only after both trainings."""
    run = LateRun(short(2 * 32 * 50, committed=False), 6)
    seen = [run.progress]
    while run.progress < 1:
        run.advance()
        seen.append(run.progress)
    assert seen == pytest.approx([0, 0.25, 0.5, 0.75, 1])
