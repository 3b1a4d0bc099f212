"""What must hold of progressive nets."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.learning.actor_critic import (
    ActorCriticSettings,
    ActorCriticState,
    actor_critic_step,
)
from lecture_code.learning.columns import (
    HEAD_GAIN,
    Column,
    ColumnSizes,
    number_of_parameters,
)
from lecture_code.learning.episodes import (
    frozen,
    learnt_parameters,
    with_parameters,
)
from lecture_code.learning.whole_episodes import episode_returns
from lecture_code.observations.pixel_reacher import PixelReacher
from lecture_code.observations.progressive_nets import (
    OWN_HEAD_GAIN,
    Lateral,
    LateralSettings,
    ProgressiveNet,
)

RNG = np.random.default_rng
OLD = ColumnSizes(filters=(6, 8), dense=16)
NEW = ColumnSizes(filters=(4, 4), dense=8)
KINDS = {
    "feed-forward": (OLD, NEW),
    "recurrent": (replace(OLD, lstm=6), replace(NEW, lstm=5)),
}
both_kinds = pytest.mark.parametrize("kind", KINDS)


def images(n=4, seed=0, size=24):
    return torch.tensor(RNG(seed).random((n, size, size, 3)), dtype=torch.float32)


def old_net(sizes, seed=0):
    """A frozen net of one column whose biases and head are not small."""
    column = Column(sizes, RNG(seed))
    rng = RNG(seed + 50)
    with torch.no_grad():
        for part in (*column.b, column.W[-1]):
            part += torch.tensor(
                0.3 * rng.standard_normal(part.shape), dtype=torch.float32
            )
    return frozen(ProgressiveNet.from_column(column))


def grown(kind, seed=1, **settings):
    old, new = KINDS[kind]
    net = old_net(old)
    return net, net.grown(new, LateralSettings(**settings), RNG(seed))


def run(net, steps=3, memory=None):
    """Decisions of several steps, with the memory handed on."""
    memory = torch.zeros(4, net.memory_size) if memory is None else memory
    decisions = []
    for t in range(steps):
        decision = net(images(seed=t), memory)
        memory = decision.memory
        decisions.append(decision)
    return decisions


@pytest.mark.parametrize(
    ("wide", "narrow", "adapter", "count"),
    [
        ((512, 0), (32, 0), 8, 38_860),
        ((128, 128), (16, 16), 8, 36_924),
        ((512, 0), (32, 0), 0, 67_724),
        ((128, 128), (16, 16), 0, 51_964),
    ],
)
def test_the_published_second_columns_have_their_numbers(wide, narrow, adapter, count):
    """Equation: with adapters a second column has the 38 860 or 36 924 parameters of
    Rusu et al. (2017), to the last one; without adapters it has not.
    """
    paper = ColumnSizes((64, 64), (16, 32), ((8, 4), (5, 2)), *wide, parts=9)
    small = replace(paper, filters=(8, 8), dense=narrow[0], lstm=narrow[1])
    net = frozen(ProgressiveNet.from_column(Column(paper, RNG(0))))
    second = net.grown(small, LateralSettings(adapter), RNG(0))
    assert number_of_parameters(second, learnt=True) == count


@both_kinds
def test_a_net_of_one_column_is_the_column(kind):
    """Limit: without a second column the decisions are the column's, bit for bit."""
    column = Column(KINDS[kind][0], RNG(0))
    for alone, net in zip(
        run(column), run(ProgressiveNet.from_column(column)), strict=True
    ):
        assert torch.equal(alone.logits, net.logits)
        assert torch.equal(alone.memory, net.memory)


@both_kinds
def test_without_laterals_the_new_column_is_a_net_of_its_own(kind):
    """Limit: with U = 0 the decisions are those of the new column alone, bit for bit;
    with U they are not.
    """
    _, net = grown(kind, head="own")
    alone = run(net.columns[1])
    assert not torch.equal(alone[-1].logits, run(net)[-1].logits)
    with torch.no_grad():
        for lateral in net.laterals[1][0]:
            lateral.U.zero_()
    for own, whole in zip(alone, run(net), strict=True):
        assert torch.equal(own.logits, whole.logits)
        assert torch.equal(own.values, whole.values)


