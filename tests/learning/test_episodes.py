"""What must hold of episodes that run side by side."""

from itertools import product

import numpy as np
import pytest
import torch
from small_episodes import CountingTable, RepeatTheSign, Scripted, Tree, TreeTable
from torch import nn

from lecture_code.learning.episodes import (
    RunningEpisodes,
    draw_actions,
    frozen,
    judge,
    learnt_parameters,
    run_segment,
    with_parameters,
)

RNG = np.random.default_rng
REWARDS = RNG(0).standard_normal(16)


def acted(actions, *, steps, fails, network=None):
    """A segment in which these actions (N, T) are taken."""
    environment = Tree(REWARDS, fails=fails)
    network = network or TreeTable(RNG(1))
    n = len(actions)
    episodes = RunningEpisodes.initial(network, environment, n, RNG(0))
    rng = Scripted(actions)
    theta = learnt_parameters(network)
    return run_segment(episodes, network, theta, environment, steps, rng), network


def test_actions_are_drawn_with_their_probabilities():
    """Statistics: frequencies of 40 000 draws are within four standard errors of the
    softmax, part by part.
    """
    logits = torch.tensor([[[0.0, 1.0, -1.0], [2.0, 0.0, 0.0]]]).repeat(40_000, 1, 1)
    actions = draw_actions(logits, RNG(0))
    assert actions.shape == (40_000, 2)
    p = logits[0].softmax(-1).numpy()
    frequency = (actions[..., None] == np.arange(3)).mean(axis=0)
    assert (np.abs(frequency - p) < 4 * np.sqrt(p * (1 - p) / 40_000)).all()


def test_parts_of_an_action_are_independent():
    """Equation: log π and H of two parts are those of the joint distribution."""
    logits = torch.tensor(RNG(0).standard_normal((1, 2, 3)))
    first, second = logits[0].log_softmax(-1)
    joint = first[:, None] + second[None, :]
    pairs = np.array(list(product(range(3), repeat=2)))
    log_probs, entropies = judge(logits.expand(9, 2, 3), pairs)
    torch.testing.assert_close(log_probs, joint.flatten())
    H = -(joint.exp() * joint).sum()
    torch.testing.assert_close(entropies, H.expand(9))


def test_a_segment_holds_what_happened():
    """By hand: nodes, rewards, values and ends of two walks over four steps."""
    (after, segment), network = acted([[1, 0, 1, 0], [0, 0, 0, 1]], steps=4, fails=True)
    assert segment.ended.tolist() == [[False, False, True, False]] * 2
    nodes = np.array([[3, 6, 13, 2], [2, 4, 8, 3]])  # after each step
    np.testing.assert_allclose(segment.rewards, REWARDS[nodes])
    V = network.table[:, 2].detach().numpy()
    before = np.array([[1, 3, 6, 1], [1, 2, 4, 1]])
    np.testing.assert_allclose(segment.values.detach().numpy(), V[before])
    expected = V[nodes]
    expected[:, 2] = 0.0  # a failure is worth nothing
    np.testing.assert_allclose(segment.following, expected)
    assert after.frames == 8
    np.testing.assert_allclose(after.finished, REWARDS[nodes[:, :3]].sum(axis=1))
    np.testing.assert_allclose(after.returns, REWARDS[nodes[:, 3]])


def test_where_time_runs_out_the_last_state_is_judged():
    """Equation: V of the last state, before a new episode begins, follows the step."""
    (_, segment), network = acted([[1, 0, 1, 0]], steps=4, fails=False)
    assert segment.following[0, 2] == pytest.approx(network.table[13, 2].item())


@pytest.mark.parametrize("fails", [True, False])
def test_a_new_episode_has_an_empty_memory(fails):
    """The memory counts steps: it starts at zero again with each episode, and the last
    state is judged with the memory that led to it.
    """
    network = CountingTable()
    (after, segment), _ = acted(
        np.zeros((2, 8), int), steps=8, fails=fails, network=network
    )
    counts = [0, 1, 2, 0, 1, 2, 0, 1]
    assert segment.values.tolist() == [counts] * 2
    end = 0 if fails else 3
    assert segment.following.tolist() == [[1, 2, end, 1, 2, end, 1, 2]] * 2
    assert after.memory.tolist() == [[2.0]] * 2


def test_gradients_pass_through_the_memory_of_a_segment():
    """Equation: a value of t times the gain has the slope t, counted from the start of
    the episode or of the segment, whichever came later.
    """
    network = CountingTable()
    environment = Tree(REWARDS)
    theta = {n: v.requires_grad_() for n, v in learnt_parameters(network).items()}
    episodes = RunningEpisodes.initial(network, environment, 1, RNG(0))
    for counts, since in (([0, 1], [0, 1]), ([2, 0, 1, 2], [0, 0, 1, 2])):
        steps = len(counts)
        rng = Scripted(np.zeros((1, steps), int))
        episodes, segment = run_segment(
            episodes, network, theta, environment, steps, rng
        )
        assert segment.values.tolist() == [counts]
        slopes = []
        for value in segment.values[0]:
            (slope,) = torch.autograd.grad(
                value + 0 * theta["gain"][0],
                theta["gain"],
                retain_graph=True,
            )
            slopes.append(slope.item())
        assert slopes == since


def test_staggered_episodes_do_not_end_together():
    """Negative control of the stagger: episodes that run side by side end at different
    steps.
    """
    state = RepeatTheSign().start(40, RNG(0), staggered=True)
    assert len(np.unique(state.clock)) > 5


def test_a_frozen_network_keeps_its_parameters():
    """A frozen copy has nothing to learn but what was left free; the original still
    learns; new values go into a copy.
    """
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    head = frozen(network, but=("1.weight", "1.bias"))
    assert list(learnt_parameters(head)) == ["1.weight", "1.bias"]
    assert len(learnt_parameters(network)) == 4
    theta = {"1.bias": torch.tensor([7.0])}
    assert with_parameters(network, theta)[1].bias.item() == 7.0
    assert network[1].bias.item() != 7.0
    with pytest.raises(ValueError, match="no parameter of this Sequential learns"):
        learnt_parameters(frozen(network))
    with pytest.raises(ValueError, match=r"no parameter 'head'; there are: 0\.weight"):
        frozen(network, but=("head",))
