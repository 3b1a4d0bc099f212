"""A language model of characters: a recurrent layer that predicts the next character.

    characters (T, B) → embeddings (T, B, E) → recurrent layer (T, B, H) → logits

The layer is any module with torch's seam: `layer(x, state) → outputs, state`, time
first, and `state=None` for the start. The text is laid out as B rows that are read side
by side. A training step goes over the next T characters of all rows, and its gradient
ends where the step begins (truncated back-propagation through time): the state goes on,
without its history. The perplexity is exp of the mean cross-entropy in nats. It says
among how many equally likely characters the model is in doubt.

Read `CharacterTraining.advance`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

MakeLayer = Callable[[int, int, torch.Generator], nn.Module]
"""Inputs, width, generator -> a fresh recurrent layer."""
TORCH_LAYERS = {"tanh RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


@dataclass(frozen=True)
class CharacterSettings:
    """How a language model is trained, with Adam.

    Args:
        steps: training steps.
        rate: learning rate; it falls linearly to zero over the last half of the steps.
        rows: B, stretches of text that are read side by side.
        truncation: T, characters of each row in a step.
        embedding: E, numbers that stand for a character.
        clip: largest norm of the gradient; a larger gradient is shortened.
    """

    steps: int = 1000
    rate: float = 1e-2
    rows: int = 64
    truncation: int = 32
    embedding: int = 32
    clip: float = 1.0


class CharacterModel(nn.Module):
    """Logits of the next character after each character.

    Args:
        layer: what remembers; its inputs are embeddings.
        characters: number of different characters.
        embedding, width: sizes E and H of the layer's inputs and outputs.
        generator: draws the first weights of embeddings and logits.
    """

    def __init__(
        self,
        layer: nn.Module,
        characters: int,
        embedding: int,
        width: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.layer = layer
        first = torch.randn(characters, embedding, generator=generator)
        self.embedding = nn.Parameter(first)  # ~ N(0, 1)
        logits = torch.randn(width, characters, generator=generator)
        self.W_out = nn.Parameter(0.05 * logits)  # ~ N(0, 0.05²)
        self.b_out = nn.Parameter(torch.zeros(characters))

    def forward(self, codes: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits (T, B, characters) after codes (T, B), and the state after them."""
        outputs, state = self.layer(self.embedding[codes], state)
        return outputs @ self.W_out + self.b_out, state


def torch_layer(
    name: str, inputs: int, width: int, generator: torch.Generator
) -> nn.Module:
    """A layer of torch: "tanh RNN", "GRU" or "LSTM", with first weights from the
    generator: uniform up to 1/√H, as torch's own.

    Raises:
        ValueError: another name.
    """
    if name not in TORCH_LAYERS:
        raise ValueError(
            f"no recurrent layer {name!r}; there are: {', '.join(TORCH_LAYERS)}"
        )
    with torch.random.fork_rng():  # torch's own first weights are not used
        layer: nn.Module = TORCH_LAYERS[name](inputs, width)
    for weights in layer.parameters():
        nn.init.uniform_(weights, -(width**-0.5), width**-0.5, generator=generator)
    return layer


def number_of_weights(model: nn.Module) -> int:
    """The number of numbers that a model learns."""
    return sum(weights.numel() for weights in model.parameters())


def width_of_equal(
    make: MakeLayer, parameters: int, characters: int, embedding: int
) -> int:
    """The width H at which a language model with this layer has, as nearly as can be,
    so many parameters in all.
    """

    def parameters_at(width: int) -> int:
        layer = make(embedding, width, torch.Generator())
        head = (width + 1) * characters
        return number_of_weights(layer) + characters * embedding + head

    width = 1
    while parameters_at(width + 1) <= parameters:
        width += 1
    pair = (width, width + 1)
    return min(pair, key=lambda width: abs(parameters_at(width) - parameters))


def in_rows(codes: NDArray[np.uint8], rows: int) -> Tensor:
    """A text as stretches side by side, time first: (length // rows, rows).

    Raises:
        ValueError: the text is too short for two characters in each row.
    """
    length = len(codes) // rows
    if length < 2:
        raise ValueError(
            f"{len(codes)} characters are too few for {rows} rows of 2 or more"
        )
    stretches = torch.from_numpy(codes[: length * rows].astype(np.int64))
    return stretches.view(rows, length).T.contiguous()


def perplexity(model: CharacterModel, text: Tensor, truncation: int = 64) -> float:
    """exp of the mean cross-entropy of the characters after the first, in all rows.

    At most the number of characters: a model that diverged counts as one that knows
    nothing.

    Args:
        model: it reads each row from its beginning, with an empty memory.
        text: (length, rows), of `in_rows`.
        truncation: characters of each row that are read at once; no influence on the
            result.
    """
    nats = 0.0
    state = None
    with torch.no_grad():
        for start in range(0, len(text) - 1, truncation):
            piece = text[start : start + truncation + 1]
            logits, state = model(piece[:-1], state)
            loss = cross_entropy(
                logits.flatten(0, 1), piece[1:].flatten(), reduction="sum"
            )
            nats += loss.item()
    mean = nats / text[1:].numel()
    most = math.log(len(model.embedding))
    return math.exp(min(most, mean))  # `most` also where the mean is nan


class CharacterTraining:
    """The training of one language model; it can be pickled between two steps.

    Args:
        model: trained in place.
        settings: see there.
    """

    def __init__(self, model: CharacterModel, settings: CharacterSettings) -> None:
        self.model = model
        self.settings = settings
        self.optimiser = torch.optim.Adam(model.parameters(), lr=settings.rate)
        self.step = 0
        self.place = 0
        self.state: Any = None
        self.diverged = False

    def rate(self) -> float:
        """Learning rate of the next step."""
        left = (self.settings.steps - self.step) / self.settings.steps
        return self.settings.rate * min(1.0, 2 * left)

    def advance(self, text: Tensor) -> float:
        """One training step. Returns its loss [nats] before the step.

        A loss that is not finite ends the learning: the model stays as it is.

        Args:
            text: rows to train on, (length, rows), of `in_rows`; the same at each step.
        """
        T = self.settings.truncation
        if self.place + T >= len(text):  # the text is over: from its beginning
            self.place = 0
            self.state = None
        piece = text[self.place : self.place + T + 1]
        logits, state = self.model(piece[:-1], self.state)
        loss: Tensor = cross_entropy(logits.flatten(0, 1), piece[1:].flatten())
        self.step += 1
        self.place += T
        self.state = _without_history(state)
        self.diverged |= not math.isfinite(loss.item())
        if not self.diverged:
            self._learn(loss)
        return loss.item()

    def _learn(self, loss: Tensor) -> None:
        self.optimiser.param_groups[0]["lr"] = self.rate()
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        if norm.isfinite():
            self.optimiser.step()
        else:
            self.diverged = True


def _without_history(state: Any) -> Any:
    """A state, a tensor or a tuple of tensors, from which no gradient flows back."""
    if isinstance(state, Tensor):
        return state.detach()
    return tuple(part.detach() for part in state)
