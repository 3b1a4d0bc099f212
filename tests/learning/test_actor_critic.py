"""What must hold of the advantage actor-critic."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from small_episodes import (
    RecurrentNetwork,
    RememberTheSign,
    RepeatTheSign,
    Scripted,
    SignNetwork,
    Tree,
    TreeTable,
)

from lecture_code.learning.actor_critic import (
    ActorCriticSettings,
    ActorCriticState,
    actor_critic_loss,
    actor_critic_step,
    rmsprop,
)
from lecture_code.learning.episodes import (
    RunningEpisodes,
    Segment,
    learnt_parameters,
    run_segment,
)
from lecture_code.learning.whole_episodes import episode_returns

RNG = np.random.default_rng
REWARDS = RNG(0).standard_normal(16)
WALKS = np.array(list(product(range(2), repeat=3)))
PLAIN = ActorCriticSettings(steps=3, discount=1.0, lam=1.0, entropy=0.0, value=0.0)


def walked(network, theta):
    """A segment of all eight walks down the tree, with its graph."""
    environment = Tree(REWARDS)
    episodes = RunningEpisodes.initial(network, environment, 8, RNG(0))
    return run_segment(episodes, network, theta, environment, 3, Scripted(WALKS))[1]


@pytest.mark.parametrize("lam", [1.0, 0.4])
def test_the_gradient_is_that_of_the_expected_return(lam):
    """Equation: over all walks with their probabilities, the gradient of (1) is that of
    the expected return if λ = 1, whatever V is; with a wrong V and λ < 1 it is not.
    """
    network = TreeTable(RNG(1))
    theta = {
        name: value.requires_grad_()
        for name, value in learnt_parameters(network).items()
    }
    segment = walked(network, theta)
    p = segment.log_probs.sum(1).exp().detach()
    assert p.sum().item() == pytest.approx(1.0, abs=1e-6)
    settings = replace(PLAIN, lam=lam)
    expected = 0.0
    for i in range(8):
        row = Segment(*[part[i : i + 1] for part in segment])
        expected = expected + p[i] * 3 * actor_critic_loss(row, settings)[0]
    (gradient,) = torch.autograd.grad(expected, [theta["table"]])

    logits = theta["table"][:, :2].log_softmax(-1)
    J = 0.0
    for walk in WALKS:
        node, log_p, total = 1, 0.0, 0.0
        for action in walk:
            log_p = log_p + logits[node, action]
            node = 2 * node + action
            total += REWARDS[node]
        J = J + log_p.exp() * total
    (truth,) = torch.autograd.grad(J, [theta["table"]])
    close = torch.allclose(gradient, -truth, atol=1e-6)
    assert truth.abs().max() > 0.1
    assert close == (lam == 1.0)


def test_the_loss_has_its_three_parts():
    """Equation: (1) to (3) by hand, for one step of two episodes."""
    log_probs = torch.tensor([[-0.5], [-1.0]])
    entropies, values = torch.tensor([[0.3], [0.5]]), torch.tensor([[1.0], [2.0]])
    rewards, following = np.array([[1.0], [0.0]]), np.array([[2.0], [0.0]])
    ended = np.array([[False], [True]])
    segment = Segment(log_probs, entropies, values, rewards, following, ended)
    settings = ActorCriticSettings(discount=0.9, entropy=0.1, value=0.5)
    A = np.array([1.0 + 0.9 * 2.0 - 1.0, 0.0 - 2.0])
    actor = -(np.array([-0.5, -1.0]) * A).mean()
    L, H = actor_critic_loss(segment, settings)
    assert H.item() == pytest.approx(0.4)
    assert L.item() == pytest.approx(actor + 0.5 * np.square(A).mean() - 0.1 * 0.4)


def test_the_critic_moves_towards_the_return_and_the_actor_does_not_move_it():
    """The advantage is a constant: V has a gradient from (2) alone, in the direction of
    what was found.
    """
    values = torch.tensor([[1.0]], requires_grad=True)
    log_probs = torch.tensor([[-0.5]], requires_grad=True)
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    segment = Segment(log_probs, torch.zeros(1, 1), values, 3 * one, zero, one == 1)
    L, _ = actor_critic_loss(segment, ActorCriticSettings(value=0.5))
    (slope,) = torch.autograd.grad(L, [values])
    assert slope.item() == pytest.approx(0.5 * 2 * (1.0 - 3.0))


def test_rmsprop_is_torch_s():
    """Oracle: five steps of (5) are those of torch.optim.RMSprop."""
    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    settings = ActorCriticSettings(decay=0.9, epsilon=1e-3)
    optimiser = torch.optim.RMSprop([parameter], lr=0.1, alpha=0.9, eps=1e-3)
    theta = {"x": parameter.detach().clone()}
    squares = {"x": torch.zeros(2)}
    for _ in range(5):
        gradient = torch.stack([theta["x"][0] ** 3, theta["x"][1]])
        parameter.grad = gradient.clone()
        optimiser.step()
        theta, squares = rmsprop(theta, squares, {"x": gradient}, 0.1, settings)
    torch.testing.assert_close(theta["x"], parameter.detach())


def turn(settings, seed=0, **parts):
    network = SignNetwork()
    state = ActorCriticState.initial(network, RepeatTheSign(), 8, RNG(seed))
    state = replace(state, **parts)
    return actor_critic_step(state, network, RepeatTheSign(), settings, RNG(seed))


def test_a_turn_changes_nothing_but_its_result():
    """Determinism: two turns from one state are equal, bit for bit, and state and
    network are as before.
    """
    network = SignNetwork()
    state = ActorCriticState.initial(network, RepeatTheSign(), 8, RNG(0))
    settings = ActorCriticSettings()
    first, second = (
        actor_critic_step(state, network, RepeatTheSign(), settings, RNG(1))
        for _ in range(2)
    )
    assert torch.equal(first.theta["W"], second.theta["W"])
    assert first.theta["W"].any() and not state.theta["W"].any()
    assert not network.W.any() and not first.theta["W"].requires_grad
    assert first.episodes.frames == 80 and state.episodes.frames == 0
    assert first.report == second.report


def test_a_long_gradient_is_shortened():
    """Equation: below the bound the gradient is used as it is; above it, only its
    direction.
    """
    settings = ActorCriticSettings(decay=0.0, epsilon=1e9, rate=1e9)  # θ ← θ − g
    free = turn(replace(settings, largest_gradient=1e9))
    tight = turn(replace(settings, largest_gradient=0.01))
    change = tight.theta["W"]
    assert free.report["gradient"] > 0.01
    assert change.norm().item() == pytest.approx(0.01, rel=1e-3)
    free_length = free.theta["W"].norm()
    torch.testing.assert_close(
        change / 0.01, free.theta["W"] / free_length, rtol=1e-3, atol=1e-4
    )


def test_the_rate_falls_to_zero():
    """Equation: halfway through the schedule the step is half as long, and zero behind
    its end.
    """
    network = SignNetwork()
    full = turn(ActorCriticSettings())
    episodes = RunningEpisodes.initial(network, RepeatTheSign(), 8, RNG(0))
    half, over = (
        turn(ActorCriticSettings(anneal=1000), episodes=replace(episodes, frames=n))
        for n in (500, 2000)
    )
    torch.testing.assert_close(half.theta["W"], full.theta["W"] / 2)
    assert not over.theta["W"].any()


def trained(environment, turns=150):
    network = SignNetwork()
    rng = RNG(0)
    state = ActorCriticState.initial(network, environment, 16, rng)
    for _ in range(turns):
        state = actor_critic_step(
            state, network, environment, ActorCriticSettings(rate=0.02), rng
        )
    returns = episode_returns(network, state.theta, environment, 100, RNG(1))
    return returns.mean(), state


def test_it_learns_what_it_can_see():
    """Learning with a negative control: it repeats the sign in 9 of 10 steps; where the
    sign is hidden it stays at chance.
    """
    mean, state = trained(RepeatTheSign())
    assert mean > 9
    assert len(state.episodes.finished) > 0 and state.report["entropy"] < 0.5
    assert trained(RepeatTheSign(visible=False))[0] < 6


def test_it_learns_to_remember():
    """Learning with a negative control: with a memory a network learns to repeat what
    it saw two steps before; the same network that forgets stays at chance.
    """

    def share(remembers):
        rng = RNG(0)
        environment = RememberTheSign()
        network = RecurrentNetwork(rng, remembers)
        state = ActorCriticState.initial(network, environment, 32, rng)
        settings = ActorCriticSettings(rate=0.01, steps=9)
        for _ in range(150):
            state = actor_critic_step(state, network, environment, settings, rng)
        return episode_returns(network, state.theta, environment, 400, RNG(1)).mean()

    assert share(remembers=True) > 0.9
    assert share(remembers=False) < 0.6


@pytest.mark.parametrize(
    ("columns", "culprit"), [(slice(0, 2), "gradient is not finite"), ([2], "δ = r")]
)
def test_what_is_not_finite_is_refused(columns, culprit):
    """Bad input: logits or values that are not finite are refused by name."""
    W = torch.zeros(2, 3)
    W[:, columns] = torch.nan
    with pytest.raises(ValueError, match=culprit):
        turn(ActorCriticSettings(), theta={"W": W})
