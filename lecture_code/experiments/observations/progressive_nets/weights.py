"""The weights of first columns: rounded to 8 bits, read from the committed result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.experiments.results import load_arrays, load_result
from lecture_code.learning.columns import Column, ColumnSizes
from lecture_code.learning.episodes import Theta, with_parameters


def rounded(theta: Theta) -> dict[str, NDArray[Any]]:
    """Parameters in 8 bits, with one scale for each output."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in theta.items():
        rows = value.detach().numpy().reshape(len(value), -1)
        scale = np.maximum(np.abs(rows).max(axis=1), 1e-12) / 127
        levels = np.rint(rows / scale[:, None]).reshape(value.shape)
        arrays[name] = levels.astype(np.int8)
        arrays[f"{name} scale"] = scale.astype(np.float32)
    return arrays


def from_rounded(arrays: Mapping[str, NDArray[Any]]) -> Theta:
    """Parameters of `rounded` ones."""
    theta = {}
    for name, levels in arrays.items():
        if not name.endswith(" scale"):
            scale = arrays[f"{name} scale"].reshape(-1, *[1] * (levels.ndim - 1))
            theta[name] = torch.from_numpy(levels * scale)
    return theta


def load_first_column(seed: int, name: str = "progressive_nets_columns") -> Column:
    """The committed first column of this seed.

    Raises:
        ExperimentError: there is no such result.
        ValueError: it has no such seed; the message lists the seeds.
    """
    result = load_result(name, check=False)
    if seed not in result.seeds:
        raise ValueError(
            f"{name} has no seed {seed}; there are {', '.join(map(str, result.seeds))}"
        )
    row = result.seeds.index(seed)
    arrays = {key: part[row] for key, part in load_arrays(name).items()}
    sizes = ColumnSizes(
        filters=tuple(result.settings["filters"]), dense=result.settings["dense"]
    )
    column = with_parameters(
        Column(sizes, np.random.default_rng(0)), from_rounded(arrays)
    )
    assert isinstance(column, Column)
    return column
