"""What must hold of the network that scores every aim, and of its learning."""

import copy

import numpy as np
import pytest
import torch
from small_corridors import RNG, hall, pillars, scattered

from lecture_code.learning.columns import number_of_parameters
from lecture_code.observations import collision_net
from lecture_code.observations.cad2rl import collision_loss
from lecture_code.observations.collision_net import (
    CollisionNet,
    Examples,
    FitSettings,
    as_batch,
    fit_network,
    scores,
)
from lecture_code.observations.corridor_flight import N_AIMS, free_ahead, random_flights

pytestmark = pytest.mark.usefixtures("one_torch_thread")
STRIDE = 4  # columns of the image from one aim to the next


def pictures(n=3, width=64, seed=0):
    """Noise, (n, 3, 32, width)."""
    return torch.tensor(RNG(seed).random((n, 3, 32, width)), dtype=torch.float32)


def network_with_biases(seed=0):
    """A network that is not at its start: its biases are not zero."""
    network = CollisionNet(RNG(seed))
    rng = RNG(seed + 50)
    with torch.no_grad():
        for name, part in network.named_parameters():
            if name.endswith("bias"):
                part += torch.tensor(0.1 * rng.standard_normal(part.shape)).float()
    return network


def examples_of(n=40, stack=None, seed=0, distance=1.0):
    """Random states, labelled by free space."""
    flights = random_flights(stack or pillars(), "training", n, RNG(seed))
    labels = free_ahead(flights, distance).astype(float)
    return Examples(flights.maps, flights.poses, labels)


def weights(network):
    return torch.cat([part.detach().flatten() for part in network.parameters()])


def test_the_network_has_its_number_of_parameters():
    """Equation: weights and biases of the six layers, counted by hand."""
    layers = [
        16 * 3 * 5 * 5 + 16,
        32 * 16 * 3 * 3 + 32,
        32 * 32 * 3 * 3 + 32,
        48 * 32 * 4 * 3 + 48,
        48 * 48 * 1 * 5 + 48,
        48 + 1,
    ]
    assert number_of_parameters(CollisionNet(RNG(0))) == sum(layers) == 45_201


def test_all_aims_are_scored_in_one_pass():
    """One call of the network gives the scores of all 15 aims of all robots, between 0
    and 1.
    """
    calls = []

    def counted(images):
        calls.append(images.shape)
        return network(images)

    network = network_with_biases()
    Q = scores(counted, scattered(7), RNG(0))
    assert calls == [(7, 3, 32, 64)]
    assert Q.shape == (7, N_AIMS) and (Q > 0).all() and (Q < 1).all()
    assert Q.std(axis=1).min() > 0


def test_scores_are_the_chance_that_belongs_to_the_logits():
    """Equation: Q = 1 / (1 + exp(−logit)), of the images with the same noise."""
    network = network_with_biases()
    flights = scattered(5, family="real")
    with torch.no_grad():
        logits = network(as_batch(flights.images(RNG(3)))).numpy()
    np.testing.assert_allclose(
        scores(network, flights, RNG(3)), 1 / (1 + np.exp(-logits)), rtol=1e-5
    )


def test_scores_do_not_depend_on_the_chunks(monkeypatch):
    """Invariance: images that are drawn few at a time have the scores of images that
    are drawn at once, noise included.
    """
    network = network_with_biases()
    flights = scattered(11, family="training")
    at_once = scores(network, flights, RNG(0))
    monkeypatch.setattr(collision_net, "CHUNK", 3)
    np.testing.assert_allclose(scores(network, flights, RNG(0)), at_once, rtol=1e-4)


def test_a_batch_has_the_pixels_of_its_images():
    """Channels come first; rows and columns stay what they are."""
    images = RNG(0).random((2, 32, 64, 3)).astype(np.float32)
    batch = as_batch(images)
    assert batch.shape == (2, 3, 32, 64)
    assert batch[1, 2, 5, 40] == images[1, 5, 40, 2]


def test_a_shifted_picture_shifts_the_scores():
    """Invariance: a spot on black that moves by four columns to the right moves all
    scores by one aim; by three columns it does not. Biases are zero at the start.
    """
    network = CollisionNet(RNG(0))
    spot = torch.zeros(1, 3, 32, 64)
    spot[..., 28:34] = pictures(1, 6)
    with torch.no_grad():
        before = network(spot)[0]
        shifted = network(spot.roll(STRIDE, dims=3))[0]
        between = network(spot.roll(STRIDE - 1, dims=3))[0]
    torch.testing.assert_close(shifted[1:], before[:-1])
    assert before.std() > 0
    assert not torch.allclose(between[1:], before[:-1], atol=1e-3)