@both_kinds
def test_a_copied_head_is_the_old_policy(kind):
    """Limit: at the start logits and values are the old column's, to the last bit, and
    so are its returns with the same seed.
    """
    net, second = grown(kind, head="copy")
    for old, new in zip(run(net), run(second), strict=True):
        assert torch.equal(old.logits, new.logits)
        assert torch.equal(old.values, new.values)
    assert old.logits.std() > 0.05
    environment = PixelReacher("B", RNG(0))
    returns = [episode_returns(n, {}, environment, 8, RNG(1)) for n in (net, second)]
    assert np.array_equal(*returns)


def test_below_a_copied_head_nothing_learns_at_first():
    """Equation: with own output weights of zero only the head has a gradient; beside a
    frozen copy every weight has one, and the copy none.
    """
    for head, silent in (("copy", True), ("frozen copy", False)):
        _, net = grown("feed-forward", head=head)
        decision = net(images(), torch.zeros(4, 0))
        (decision.logits.square().sum() + decision.values.sum()).backward()
        below = [net.columns[1].W[0], net.columns[1].W[2], net.laterals[1][0][0].U]
        assert all((part.grad == 0).all() == silent for part in below)
        assert (net.columns[1].W[-1].grad != 0).any()
        assert (net.laterals[1][0][-1].U.grad is None) == (head == "frozen copy")


def train(net, turns=4, domain="B", seed=2):
    rng = RNG(seed)
    environment = PixelReacher(domain, rng)
    state = ActorCriticState.initial(net, environment, 8, rng)
    settings = ActorCriticSettings(rate=1e-2)
    for _ in range(turns):
        state = actor_critic_step(state, net, environment, settings, rng)
    return with_parameters(net, state.theta)


@both_kinds
def test_the_old_column_forgets_nothing(kind):
    """Invariance: after the new column has learnt, outputs and memory of the old column
    are those of before, bit for bit; fine-tuning changes them.
    """
    net, second = grown(kind, head="copy", alpha=0.5)
    after = train(second)
    assert not torch.equal(run(second)[-1].logits, run(after)[-1].logits)
    memories = torch.zeros(4, net.memory_size), torch.zeros(4, after.memory_size)
    for t in range(3):
        (before,) = net.run(images(seed=t), memories[0])
        old, new = after.run(images(seed=t), memories[1])
        assert torch.equal(before.outputs, old.outputs)
        assert torch.equal(before.memory, old.memory)
        memories = before.memory, torch.cat([old.memory, new.memory], 1)
    tuned = train(Column(KINDS[kind][0], RNG(0)))
    assert not torch.equal(tuned.W[0], Column(KINDS[kind][0], RNG(0)).W[0])


@both_kinds
def test_no_gradient_reaches_a_frozen_column(kind):
    """Only names of the new column and its laterals learn, and all of them do."""
    _, net = grown(kind, head="own", alpha=1.0)
    names = set(learnt_parameters(net))
    assert names == {
        name
        for name, _ in net.named_parameters()
        if name.startswith(("columns.1.", "laterals.1."))
    }
    decisions = run(net)
    total = sum(d.logits.square().sum() + d.values.square().sum() for d in decisions)
    total.backward()
    for name, part in net.named_parameters():
        assert (part.grad is not None) == (name in names), name
        assert name not in names or part.grad.abs().max() > 0, name


