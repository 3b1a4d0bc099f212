"""A GAN that writes strings of symbols: the Gumbel-softmax lets a gradient through.

Kusner & Hernández-Lobato, "GANS for Sequences of Discrete Elements with the
Gumbel-softmax Distribution" (2016), arXiv:1611.04051. The generator G writes a string,
the discriminator D says how real it looks. G could follow the gradient of D, but each
symbol is a choice, and no gradient passes a choice:

    (1)  y = one_hot(argmax_i (h_i + g_i)),   g_i ~ Gumbel
    (2)  y = softmax((h + g) / τ)

(1) draws a symbol from softmax(h). (2) puts a mixture of all symbols in its place. A
gradient passes (2), and for τ → 0 it becomes (1). Algorithm 1 of the paper:

     5  take m real strings x
     6  draw m noises z; G writes m strings
     7  D goes downhill on  −mean log D(x) − mean log(1 − D(G(z)))
     8  G goes downhill on  −mean log(D(G(z)) / (1 − D(G(z))))

With D = sigmoid(d), the loss of line 8 is −mean d. So its gradient does not vanish
where D is sure.

Idea. How line 8 gets its gradient is a setting, and all else stays the same:

    gumbel            propagate through (2): G and D see mixtures
    straight_through  G and D see (1); backwards, (1) is taken for (2)
    reinforce         estimate: G and D see (1), the reward of a string is d, and
                      (3) ∇ ≈ mean_k Σ_t ∇ log p(y_t | y_1:t−1) (Q_t − b)
    likelihood        no GAN: G learns the real strings by maximum likelihood

In (3), Q_t is the reward of the whole string, or the mean reward of N roll-outs of its
first t symbols; b is the mean of Q_t over the other strings of the batch.

If D saw mixtures from G and pure symbols from the data, it could tell them apart by
their maximum alone. So real symbols are softened, too: their logits are log 0.9 for the
true symbol and share the rest evenly, and they pass (2) at the same τ.

Read `gan_step_in_place`, then `generator_loss`; G and D are in `symbol_networks.py`.

Deviations from the paper: small networks (its text has no sizes), batches of 64 instead
of 200, fewer steps, tuned rates of Adam, and the last three ways to get a gradient. D's
answer comes from its last output. "About 0.9" is read as a probability of 0.9.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import one_hot, softplus

from lecture_code.gradients.relaxations import gumbel_noise
from lecture_code.gradients.symbol_networks import (
    SymbolReader,
    SymbolWriter,
    Written,
    roll_out_rewards,
    softened_strings,
)

ESTIMATORS = ("gumbel", "straight_through", "reinforce", "likelihood")
REALS = ("softened", "hard")
GAN_BASELINES = ("others", "none")


@dataclass(frozen=True)
class GanSettings:
    """How G and D learn.

    Args:
        estimator: how G gets its gradient, of `ESTIMATORS`.
        reals: whether D sees real strings "softened" or "hard", as one-hot vectors.
        hottest, coldest: τ at the beginning, and at the end of the annealing.
        annealing: share of the steps in which τ falls, linearly; later it stays.
        confidence: probability of the true symbol in the logits of softened strings.
        baseline: b of (3), for "reinforce": the mean reward of the "others" of the
            batch, or "none".
        roll_outs: N for each prefix, for "reinforce"; 0 for the whole string's reward.
        steps: how many steps the annealing reckons with.
        batch: m, strings of a step.
        writer_rate, reader_rate: of Adam, of G and of D.

    Raises:
        ValueError: a number is out of range, or a name is unknown.
    """

    estimator: str = "gumbel"
    reals: str = "softened"
    hottest: float = 5.0
    coldest: float = 1.0
    annealing: float = 0.5
    confidence: float = 0.9
    baseline: str = "others"
    roll_outs: int = 0
    steps: int = 3000
    batch: int = 64
    writer_rate: float = 1e-3
    reader_rate: float = 1e-3

    def __post_init__(self) -> None:
        known_names = {
            "estimator": ESTIMATORS,
            "reals": REALS,
            "baseline": GAN_BASELINES,
        }
        for name, known in known_names.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(known)}; got "
                    f"{getattr(self, name)!r}"
                )
        positive = ("hottest", "coldest", "steps", "batch")
        for name in (*positive, "writer_rate", "reader_rate"):
            if not getattr(self, name) > 0:  # nan is refused, too
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        if not 0 <= self.annealing <= 1:
            raise ValueError(f"annealing must be in [0, 1]; got {self.annealing}")
        if not 0 < self.confidence < 1:
            raise ValueError(
                f"confidence must be between 0 and 1; got {self.confidence}"
            )
        if self.roll_outs < 0:
            raise ValueError(f"roll_outs must not be negative; got {self.roll_outs}")
        if self.roll_outs and self.estimator != "reinforce":
            raise ValueError('roll_outs are for the estimator "reinforce" only')
        if self.estimator == "reinforce" and self.batch < 2:
            raise ValueError('estimator "reinforce" needs a batch of 2 or more; got 1')

    def temperature(self, step: int) -> float:
        """τ of a step: from the hottest to the coldest, then the coldest."""
        falling = self.annealing * self.steps
        done = min(1.0, step / falling) if falling else 1.0
        return self.hottest + (self.coldest - self.hottest) * done


@dataclass(frozen=True, eq=False)
class GanState:
    """Between two steps, with the losses of the last step.

    Args:
        writer, reader: G and D.
        writer_optimiser, reader_optimiser: Adam of each.
        steps: so far.
        reader_loss, writer_loss: before the updates of the last step; nan at first.
    """

    writer: SymbolWriter
    reader: SymbolReader
    writer_optimiser: torch.optim.Optimizer
    reader_optimiser: torch.optim.Optimizer
    steps: int = 0
    reader_loss: float = float("nan")
    writer_loss: float = float("nan")


def initial_gan(
    symbols: int, hidden: int, settings: GanSettings, generator: torch.Generator
) -> GanState:
    """G and D before the first step.

    Args:
        symbols, hidden: V, and H of both.
        settings: the rates are used.
        generator: draws the first weights, those of G first.
    """
    writer = SymbolWriter(symbols, hidden, generator)
    reader = SymbolReader(symbols, hidden, generator)
    adam_of_writer = torch.optim.Adam(
        writer.parameters(), settings.writer_rate, fused=True
    )
    adam_of_reader = torch.optim.Adam(
        reader.parameters(), settings.reader_rate, fused=True
    )
    return GanState(writer, reader, adam_of_writer, adam_of_reader)


def gan(
    state: GanState, data: Tensor, settings: GanSettings, generator: torch.Generator
) -> Iterator[GanState]:
    """Algorithm 1, step by step, for ever: the caller says when to stop."""
    while True:
        state = gan_step(state, data, settings, generator)
        yield state


def gan_step(
    state: GanState, data: Tensor, settings: GanSettings, generator: torch.Generator
) -> GanState:
    """One step, lines 5 to 8, which leaves the old state as it is.

    Args:
        data: codes of real strings, (N, T).
        generator: draws real strings and all noise.
    """
    return gan_step_in_place(copy.deepcopy(state), data, settings, generator)


def gan_step_in_place(
    state: GanState, data: Tensor, settings: GanSettings, generator: torch.Generator
) -> GanState:
    """`gan_step` without a copy: it changes the networks of the old state."""
    writer, reader = state.writer, state.reader
    m = settings.batch
    tau = settings.temperature(state.steps)
    rows = torch.randint(len(data), (m,), generator=generator)
    codes = data[rows]  # line 5
    z = writer.noise(m, generator)  # line 6
    if settings.estimator == "likelihood":
        loss = writer.nll(z, codes)
        descend_by(state.writer_optimiser, loss)
        return replace(state, steps=state.steps + 1, writer_loss=loss.item())
    g = gumbel_noise(torch.empty(codes.shape[1], m, writer.symbols), generator)
    written = writer.write(z, g, tau, settings.estimator)  # line 6
    real = real_inputs(codes, writer.symbols, settings, tau, generator)
    loss_of_reader = reader_loss(reader, real, written.symbols.detach())
    descend_by(state.reader_optimiser, loss_of_reader)  # line 7
    Q = None
    if settings.roll_outs:
        Q = roll_out_rewards(writer, reader, written, settings.roll_outs, generator)
    loss = generator_loss(reader, written, settings, Q)
    descend_by(state.writer_optimiser, loss)  # line 8
    return replace(
        state,
        steps=state.steps + 1,
        reader_loss=loss_of_reader.item(),
        writer_loss=loss.item(),
    )


def real_inputs(
    codes: Tensor,
    symbols: int,
    settings: GanSettings,
    temperature: float,
    generator: torch.Generator,
) -> Tensor:
    """Real strings (n, T) as D sees them under these settings, (T, n, V)."""
    if settings.reals == "hard":
        return one_hot(codes.T, symbols).float()
    return softened_strings(codes, symbols, settings.confidence, temperature, generator)


def reader_loss(reader: SymbolReader, real: Tensor, fake: Tensor) -> Tensor:
    """−mean log D(real) − mean log(1 − D(fake)) of strings (T, n, V): line 7."""
    d_real, d_fake = reader(torch.cat([real, fake], dim=1)).split(real.shape[1])
    loss: Tensor = softplus(-d_real).mean() + softplus(d_fake).mean()
    return loss


def generator_loss(
    reader: SymbolReader,
    written: Written,
    settings: GanSettings,
    Q: Tensor | None = None,
) -> Tensor:
    """A number whose gradient moves G: line 8, propagated or estimated.

    Args:
        reader, settings: D, and which estimator.
        written: strings of G, with their graph.
        Q: for "reinforce", what each symbol of each string is worth, (T, n); None for
            the reward of its whole string.
    """
    if settings.estimator != "reinforce":
        d: Tensor = reader(written.symbols)
        return -d.mean()  # −log D / (1 − D) = −d
    if Q is None:
        with torch.no_grad():
            Q = reader(written.symbols).expand(len(written.symbols), -1)
    b = torch.zeros_like(Q)
    if settings.baseline == "others":
        b = (Q.sum(dim=1, keepdim=True) - Q) / (Q.shape[1] - 1)
    log_p = (written.logits.log_softmax(dim=2) * written.symbols).sum(dim=2)
    return -(log_p * (Q - b)).sum(dim=0).mean()


def descend_by(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of an optimiser downhill; no gradient goes to other parameters."""
    weights = [w for group in optimiser.param_groups for w in group["params"]]
    gradients = torch.autograd.grad(loss, weights)
    for w, gradient in zip(weights, gradients, strict=True):
        w.grad = gradient
    optimiser.step()
