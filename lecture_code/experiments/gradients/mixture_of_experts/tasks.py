"""What mixtures of experts are trained on in the full-scale runs: a patchwork of 64
maps, and a language model of characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, layer_norm

from lecture_code.data.corpus import CHARACTERS, FINGERPRINT, corpus
from lecture_code.gradients.mixture_of_experts import MixtureOfExperts, Routing
from lecture_code.gradients.patchwork import Patchwork

CONTEXT = 8
"""Characters that the language model sees."""
TEST = 20_000
"""Examples of a test."""
PATCHES = 64


@dataclass(frozen=True)
class MixtureSettings:
    """What is trained on what.

    Args:
        task: "patchwork" or "language".
        experts: the numbers n that are compared.
        data: examples to train on (of each domain, for the language); 0 for all there
            are.
        weights: values of w_importance and w_load; all pairs are tried if there are
            several, and (w, w) if there is one.
        k, width, hidden: experts of an example, d, and h of each expert.
        steps, batch, rate: of the training with Adam; the rate rises over 50 steps and
            falls to zero over the last 30 %.
        text: the corpus's fingerprint.
    """

    task: str
    experts: tuple[int, ...]
    data: tuple[int, ...]
    weights: tuple[float, ...] = (0.1,)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    k: int = 2
    width: int = 64
    hidden: int = 64
    steps: int = 1000
    batch: int = 512
    rate: float = 3e-3
    text: str = FINGERPRINT


class MixtureTask(Protocol):
    """What a mixture is trained on."""

    def model(
        self, settings: MixtureSettings, experts: int, generator: torch.Generator
    ) -> nn.Module:
        """A fresh model: `model(inputs, generator)` gives outputs and a routing."""

    def batch(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Inputs and targets for a step."""

    def test(self) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs, targets and domains of the test."""

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """What is minimised."""


class PatchworkTask:
    """`PATCHES` linear maps, each around its own centre; another problem for each seed."""

    def __init__(self, settings: MixtureSettings, data: int, seed: int) -> None:
        seeds = [
            torch.Generator().manual_seed(base + seed)
            for base in (10_000, 20_000, 30_000)
        ]
        self.problem = Patchwork.random(PATCHES, settings.width, 8, seeds[0])
        self.x, self.y, _ = self.problem.draw(data, seeds[1])
        self._test = self.problem.draw(TEST, seeds[2])

    def model(
        self, settings: MixtureSettings, experts: int, generator: torch.Generator
    ) -> nn.Module:
        """The layer alone."""
        return layer_of(settings, experts, 8, generator)

    def batch(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Examples drawn with replacement."""
        i = torch.randint(len(self.x), (size,), generator=generator)
        return self.x[i], self.y[i]

    def test(self) -> tuple[Tensor, Tensor, Tensor]:
        """Fresh examples."""
        return self._test

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean squared error; the answers' variance is about one."""
        return (outputs - targets).square().mean()


class LanguageTask:
    """Predict the next character from the `CONTEXT` before it; every tenth stretch of
    2000 characters is for the test.
    """

    def __init__(self, settings: MixtureSettings, data: int) -> None:
        self.windows, domain, held = _windows(settings.text)
        train = [
            torch.nonzero(~held & (domain == number)).flatten()
            for number in range(int(domain.max()) + 1)
        ]
        self.train = torch.cat([where[:data] if data else where for where in train])
        test = torch.nonzero(held).flatten()
        test = test[
            torch.randint(
                len(test), (TEST,), generator=torch.Generator().manual_seed(30_000)
            )
        ]
        window = self.windows[test].long()
        self._test = window[:, :CONTEXT], window[:, CONTEXT], domain[test]

    def model(
        self, settings: MixtureSettings, experts: int, generator: torch.Generator
    ) -> nn.Module:
        """See `LanguageModel`."""
        return LanguageModel(settings, experts, generator)

    def batch(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Contexts and next characters, drawn with replacement."""
        window = self.windows[
            self.train[torch.randint(len(self.train), (size,), generator=generator)]
        ].long()
        return window[:, :CONTEXT], window[:, CONTEXT]

    def test(self) -> tuple[Tensor, Tensor, Tensor]:
        """From stretches that are never trained on, whatever the amount of data."""
        return self._test

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy, in nats a character."""
        return cross_entropy(outputs, targets)


class LanguageModel(nn.Module):
    """Characters → embeddings → a linear layer → the mixture, added to what it was
    given → logits of the next character.
    """

    def __init__(
        self,
        settings: MixtureSettings,
        experts: int,
        generator: torch.Generator,
        embedding: int = 16,
    ) -> None:
        super().__init__()
        self.width = settings.width
        self.embedding = nn.Parameter(
            0.5 * torch.randn(CHARACTERS, embedding, generator=generator)
        )
        self.W = nn.Parameter(
            torch.randn(CONTEXT * embedding, self.width, generator=generator)
            / (CONTEXT * embedding) ** 0.5
        )
        self.mixture = layer_of(settings, experts, self.width, generator)
        self.W_out = nn.Parameter(
            0.05 * torch.randn(self.width, CHARACTERS, generator=generator)
        )

    def forward(
        self, context: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Routing]:
        """Logits (T, CHARACTERS) for contexts (T, CONTEXT)."""
        x = layer_norm(self.embedding[context].flatten(1) @ self.W, (self.width,))
        y, routing = self.mixture(x, generator)
        return layer_norm(x + y, (self.width,)) @ self.W_out, routing


def layer_of(
    settings: MixtureSettings, experts: int, out: int, generator: torch.Generator
) -> MixtureOfExperts:
    """The mixture; with one expert, the dense network of the same arithmetic."""
    k, hidden = (
        (1, settings.k * settings.hidden)
        if experts == 1
        else (settings.k, settings.hidden)
    )
    return MixtureOfExperts(
        settings.width, experts, k, hidden, out, generator=generator, noise=experts > 1
    )


@cache
def _windows(fingerprint: str) -> tuple[Tensor, Tensor, Tensor]:
    """Every stretch of CONTEXT + 1 characters, the domain of each, and whether it is
    for the test.
    """
    parts = [
        torch.from_numpy(codes).unfold(0, CONTEXT + 1, 1)
        for codes in corpus(fingerprint).domains
    ]
    domain = torch.cat(
        [torch.full((len(part),), number) for number, part in enumerate(parts)]
    )
    held = torch.cat([torch.arange(len(part)) // 2000 % 10 == 9 for part in parts])
    return torch.cat(parts), domain, held


@cache
def task_of(settings: MixtureSettings, data: int, seed: int) -> MixtureTask:
    """The task; problems of a patchwork differ from seed to seed, the text is always
    the same.
    """
    return (
        PatchworkTask(settings, data, seed)
        if settings.task == "patchwork"
        else LanguageTask(settings, data)
    )
