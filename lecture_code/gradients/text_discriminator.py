"""A discriminator of sequences: convolutions over tokens, and the largest of each.

Kim, "Convolutional Neural Networks for Sentence Classification" (2014),
arXiv:1408.5882, as SeqGAN uses it (Yu et al. 2017, arXiv:1609.05473, section 3.2).

    tokens (n, T) → embeddings (n, T, E) → filters of width w (n, F, T − w + 1)
                  → the largest value of each filter → highway → dropout → logit

    (1)  D(Y)      = σ(logit of Y): the probability that people, or the oracle, wrote Y
    (2)  highway   : τ ReLU(W_H c) + (1 − τ) c   with   τ = σ(W_T c + b_T)
    (3)  loss      = −(1/m) Σ log D(real) − (1/m) Σ log(1 − D(written))
                     + penalty times half the squares of the last layer

Idea. A filter of width w sees w tokens in a row. It answers strongly to the w-grams
that tell real sequences from written ones. The largest answer does not depend on where
in the sequence the w-gram stands.

Read `TextDiscriminator.forward`, then `discriminator_step`.

Deviations: widths 2 to 5 with 32 filters each; SeqGAN has 12 widths up to 20 and up to
200 filters each. ReLU before the largest value is SeqGAN's. The first transform gate is
nearly closed (b_T = −2), as in SeqGAN's code.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, relu, softplus


@dataclass(frozen=True)
class TextDiscriminatorSettings:
    """What the discriminator looks like, and how it learns.

    Args:
        embedding: E, numbers that stand for a token.
        widths: w, tokens that a filter sees.
        filters: F, filters of each width.
        highway: whether (2) stands between filters and logit.
        dropout: share of the numbers before the logit that a training step ignores.
        rate: of Adam.
        batch: m, sequences of either kind in a training step.
        penalty: of the squares of the last layer's weights.
    """

    embedding: int = 32
    widths: tuple[int, ...] = (2, 3, 4, 5)
    filters: int = 32
    highway: bool = True
    dropout: float = 0.25
    rate: float = 1e-3
    batch: int = 64
    penalty: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("embedding", "filters", "rate", "batch"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        if not self.widths or min(self.widths) < 1:
            raise ValueError(f"widths must be 1 or more; got {self.widths}")
        if not 0 <= self.dropout < 1:
            raise ValueError(
                f"dropout must be at least 0 and below 1; got {self.dropout}"
            )
        if not self.penalty >= 0:
            raise ValueError(f"penalty must not be negative; got {self.penalty}")


class TextDiscriminator(nn.Module):
    """Says how probable it is that a sequence is real.

    Args:
        vocabulary: V, the number of tokens.
        settings: what it looks like.
        generator: draws the first weights.
    """

    def __init__(
        self,
        vocabulary: int,
        settings: TextDiscriminatorSettings,
        generator: torch.Generator,
    ) -> None:
        super().__init__()

        def uniform(*shape: int, inputs: int) -> nn.Parameter:
            u = 2 * torch.rand(*shape, generator=generator) - 1  # ~ U(−1, 1)
            return nn.Parameter(u * inputs**-0.5)

        E, F = settings.embedding, settings.filters
        features = F * len(settings.widths)
        self.settings = settings
        self.embedding = uniform(vocabulary, E, inputs=1)
        self.kernels = nn.ParameterList(
            uniform(F, E, w, inputs=E * w) for w in settings.widths
        )
        self.W_H = uniform(features, features, inputs=features)
        self.W_T = uniform(features, features, inputs=features)
        self.b_T = nn.Parameter(torch.full((features,), -2.0))
        self.w_out = uniform(features, inputs=features)
        self.b_out = nn.Parameter(torch.zeros(()))

    def forward(
        self, tokens: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Logits of "real", (n,).

        Args:
            tokens: (n, T), all of the same length.
            generator: draws what dropout ignores; without it nothing is ignored.

        Raises:
            ValueError: the sequences are shorter than a filter.
        """
        widest = max(self.settings.widths)
        if tokens.shape[1] < widest:
            raise ValueError(
                f"sequences of {tokens.shape[1]} tokens are too short for filters of "
                f"width {widest}"
            )
        x = self.embedding[tokens].transpose(1, 2)  # (n, E, T)
        largest = [relu(conv1d(x, kernel)).amax(2) for kernel in self.kernels]
        c = torch.cat(largest, dim=1)  # (n, features)
        if self.settings.highway:
            gate = torch.sigmoid(c @ self.W_T + self.b_T)
            c = gate * relu(c @ self.W_H) + (1 - gate) * c  # eq. 2
        if generator is not None and self.settings.dropout:
            kept = torch.rand(c.shape, generator=generator) >= self.settings.dropout
            c = c * kept / (1 - self.settings.dropout)
        return c @ self.w_out + self.b_out

    def probability(self, tokens: Tensor) -> Tensor:
        """D(Y) of sequences (n, T), (n,), without dropout and without a gradient."""
        with torch.no_grad():
            return torch.sigmoid(self(tokens))  # eq. 1

    def accuracy(self, real: Tensor, written: Tensor) -> float:
        """How often D is right: the mean of its shares on the two kinds."""
        with torch.no_grad():
            right = (self(real) > 0).float().mean() + (self(written) < 0).float().mean()
        return float(right) / 2


def discriminator_optimiser(network: TextDiscriminator) -> torch.optim.Adam:
    """Adam with the rate of the discriminator's settings."""
    return torch.optim.Adam(network.parameters(), network.settings.rate)


def discriminator_epoch(
    network: TextDiscriminator,
    optimiser: torch.optim.Optimizer,
    real: Tensor,
    written: Tensor,
    generator: torch.Generator,
) -> float:
    """One pass over real and written sequences, (n, T) each. It changes the network.

    Returns:
        the mean loss before the steps [nats].

    Raises:
        ValueError: there are not as many real sequences as written ones.
    """
    if real.shape != written.shape:
        raise ValueError(
            f"real and written sequences must have one shape; got {tuple(real.shape)} "
            f"and {tuple(written.shape)}"
        )
    batch = network.settings.batch
    pairs = zip(
        torch.split(real[torch.randperm(len(real), generator=generator)], batch),
        torch.split(written[torch.randperm(len(real), generator=generator)], batch),
        strict=True,
    )
    losses = [
        discriminator_step(network, optimiser, some_real, some_written, generator)
        for some_real, some_written in pairs
    ]
    return sum(losses) / len(losses)


def discriminator_step(
    network: TextDiscriminator,
    optimiser: torch.optim.Optimizer,
    real: Tensor,
    written: Tensor,
    generator: torch.Generator,
) -> float:
    """One training step of D on real and written sequences. It changes the network.

    Args:
        network: D.
        optimiser: of its parameters.
        real: (m, T).
        written: (m, T), of the generator of sequences.
        generator: draws what dropout ignores.

    Returns:
        the loss before the step, without the penalty [nats].
    """
    n = len(real)
    logits = network(torch.cat([real, written]), generator)
    loss = softplus(-logits[:n]).mean() + softplus(logits[n:]).mean()
    penalty = network.settings.penalty * (network.w_out**2).sum() / 2
    optimiser.zero_grad()
    (loss + penalty).backward()  # type: ignore[no-untyped-call]  # eq. 3
    optimiser.step()
    return loss.item()
