"""Numbers that the text of the chapter mentions, and a gradient as one vector."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.experiments.gradients.architecture_search.table_facts import facts_of
from lecture_code.figures.gradients.architecture_search.space import TWICE
from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.gradients.recurrent_cells import cell_space
from lecture_code.gradients.string_controllers import StringController


def numbers(table: ArchitectureTable) -> dict[str, str]:
    """Name -> text, for `glue`.

    Args:
        table: every value of the space.
    """
    facts = facts_of(table)
    errors = 1 - table.values
    return {
        "n_strings": f"{table.space.count:,}",
        "n_train": "400",
        "n_trainings": f"{table.validation.shape[1]}",
        "share_twice": f"{100 * np.mean(errors > TWICE * errors.min()):.0f} %",
        "share_near": f"{100 * facts.within_1_percent:.0f} %",
        "noise": f"{100 * facts.noise_of_good:.1f}",
        "n_cells": f"{cell_space(2).count:,}",
    }


def flat_gradient(controller: StringController, number: Tensor) -> NDArray[np.float64]:
    """The gradient of a number in all parameters of a controller, (parameters,)."""
    parts = torch.autograd.grad(number, list(controller.parameters()))
    flat = torch.cat([part.flatten() for part in parts])
    return np.asarray(flat.double().numpy())
