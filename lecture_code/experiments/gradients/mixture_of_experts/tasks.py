"""The tasks of the full-scale runs with mixtures of experts.

A patchwork of 64 linear maps, and a language model of characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, layer_norm

from lecture_code.data.corpus import CHARACTERS, FINGERPRINT, load_corpus
from lecture_code.gradients.mixture_of_experts import MixtureOfExperts, Routing
from lecture_code.gradients.patchwork import Patchwork

CONTEXT = 8
"""Number of characters that the language model sees."""
TEST = 20_000
"""Number of examples of a test."""
PATCHES = 64
"""Number of linear maps of a patchwork."""


@dataclass(frozen=True)
class MixtureSettings:
    """Which mixtures are trained, on which task, and how.

    Args:
        task: "patchwork" or "language".
        experts: the numbers n that are compared.
        data: numbers of examples to train on (of each domain, for the language); 0
            for all examples.
        weights: pairs of w_importance and w_load that are compared.
        seeds: one training for each seed.
        k: number of experts that answer an example.
        width, hidden: size d of an input, and h of each expert's hidden layer.
        steps, batch, rate: of the training with Adam; the rate rises over 50 steps and
            falls to zero over the last 30 %.
        text: the corpus's fingerprint.
    """

    task: str
    experts: tuple[int, ...]
    data: tuple[int, ...]
    weights: tuple[tuple[float, float], ...] = ((0.1, 0.1),)
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
        """The loss that the training minimises."""


class PatchworkTask:
    """`PATCHES` linear maps, each around its own centre; each seed has its own maps."""

    def __init__(self, settings: MixtureSettings, data: int, seed: int) -> None:
        of_maps = torch.Generator().manual_seed(10_000 + seed)
        of_training = torch.Generator().manual_seed(20_000 + seed)
        of_test = torch.Generator().manual_seed(30_000 + seed)
        self.problem = Patchwork.random(PATCHES, settings.width, 8, of_maps)
        self.x, self.y, _ = self.problem.draw(data, of_training)
        self._test = self.problem.draw(TEST, of_test)

    def model(
        self, settings: MixtureSettings, experts: int, generator: torch.Generator
    ) -> nn.Module:
        """One mixture layer, with nothing around it."""
        return layer_of(settings, experts, 8, generator)

    def batch(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`size` examples of the training data, drawn with replacement."""
        i = torch.randint(len(self.x), (size,), generator=generator)
        return self.x[i], self.y[i]

    def test(self) -> tuple[Tensor, Tensor, Tensor]:
        """Examples that no training sees: inputs, targets, domains."""
        return self._test

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean squared error; the answers' variance is about one."""
        return (outputs - targets).square().mean()


class LanguageTask:
    """Predict the next character from the `CONTEXT` characters before it.

    Every tenth stretch of 2000 characters is for the test.
    """

    def __init__(self, settings: MixtureSettings, data: int) -> None:
        self.windows, domain, held = _windows(settings.text)
        numbers = range(int(domain.max()) + 1)
        train = [torch.nonzero(~held & (domain == n)).flatten() for n in numbers]
        self.train = torch.cat([where[:data] if data else where for where in train])
        test = torch.nonzero(held).flatten()
        generator = torch.Generator().manual_seed(30_000)
        test = test[torch.randint(len(test), (TEST,), generator=generator)]
        window = self.windows[test].long()
        self._test = window[:, :CONTEXT], window[:, CONTEXT], domain[test]

    def model(
        self, settings: MixtureSettings, experts: int, generator: torch.Generator
    ) -> nn.Module:
        """A fresh `WindowModel`."""
        return WindowModel(settings, experts, generator)

    def batch(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Contexts and next characters, drawn with replacement."""
        i = torch.randint(len(self.train), (size,), generator=generator)
        window = self.windows[self.train[i]].long()
        return window[:, :CONTEXT], window[:, CONTEXT]

    def test(self) -> tuple[Tensor, Tensor, Tensor]:
        """Examples from stretches that no amount of data trains on."""
        return self._test

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy, in nats a character."""
        return cross_entropy(outputs, targets)


class WindowModel(nn.Module):
    """Logits of the next character from the characters before it.

    Characters → embeddings → a linear layer → the mixture, added to its input → logits.
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

        def random(rows: int, columns: int, std: float) -> nn.Parameter:
            return nn.Parameter(std * torch.randn(rows, columns, generator=generator))

        inputs = CONTEXT * embedding
        self.embedding = random(CHARACTERS, embedding, 0.5)
        self.W = random(inputs, self.width, inputs**-0.5)
        self.mixture = layer_of(settings, experts, self.width, generator)
        self.W_out = random(self.width, CHARACTERS, 0.05)

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
    width, k, hidden = settings.width, settings.k, settings.hidden
    if experts == 1:
        k, hidden = 1, k * hidden
    return MixtureOfExperts(
        width, experts, k, hidden, out, generator=generator, noise=experts > 1
    )


@cache
def _windows(fingerprint: str) -> tuple[Tensor, Tensor, Tensor]:
    """Stretches of CONTEXT + 1 characters, their domains, and which the test takes."""
    domains = [torch.from_numpy(codes) for codes in load_corpus(fingerprint).domains]
    parts = [codes.unfold(0, CONTEXT + 1, 1) for codes in domains]
    numbers = [torch.full((len(part),), n) for n, part in enumerate(parts)]
    held = [torch.arange(len(part)) // 2000 % 10 == 9 for part in parts]
    return torch.cat(parts), torch.cat(numbers), torch.cat(held)


@cache
def task_of(settings: MixtureSettings, data: int, seed: int) -> MixtureTask:
    """The task; each seed has its own patchwork, the text is always the same."""
    if settings.task == "patchwork":
        return PatchworkTask(settings, data, seed)
    return LanguageTask(settings, data)