def test_a_shifted_view_of_a_wide_picture_shifts_the_inner_scores():
    """Invariance: two views of one wide picture, four columns apart, share the score
    of each place that lies in the middle of both; scores near the edges differ.
    """
    network = network_with_biases()
    wide = pictures(3, 64 + STRIDE)
    with torch.no_grad():
        left = network(wide[..., :64])
        right = network(wide[..., STRIDE:])
    middle = N_AIMS // 2
    torch.testing.assert_close(left[:, middle + 1], right[:, middle])
    assert not torch.allclose(left[:, 1:4], right[:, :3], atol=1e-3)


def test_the_aim_in_the_middle_sees_nearly_the_whole_picture():
    """The score of the middle aim depends on columns far to both sides; the score of
    the first aim does not depend on the right edge.
    """
    network = network_with_biases()
    image = pictures(1).requires_grad_()
    network(image)[0, N_AIMS // 2].backward()
    seen = torch.nonzero(image.grad.abs().amax((0, 1, 2))).flatten()
    assert seen[0] <= 4 and seen[-1] >= 56
    image.grad = None
    network(image)[0, 0].backward()
    assert (image.grad[..., 40:] == 0).all() and (image.grad[..., 0] != 0).any()


def test_weights_start_as_their_distribution_says():
    """Equation: weights are drawn ~ N(0, 2 / inputs), biases are zero; the same
    generator gives the same network.
    """
    network = CollisionNet(RNG(0))
    for layer in network.layers:
        if isinstance(layer, torch.nn.Conv2d):
            assert (layer.bias == 0).all()
            inputs = layer.weight[0].numel()
            std = layer.weight.std(correction=0).item()
            tolerance = 4 / np.sqrt(2 * layer.weight.numel())
            assert std == pytest.approx(np.sqrt(2 / inputs), rel=tolerance)
    assert torch.equal(weights(network), weights(CollisionNet(RNG(0))))
    assert not torch.equal(weights(network), weights(CollisionNet(RNG(1))))


def test_fit_leaves_its_network_alone():
    """A fit returns another network; the old one, the examples and their order stay
    what they were.
    """
    network = CollisionNet(RNG(0))
    before = copy.deepcopy(network)
    examples = examples_of()
    kept = copy.deepcopy(examples)
    stack = pillars()
    after, _ = fit_network(
        network, stack, examples, collision_loss, 3, FitSettings(batch=8), RNG(1)
    )
    assert torch.equal(weights(network), weights(before))
    assert not torch.equal(weights(after), weights(before))
    assert all(part.grad is None for part in network.parameters())
    for name in ("maps", "poses", "labels"):
        assert np.array_equal(getattr(examples, name), getattr(kept, name))


def fitted(seed, batches=4, network_seed=0, **settings):
    return fit_network(
        CollisionNet(RNG(network_seed)),
        pillars(),
        examples_of(),
        collision_loss,
        batches,
        FitSettings(batch=8, **settings),
        RNG(seed),
    )


def test_a_fit_has_its_seed():
    """Determinism: the same seed gives the same network and loss, bit for bit; another
    seed gives another.
    """
    (first, loss), (again, same), (other, _) = (fitted(seed) for seed in (3, 3, 4))
    assert torch.equal(weights(first), weights(again)) and loss == same
    assert not torch.equal(weights(first), weights(other))


def test_no_batches_change_nothing():
    """Limit: a fit of no batches returns the weights that it was given."""
    network, loss = fitted(0, batches=0)
    assert torch.equal(weights(network), weights(CollisionNet(RNG(0)))) and loss == 0


def test_every_batch_sees_new_looks(monkeypatch):
    """Each batch draws its looks anew, from the family and the textures of the
    settings, and as many as it has images.
    """
    drawn = []
    original = collision_net.draw_looks

    def draw_looks(*arguments):
        drawn.append(original(*arguments))
        return drawn[-1]

    monkeypatch.setattr(collision_net, "draw_looks", draw_looks)
    fitted(0, batches=5, textures=2)
    assert [len(looks) for looks in drawn] == [8] * 5
    assert all(looks.family == "training" for looks in drawn)
    assert set(np.concatenate([looks.walls.ravel() for looks in drawn])) == {0, 1}
    lights = np.concatenate([looks.light for looks in drawn])
    assert len(np.unique(lights)) == 40
    drawn.clear()
    fitted(0, batches=2, family="single")
    assert [looks.family for looks in drawn] == ["single"] * 2


def test_labels_belong_to_their_states():
    """A batch hands each state's own label to the loss, with the scores of its image;
    the loss that is returned is the mean over batches.
    """
    examples = examples_of(6)
    network = network_with_biases()
    seen = []

    def loss(logits, y):
        seen.append((logits.detach().clone(), y))
        return 0 * logits.sum() + len(seen)

    numbers = np.arange(6.0)[:, None]
    numbered = Examples(examples.maps, examples.poses, numbers)
    settings = FitSettings(family="single", batch=5)
    _, mean = fit_network(network, pillars(), numbered, loss, 3, settings, RNG(0))
    assert mean == 2.0
    flights = scattered(6)
    alone = collision_net.Flights.initial(
        pillars(), examples.maps, examples.poses, flights.looks
    )
    with torch.no_grad():
        clean = network(as_batch(alone.images(RNG(0), 0.0)))
    for logits, y in seen:
        rows = y[:, 0].long()
        distance = (logits[:, None] - clean).square().sum(2)
        assert torch.equal(distance.argmin(1), rows)


def test_the_rate_falls_to_zero_in_the_second_half(monkeypatch):
    """The rate of Adam stays for half of the batches, and then falls in a straight
    line.
    """
    rates = []

    class Adam(torch.optim.Adam):
        def step(self, closure=None):
            rates.append(self.param_groups[0]["lr"])
            return super().step(closure)

    monkeypatch.setattr(torch.optim, "Adam", Adam)
    fitted(0, batches=8, rate=0.4)
    np.testing.assert_allclose(rates, [0.4] * 5 + [0.3, 0.2, 0.1])


def test_a_network_learns_what_is_free_and_not_what_is_shuffled():
    """Learning with a negative control: after a short training on one map, in looks
    that the network has not seen, the loss is lower than that of a network whose
    labels were shuffled across states, and lower than that of the mean label.
    """
    stack = pillars(1)
    examples = examples_of(300, stack)
    order = RNG(0).permutation(300)
    shuffled = Examples(examples.maps, examples.poses, examples.labels[order])
    new = examples_of(200, stack, seed=1)
    flights = random_flights(stack, "training", 200, RNG(1))
    assert np.array_equal(flights.poses, new.poses)
    losses = []
    for labelled in (examples, shuffled):
        network, _ = fit_network(
            CollisionNet(RNG(0)),
            stack,
            labelled,
            collision_loss,
            80,
            FitSettings(batch=32),
            RNG(2),
        )
        Q = scores(network, flights, RNG(3)).astype(float)
        y = new.labels
        losses.append(-(y * np.log(Q) + (1 - y) * np.log(1 - Q)).mean())
    p = examples.labels.mean(axis=0)
    constant = -(new.labels * np.log(p) + (1 - new.labels) * np.log(1 - p)).mean()
    assert losses[0] < 0.8 * constant
    assert losses[1] > 0.95 * constant


def test_joined_examples_keep_their_order():
    """Examples that are joined come first, then the others, each with its label."""
    first, second = examples_of(5), examples_of(4, seed=1)
    joined = first.joined(second)
    assert len(joined) == 9
    for name in ("maps", "poses", "labels"):
        parts = [getattr(part, name) for part in (first, second)]
        assert np.array_equal(getattr(joined, name), np.concatenate(parts))


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (
            lambda: CollisionNet(RNG(0))(pictures(2, 60)),
            r"images must be \(N, 3, 32, 64\); got \(2, 3, 32, 60\)",
        ),
        (
            lambda: CollisionNet(RNG(0))(pictures(2).permute(0, 2, 3, 1)),
            r"images must be \(N, 3, 32, 64\); got \(2, 32, 64, 3\)",
        ),
        (
            lambda: Examples(np.zeros(2, int), np.zeros((3, 3)), np.zeros((3, 15))),
            "maps, poses and labels must be .*; got 2, 3 and 3",
        ),
        (
            lambda: fit_network(
                CollisionNet(RNG(0)),
                hall(),
                Examples(np.zeros(0, int), np.zeros((0, 3)), np.zeros((0, 15))),
                collision_loss,
                1,
                FitSettings(),
                RNG(0),
            ),
            "at least one example",
        ),
        (
            lambda: fitted(0, family="dreams"),
            "no family of looks 'dreams'; there is: training, single, real",
        ),
        (lambda: fitted(0, textures=201), "'training' has 1 to 200 textures; got 201"),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name images of another shape, parts that do not fit, and looks that do
    not exist.
    """
    with pytest.raises(ValueError, match=culprit):
        make()
