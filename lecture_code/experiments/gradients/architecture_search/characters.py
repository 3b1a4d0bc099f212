"""The text and the language models that recurrent cells are judged by.

The text is the prose of the corpus: docstrings of SciPy, 900,000 characters. Of every
ten stretches of 10,000 characters, eight are for training, the ninth is for validation
and the tenth for the test. Docstrings repeat themselves, so a test stretch has phrases
that the training text has too; this is the same for all models.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from lecture_code.data.corpus import CHARACTERS, load_corpus
from lecture_code.gradients.recurrent_cells import CellTree, RecurrentCell
from lecture_code.learning.characters import (
    TORCH_LAYERS,
    CharacterModel,
    CharacterSettings,
    MakeLayer,
    in_rows,
    number_of_weights,
    torch_layer,
    width_of_equal,
)

STRETCH = 10_000
"""Characters of a stretch."""
LISTENERS = 250
"""Rows in which a text is read that nothing is learnt from."""


@dataclass(frozen=True)
class CellText:
    """The three parts of the text, in rows: (length, rows)."""

    training: Tensor
    validation: Tensor
    test: Tensor


@cache
def cell_text(fingerprint: str, rows: int) -> CellText:
    """The text of this fingerprint; the training part in so many rows."""
    prose = load_corpus(fingerprint).domains[0]
    stretch = np.arange(len(prose)) // STRETCH % 10
    return CellText(
        in_rows(prose[stretch < 8], rows),
        in_rows(prose[stretch == 8], LISTENERS),
        in_rows(prose[stretch == 9], LISTENERS),
    )


def layer_maker(arm: str | CellTree) -> MakeLayer:
    """What makes a recurrent layer: one of torch's, by name, or a cell of the search.

    Raises:
        ValueError: torch has no such layer.
    """
    if isinstance(arm, str) and arm not in TORCH_LAYERS:
        raise ValueError(
            f"no recurrent layer {arm!r}; there are: {', '.join(TORCH_LAYERS)}"
        )

    def make(inputs: int, width: int, generator: torch.Generator) -> nn.Module:
        if isinstance(arm, str):
            return torch_layer(arm, inputs, width, generator)
        return RecurrentCell(arm, inputs, width, generator=generator)

    return make


def model_parameters(tree: CellTree, settings: CharacterSettings, width: int) -> int:
    """The number of parameters of a language model with this cell."""
    return number_of_weights(
        _model(layer_maker(tree), settings, width, torch.Generator())
    )


def character_model(
    arm: str | CellTree, settings: CharacterSettings, parameters: int, seed: int
) -> tuple[CharacterModel, int]:
    """A fresh language model with, as nearly as can be, so many parameters; its width.

    Args:
        arm: see `layer_maker`.
        settings: its training's.
        parameters: in all.
        seed: of the first weights.
    """
    make = layer_maker(arm)
    width = width_of_equal(make, parameters, CHARACTERS, settings.embedding)
    generator = torch.Generator().manual_seed(seed)
    return _model(make, settings, width, generator), width


def recorded(loss: float) -> float | None:
    """A loss as a record holds it: None where the training has diverged."""
    return loss if math.isfinite(loss) else None


def _model(
    make: MakeLayer, settings: CharacterSettings, width: int, generator: torch.Generator
) -> CharacterModel:
    layer = make(settings.embedding, width, generator)
    return CharacterModel(
        layer, CHARACTERS, settings.embedding, width, generator=generator
    )