@both_kinds
def test_the_gradient_of_a_lateral_is_right(kind):
    """Equation: ∂L/∂U, ∂L/∂V and ∂L/∂α equal central differences in float64, over two
    steps.
    """
    _, net = grown(kind, head="own", alpha=0.7)
    net = net.double()
    x = images().double()

    def loss():
        memory = torch.zeros(4, net.memory_size, dtype=torch.float64)
        total = 0.0
        for _ in range(2):
            steps = ProgressiveNet.run(net, x, memory)
            memory = torch.cat([step.memory for step in steps], 1)
            total = total + steps[-1].outputs.sin().sum()
        return total

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "lecture_code.observations.progressive_nets.as_input",
            lambda images, image: images.permute(0, 3, 1, 2),
        )
        loss().backward()
        for lateral in net.laterals[1][0]:
            for part in lateral.parameters():
                entry = part.data.view(-1)
                for k in (0, part.numel() // 2):
                    differences = []
                    for step in (1e-6, -1e-6):
                        entry[k] += step
                        differences.append(loss().item())
                        entry[k] -= step
                    slope = (differences[0] - differences[1]) / 2e-6
                    grad = part.grad.view(-1)[k].item()
                    assert grad == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_laterals_take_h_behind_f_and_add_before_f():
    """Equation: (1) by hand for the dense layer of a net without adapters."""
    _, net = grown("feed-forward", adapter=0, head="own")
    old, new = net.run(images(), torch.zeros(4, 0))
    lateral = net.laterals[1][0][1]
    h_old = old.hidden[2].flatten(1)
    h_new = new.hidden[2].flatten(1)
    W, b = net.columns[1].W[2], net.columns[1].b[2]
    assert (h_old >= 0).all() and h_old.shape[1] != h_new.shape[1]
    expected = (h_new @ W.T + h_old @ lateral.U.T + b).relu()
    torch.testing.assert_close(new.hidden[3], expected)
    assert (expected == 0).any()


def test_an_adapter_is_scaled_projected_and_rectified():
    """Equation: (2) by hand, for the second convolution."""
    _, net = grown("feed-forward", alpha=-0.5)
    old, _ = net.run(images(), torch.zeros(4, 0))
    lateral = net.laterals[1][0][0]
    mixed = torch.einsum("mc,nchw->nmhw", lateral.V[:, :, 0, 0], -0.5 * old.hidden[1])
    expected = torch.nn.functional.conv2d(mixed.relu(), lateral.U, stride=2)
    torch.testing.assert_close(lateral(old), expected)


def test_an_lstm_gets_the_old_memory_of_the_step_before():
    """Equation: the lateral into the gates is U [h, m], with the old column's dense
    layer h of this step and its m of the step before.
    """
    _, net = grown("recurrent", head="own")
    memory = run(net)[-1].memory
    old, _ = net.run(images(seed=9), memory)
    lateral = net.laterals[1][0][2]
    m = memory[:, :6]
    assert not torch.equal(m, old.memory[:, :6])
    expected = torch.cat([old.hidden[3], m], 1) @ lateral.U.T
    torch.testing.assert_close(lateral(old), expected)


def test_memories_begin_anew_together():
    """A new episode resets the frozen LSTM too: a row whose memory is zeroed decides as
    a net that has just started.
    """
    _, net = grown("recurrent", head="own")
    memory = run(net)[-1].memory
    ended = torch.tensor([True, False, True, False])
    mixed = net(images(seed=9), memory * ~ended[:, None]).logits
    fresh = net(images(seed=9), torch.zeros_like(memory)).logits
    kept = net(images(seed=9), memory).logits
    assert torch.equal(mixed[ended], fresh[ended])
    assert torch.equal(mixed[~ended], kept[~ended])
    half = memory.clone()
    half[:, :12] = 0.0  # the old column alone is reset: not the same
    assert not torch.equal(net(images(seed=9), half).logits, fresh)
    half = memory.clone()
    half[:, 12:] = 0.0  # the new column alone is reset: a silent bug
    assert not torch.equal(net(images(seed=9), half).logits, fresh)


def test_a_third_column_uses_both_old_ones():
    """Equation: the sum in (1) runs over all old columns; the output begins as a copy
    of the second column.
    """
    _, second = grown("feed-forward", head="own")
    second = frozen(second)
    third = second.grown(NEW, LateralSettings(), RNG(5))
    assert torch.equal(run(third)[-1].logits, run(second)[-1].logits)
    third = second.grown(NEW, LateralSettings(head="own"), RNG(5))
    before = run(third)[-1].logits
    for side in third.laterals[2]:
        with torch.no_grad():
            kept = side[1].U.clone()
            side[1].U.zero_()
        assert not torch.equal(run(third)[-1].logits, before)
        with torch.no_grad():
            side[1].U.copy_(kept)
    assert number_of_parameters(third) > number_of_parameters(second)
    assert len(learnt_parameters(third)) < len(list(third.parameters()))


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (
            lambda: old_net(OLD).grown(replace(NEW, lstm=4), LateralSettings(), RNG(0)),
            "columns must have the same layers",
        ),
        (
            lambda: ProgressiveNet.from_column(Column(OLD, RNG(0))).grown(
                NEW, LateralSettings(), RNG(0)
            ),
            r"must be frozen.*these learn: columns\.0\.W\.0",
        ),
        (lambda: LateralSettings(head="new"), "own, copy, frozen copy; got new"),
        (lambda: LateralSettings(adapter=-1), "adapter must not be negative"),
        (
            lambda: old_net(OLD)(images(size=20), torch.zeros(4, 0)),
            r"images must be \(N, 24, 24, 3\)",
        ),
        (
            lambda: old_net(OLD)(images().double(), torch.zeros(4, 0)),
            r"uint8 or float32; got torch\.float64",
        ),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name columns that do not fit, that still learn, or images of another
    kind.
    """
    with pytest.raises(ValueError, match=culprit):
        make()


@pytest.mark.parametrize("head", ["own", "copy"])
@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("image", (20, 20)),
        ("windows", ((4, 2), (3, 2))),
        ("parts", 3),
        ("choices", 5),
    ],
)
def test_columns_that_cannot_be_connected_name_what_differs(name, other, head):
    """Bad input: image, windows, parts and choices must be those of the old column; the
    error names what differs, with both values.
    """
    before = getattr(OLD, name)
    words = f"same {name}; the old one has {before}, the new one {other}"
    with pytest.raises(ValueError, match=re.escape(words)):
        old_net(OLD).grown(
            replace(NEW, **{name: other}), LateralSettings(head=head), RNG(0)
        )


def test_a_lateral_draws_its_weights_from_the_generator():
    """Determinism: the same seed gives the same net, bit for bit."""
    first, second, other = (
        grown("feed-forward", seed=seed, head="own")[1] for seed in (3, 3, 4)
    )
    assert torch.equal(first.laterals[1][0][0].U, second.laterals[1][0][0].U)
    assert not torch.equal(first.laterals[1][0][0].U, other.laterals[1][0][0].U)
    assert isinstance(first.laterals[1][0][0], Lateral)


@both_kinds
def test_the_own_head_beside_a_frozen_copy_starts_small_and_orthogonal(kind):
    """Equation: the rows of the own output weights are orthogonal, and as long as the
    own gain says.
    """
    _, net = grown(kind, head="frozen copy")
    W = net.columns[-1].W[-1].detach()
    square = W @ W.T if len(W) <= W.shape[1] else W.T @ W
    expected = OWN_HEAD_GAIN**2 * torch.eye(len(square))
    torch.testing.assert_close(square, expected)


@both_kinds
@pytest.mark.parametrize("adapter", [0, 4])
def test_laterals_start_orthogonal_with_gains_of_their_own(kind, adapter):
    """Equation: rows or columns of V are orthogonal and of length √2, as before every
    f; those of U have length 1, and into a head of random weights the gain of heads.
    """
    _, net = grown(kind, head="own", adapter=adapter)
    gains = {}
    for lateral in net.laterals[-1][0]:
        for name, part in lateral.named_parameters():
            W = part.detach().flatten(1)
            square = W @ W.T if len(W) <= W.shape[1] else W.T @ W
            gain = float(square[0, 0].sqrt())
            torch.testing.assert_close(square, gain**2 * torch.eye(len(square)))
            gains[f"{name} {lateral.kind}"] = gain
    expected = {f"U {layer}": 1.0 for layer in net.sizes.kinds} | {"U head": HEAD_GAIN}
    if adapter:
        expected |= {"V conv": 2**0.5, "V dense": 2**0.5}
    assert gains == pytest.approx(expected, rel=1e-5)


@both_kinds
def test_a_frozen_copy_of_a_third_column_copies_all_laterals_and_learns_none(kind):
    """Limit: with its own output at zero, a third column decides as the second column
    does, to 1e-6; none of the laterals into its output learns.
    """
    _, second = grown(kind, head="own")
    old = frozen(second)
    net = old.grown(KINDS[kind][1], LateralSettings(head="frozen copy"), RNG(2))
    assert not any(side[-1].U.requires_grad for side in net.laterals[-1])
    with torch.no_grad():
        net.columns[-1].W[-1].zero_()
    for ours, theirs in zip(run(net), run(old), strict=True):
        torch.testing.assert_close(ours.logits, theirs.logits)
        torch.testing.assert_close(ours.values, theirs.values)
