"""Networks that are kept for the page, as float16.

Read `halves`, then `restore`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Arrays = Mapping[str, NDArray[Any]]


def halves(module: nn.Module, prefix: str) -> dict[str, NDArray[np.float16]]:
    """The weights of a network by name, with a prefix, as float16."""
    return {
        f"{prefix}.{name}": value.numpy().astype("float16")
        for name, value in module.state_dict().items()
    }


def restore(module: nn.Module, arrays: Arrays, prefix: str) -> None:
    """Put weights that `halves` made into a network, in place; it learns no more."""
    module.load_state_dict(
        {
            name: torch.from_numpy(arrays[f"{prefix}.{name}"].astype("float32"))
            for name in module.state_dict()
        }
    )
    module.requires_grad_(False)
