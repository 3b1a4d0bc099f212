"""What must hold of the patchwork of linear maps."""

import pytest
import torch

from lecture_code.gradients.patchwork import Patchwork

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_each_example_obeys_the_map_of_its_patch():
    """Equation: y = A_c x with the map of the patch that is named, number by number."""
    task = Patchwork.random(7, 5, 3, generator())
    x, y, patch = task.draw(40, generator(1))
    for one in range(40):
        assert torch.allclose(y[one], task.maps[patch[one]].T @ x[one], atol=1e-5)
    assert set(patch.tolist()) == set(range(7))


def test_examples_lie_around_their_centre():
    """Equation: x − centre has mean zero and the given spread in each direction; the
    answers' variance is about one.
    """
    task = Patchwork.random(50, 8, 4, generator(), std=0.2)
    x, y, patch = task.draw(40_000, generator(1))
    off = x - task.centres[patch]
    assert off.mean(0).abs().max() < 0.005
    assert torch.allclose(off.std(0), torch.full((8,), 0.2), rtol=0.03)
    assert y.var().item() == pytest.approx(1, rel=0.2)


def test_no_single_map_will_do():
    """Limit with a negative control: with one patch the best linear map leaves nothing,
    with fifty it leaves most of the variance.
    """

    def left(patches):
        x, y, _ = Patchwork.random(patches, 8, 4, generator()).draw(5_000, generator(1))
        return ((x @ torch.linalg.lstsq(x, y).solution - y).var() / y.var()).item()

    assert left(1) < 1e-8 and left(50) > 0.5


def test_equal_seeds_give_equal_data():
    """Determinism: a seed gives bitwise the same examples, another seed others."""

    def examples(seed):
        return Patchwork.random(4, 3, 2, generator(seed)).draw(10, generator(seed))

    first, same, other = examples(0), examples(0), examples(1)
    assert all(map(torch.equal, first, same)) and not torch.equal(first[0], other[0])


@pytest.mark.parametrize(
    "settings", [(0, 2, 2, 0.3), (2, 0, 2, 0.3), (2, 2, 0, 0.3), (2, 2, 2, 0.0)]
)
def test_bad_settings_are_named(settings):
    """Errors name the culprit."""
    *sizes, std = settings
    with pytest.raises(ValueError, match="must be positive; got"):
        Patchwork.random(*sizes, generator(), std=std)
