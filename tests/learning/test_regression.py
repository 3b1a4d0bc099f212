"""What must hold of regression with small networks."""

import numpy as np
import pytest
import torch

from lecture_code.learning.regression import (
    Regression,
    RegressionSettings,
    fit,
    gradient,
)

SHORT = RegressionSettings(hidden=(32, 32), epochs=150, batch=64)


def waves(n=800, seed=0, noise=0.0):
    """Something that no straight line explains."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (n, 2))
    y = np.stack([np.sin(2 * x[:, 0]) * x[:, 1], x.sum(axis=1) ** 2], axis=1)
    return x, y + noise * rng.standard_normal(y.shape)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("predict_std", [False, True])
def test_the_gradient_is_torchs(predict_std, activation):
    """Oracle: loss and every derivative agree with automatic differentiation, clipped
    standard deviations included.
    """
    rng = np.random.default_rng(0)
    sizes = [(5, 7), (7, 6), (6, 6 if predict_std else 3)]
    layers = [(rng.standard_normal(s), rng.standard_normal(s[1])) for s in sizes]
    skip = rng.standard_normal((5, 3))
    x, y = rng.standard_normal((20, 5)), rng.standard_normal((20, 3))
    layers[-1] = (3 * layers[-1][0], layers[-1][1])
    loss, by_layers, by_skip = gradient(layers, skip, x, y, predict_std, activation)

    leaves = [
        torch.tensor(a, requires_grad=True) for layer in layers for a in layer
    ] + [torch.tensor(skip, requires_grad=True)]
    h = torch.tensor(x)
    for i in (0, 2):
        h = getattr(torch, activation)(h @ leaves[i] + leaves[i + 1])
    out = h @ leaves[4] + leaves[5]
    error = torch.tensor(y) - out[:, :3] - torch.tensor(x) @ leaves[6]
    if predict_std:
        log_std = out[:, 3:].clamp(-7.0, 2.0)
        assert (log_std != out[:, 3:]).any()  # the set-up contains clipped ones
        wanted = (log_std + error**2 / (2 * torch.exp(log_std) ** 2)).mean()
    else:
        wanted = (error**2).mean()
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), rel=1e-12)
    for derivative, leaf in zip(
        [a for layer in by_layers for a in layer] + [by_skip], leaves, strict=True
    ):
        np.testing.assert_allclose(derivative, leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_before_training_it_is_least_squares():
    """Limit: with no epochs, or no hidden layers' worth of data to bend it, the
    prediction is that of linear least squares with an intercept.
    """
    x, y = waves(200)
    design = np.hstack([x, np.ones((200, 1))])
    wanted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    np.testing.assert_allclose(
        fit(x, y, np.random.default_rng(0), RegressionSettings(epochs=0))(x),
        wanted,
        atol=1e-6,
    )


def test_it_learns_what_a_line_cannot():
    """Learning with a negative control: a network explains the waves on fresh data; the
    linear model, and a network whose examples are shuffled, do not.
    """
    x, y = waves()
    fresh_x, fresh_y = waves(seed=1)
    network = fit(x, y, np.random.default_rng(0), SHORT)
    line = fit(x, y, np.random.default_rng(0), RegressionSettings(epochs=0))
    shuffled = fit(
        x, np.random.default_rng(2).permutation(y), np.random.default_rng(0), SHORT
    )
    assert network.explained(fresh_x, fresh_y) > 0.99
    assert line.explained(fresh_x, fresh_y) < 0.3
    assert shuffled.explained(fresh_x, fresh_y) < 0.1
    how = RegressionSettings(hidden=(32, 32), epochs=150, batch=64, skip=False)
    without_skip = fit(x, y, np.random.default_rng(0), how)
    assert without_skip.explained(fresh_x, fresh_y) > 0.98


def test_units_do_not_matter():
    """Invariance: with inputs in other units and from another zero, and targets too,
    the same is predicted in the new units.
    """
    x, y = waves(300)
    scale, shift = np.array([1000.0, 0.01]), np.array([5.0, -3.0])
    one = fit(x, y, np.random.default_rng(3), RegressionSettings(epochs=5))
    other = fit(
        x * scale + shift,
        y * scale - shift,
        np.random.default_rng(3),
        RegressionSettings(epochs=5),
    )
    np.testing.assert_allclose(
        other(x * scale + shift),
        one(x) * scale - shift,
        rtol=1e-3,
        atol=1e-3 * np.abs(scale).max(),
    )


def test_it_knows_how_sure_it_is():
    """Learning: with `predict_std`, noise of 0.1 on one side and 0.4 on the other is
    told apart, and draws have that width; without, the std is zero.
    """
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (4000, 1))
    y = x + np.where(x < 0, 0.1, 0.4) * rng.standard_normal(x.shape)
    model = fit(
        x,
        y,
        np.random.default_rng(1),
        RegressionSettings(hidden=(32, 32), epochs=40, predict_std=True),
    )
    left, right = np.full((1, 1), -0.5), np.full((1, 1), 0.5)
    assert model.distribution(left)[1].item() == pytest.approx(0.1, rel=0.2)
    assert model.distribution(right)[1].item() == pytest.approx(0.4, rel=0.2)
    draws = model.sample(np.repeat(right, 5000, axis=0), rng)
    assert draws.mean() == pytest.approx(model(right).item(), abs=0.03)
    assert draws.std() == pytest.approx(model.distribution(right)[1].item(), rel=0.05)
    plain = fit(x, y, np.random.default_rng(1), RegressionSettings(epochs=1))
    assert not plain.distribution(x)[1].any()
    assert np.array_equal(plain.sample(x, rng), plain(x))


def test_the_same_seed_gives_the_same_network():
    """Determinism: bitwise the same from the same rng, another from another; inputs are
    not changed.
    """
    x, y = waves(100)
    kept = x.copy(), y.copy()

    def fitted(seed):
        return fit(x, y, np.random.default_rng(seed), RegressionSettings(epochs=3))

    a, b, c = fitted(0), fitted(0), fitted(1)
    assert np.array_equal(a(x), b(x)) and not np.array_equal(a(x), c(x))
    assert np.array_equal(x, kept[0]) and np.array_equal(y, kept[1])


def test_a_constant_column_does_no_harm():
    """Limit: an input or a target that never changes is left as it is and predicted
    exactly; one example is enough for a constant.
    """
    x, y = waves(100)
    x = np.hstack([x, np.full((100, 1), 7.0)])
    y = np.hstack([y, np.full((100, 1), -2.0)])
    model = fit(x, y, np.random.default_rng(0), RegressionSettings(epochs=0))
    np.testing.assert_allclose(model(x)[:, 2], -2.0, atol=1e-9)
    np.testing.assert_allclose(
        fit(x[:1], y[:1], np.random.default_rng(0), RegressionSettings(epochs=0))(
            x[:1]
        ),
        y[:1],
    )


@pytest.mark.parametrize(
    "make, culprit",
    [
        (
            lambda: fit(np.zeros((0, 2)), np.zeros((0, 1)), np.random.default_rng(0)),
            "n ≥ 1",
        ),
        (
            lambda: fit(np.zeros((3, 2)), np.zeros((2, 1)), np.random.default_rng(0)),
            "shape|examples",
        ),
        (
            lambda: fit(
                np.full((3, 2), np.nan), np.zeros((3, 1)), np.random.default_rng(0)
            ),
            "finite",
        ),
        (lambda: RegressionSettings(batch=0), "batch"),
        (lambda: RegressionSettings(rate=0.0), "rate"),
        (lambda: fit(*waves(10), np.random.default_rng(0))(np.zeros((2, 3))), "inputs"),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        make()


def test_a_regression_is_plain_arrays():
    """Equation: y = μ_y + σ_y (x̃ W + tanh(tanh(x̃ W0 + b0) W1 + b1) W2 + b2)."""
    x, y = waves(50)
    model: Regression = fit(
        x, y, np.random.default_rng(0), RegressionSettings(hidden=(4, 4), epochs=3)
    )
    (mean, std), (target_mean, target_std) = model.inputs, model.targets
    z = (x - mean) / std
    (W0, b0), (W1, b1), (W2, b2) = model.layers
    by_hand = z @ model.skip + np.tanh(np.tanh(z @ W0 + b0) @ W1 + b1) @ W2 + b2
    np.testing.assert_allclose(model(x), target_mean + target_std * by_hand, rtol=1e-12)


def test_the_slopes_of_relu_are_finite_differences():
    """Equation: `jacobian` holds for the other activation too."""
    x, y = waves()
    settings = RegressionSettings(hidden=(16,), activation="relu", epochs=5)
    net = fit(x, y, np.random.default_rng(1), settings)
    at = np.array([[0.3, -0.7], [1.1, 0.2]])
    for column in range(2):
        step = 1e-6 * np.eye(2)[column]
        slope = (net(at + step) - net(at - step)) / 2e-6
        np.testing.assert_allclose(net.jacobian(at)[:, :, column], slope, atol=1e-6)


def test_an_unknown_activation_is_named():
    """Bad input: the error names the culprit and the alternatives."""
    with pytest.raises(ValueError, match="unknown activation 'sine'; known: tanh, rel"):
        RegressionSettings(activation="sine")
