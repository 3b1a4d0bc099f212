"""A language model that writes sequences: an LSTM, and a softmax over the tokens.

    start, y_1, …, y_(T−1)  →  embeddings  →  LSTM  →  logits of y_1, …, y_T

    (1)  log p(y_1:T) = Σ_t log p(y_t | y_1:t−1)
    (2)  NLL          = −(1/T) E[log p(y_1:T)], in nats per token

The start token is an input of its own: it has an embedding, and it can never be
written. All sequences of a batch have the same length T. If a task has shorter
sequences, they end with a token for "blank", which counts like any other token.

The model does three things. `sample` writes sequences, token by token. A prefix can be
given: the model reads it, keeps it, and writes the rest. `log_probs` says how probable
given sequences are; each token is predicted from the true tokens before it (teacher
forcing). `fit_language` makes given sequences more probable (maximum likelihood).

Read `LanguageModel.sample`, then `fit_epoch`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Memory of n sequences: h (n, H) and c (n, H).
LstmState = tuple[Tensor, Tensor]


class LanguageModel(nn.Module):
    """An LSTM that writes sequences of tokens 0 … V − 1.

    Args:
        vocabulary: V, the number of tokens.
        embedding: E, numbers that stand for a token.
        hidden: H, the width of the LSTM.
        generator: draws the first weights.
        deviation: standard deviation of the first weights.
    """

    def __init__(
        self,
        vocabulary: int,
        embedding: int,
        hidden: int,
        generator: torch.Generator,
        deviation: float,
    ) -> None:
        super().__init__()
        sizes = {"vocabulary": vocabulary, "embedding": embedding, "hidden": hidden}
        for name, size in sizes.items():
            if size < 1:
                raise ValueError(f"{name} must be 1 or more; got {size}")
        if not deviation >= 0:
            raise ValueError(f"deviation must not be negative; got {deviation}")
        self.vocabulary = vocabulary
        self.start = vocabulary  # the start token, which cannot be written
        self.hidden = hidden
        self.embedding = nn.Parameter(torch.empty(vocabulary + 1, embedding))
        with torch.random.fork_rng():  # torch's own first weights are not used
            self.layer = nn.LSTM(embedding, hidden, batch_first=True)
        self.W_out = nn.Parameter(torch.empty(hidden, vocabulary))
        self.b_out = nn.Parameter(torch.empty(vocabulary))
        for weights in self.parameters():
            nn.init.normal_(weights, 0.0, deviation, generator=generator)
        nn.init.zeros_(self.layer.all_weights[0][3])  # torch has a second bias

    def initial_state(self, n: int) -> LstmState:
        """The empty memory of n sequences."""
        zeros = self.W_out.new_zeros(n, self.hidden)
        return zeros, zeros

    def forward(
        self, inputs: Tensor, state: LstmState | None = None
    ) -> tuple[Tensor, LstmState]:
        """Logits after each of the inputs, and the state after the last input.

        Args:
            inputs: tokens, or the start token, (n, T).
            state: the memory before the first input; empty if there is none.
        """
        h, c = self.initial_state(len(inputs)) if state is None else state
        outputs, (h, c) = self.layer(self.embedding[inputs], (h[None], c[None]))
        return outputs @ self.W_out + self.b_out, (h[0], c[0])

    def log_probs(
        self, tokens: Tensor, state: LstmState | None = None, temperature: float = 1.0
    ) -> Tensor:
        """log p(y_t | y_1:t−1) of each token, (n, T), by teacher forcing.

        Args:
            tokens: (n, T).
            state: the memory before the start token; empty if there is none.
            temperature: τ, by which the logits are divided.
        """
        self._check(tokens, "tokens")
        first = torch.full_like(tokens[:, :1], self.start)
        inputs = torch.cat([first, tokens[:, :-1]], dim=1)
        logits, _ = self(inputs, state)
        log_p = (logits / sampling_temperature(temperature)).log_softmax(2)
        chosen: Tensor = log_p.gather(2, tokens[:, :, None])[:, :, 0]
        return chosen

    def nll(
        self, tokens: Tensor, state: LstmState | None = None, temperature: float = 1.0
    ) -> Tensor:
        """−log p, the mean over sequences and tokens [nats per token]: eq. 2."""
        return -self.log_probs(tokens, state, temperature).mean()

    def sample(
        self,
        n: int,
        length: int,
        generator: torch.Generator,
        temperature: float = 1.0,
        prefix: Tensor | None = None,
        state: LstmState | None = None,
    ) -> Tensor:
        """n sequences that the model writes, (n, length).

        Args:
            n: number of sequences.
            length: T, tokens of each sequence, with the prefix.
            generator: draws one number u ~ U(0, 1) for each token that is written.
            temperature: τ, by which the logits are divided.
            prefix: the first k tokens of each sequence, (n, k). They are kept.
            state: the memory before the start token; empty if there is none.
        """
        sampling_temperature(temperature)
        prefix = torch.empty(n, 0).long() if prefix is None else prefix
        self._check(prefix, "prefix")
        kept = prefix.shape[1]
        if len(prefix) != n or kept > length:
            raise ValueError(
                f"prefix must have {n} rows and at most {length} tokens; got "
                f"{tuple(prefix.shape)}"
            )
        tokens = torch.empty(n, length, dtype=torch.int64)
        tokens[:, :kept] = prefix
        u = torch.rand(length - kept, n, generator=generator, dtype=self.W_out.dtype)
        with torch.no_grad():
            self._write(tokens, u, temperature, state)
        return tokens

    def _write(
        self, tokens: Tensor, u: Tensor, temperature: float, state: LstmState | None
    ) -> None:
        """Fills the last tokens (n, T), one column for each row of u (T − k, n)."""
        n, length = tokens.shape
        kept = length - len(u)
        h, c = self.initial_state(n) if state is None else state
        W_x, W_h, b_x, b_h = self.layer.all_weights[0]
        from_inputs = self.embedding @ W_x.T + b_x + b_h  # (V + 1, 4 H)
        from_memory = W_h.T.contiguous()
        inputs = torch.full((n,), self.start)
        for t in range(length):
            gates = torch.addmm(from_inputs[inputs], h, from_memory)  # (n, 4 H)
            i, f, g, o = gates.chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            if t >= kept:
                logits = torch.addmm(self.b_out, h, self.W_out)
                tokens[:, t] = drawn_tokens(logits / temperature, u[t - kept])
            inputs = tokens[:, t]

    def _check(self, tokens: Tensor, name: str) -> None:
        if tokens.ndim != 2 or tokens.dtype != torch.int64:
            raise ValueError(
                f"{name} must be int64 of shape (n, T); got {tokens.dtype} of shape "
                f"{tuple(tokens.shape)}"
            )
        if tokens.numel() and not 0 <= tokens.min() <= tokens.max() < self.vocabulary:
            raise ValueError(
                f"{name} must lie between 0 and {self.vocabulary - 1}; got "
                f"{tokens.min()} to {tokens.max()}"
            )


def sampling_temperature(temperature: float) -> float:
    """The temperature; ValueError if it is not positive."""
    if not temperature > 0:
        raise ValueError(f"temperature must be positive; got {temperature}")
    return temperature


def drawn_tokens(logits: Tensor, u: Tensor) -> Tensor:
    """One token of each row of logits (n, V), by u (n,) ~ U(0, 1): the number of
    borders p_1, p_1 + p_2, … that are at or below u.
    """
    borders = logits.softmax(1).cumsum(1)
    u = u[:, None] * borders[:, -1:]  # the last border is 1 only up to rounding
    tokens = torch.searchsorted(borders, u, right=True)[:, 0]
    return tokens.clamp(max=logits.shape[1] - 1)


@dataclass(frozen=True)
class LanguageFitSettings:
    """How a language model is fitted, with Adam; all numbers are positive.

    Args:
        rate: learning rate.
        batch: sequences of a training step.
        clip: largest norm of the gradient; a larger gradient is shortened.
    """

    rate: float = 1e-2
    batch: int = 64
    clip: float = 5.0

    def __post_init__(self) -> None:
        for name in ("rate", "batch", "clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class LanguageFit:
    """Between two epochs. No epoch changes it.

    Args:
        model: what has been learnt so far.
        optimiser: Adam of the model's parameters.
        epochs: how often all sequences have been read.
        nll: mean over the last epoch [nats per token], before each of its steps.
    """

    model: LanguageModel
    optimiser: torch.optim.Optimizer
    epochs: int = 0
    nll: float = float("nan")


def initial_fit(model: LanguageModel, settings: LanguageFitSettings) -> LanguageFit:
    """Before the first epoch; the model is copied."""
    model = copy.deepcopy(model)
    return LanguageFit(model, torch.optim.Adam(model.parameters(), settings.rate))


def fit_language(
    state: LanguageFit,
    tokens: Tensor,
    settings: LanguageFitSettings,
    generator: torch.Generator,
) -> Iterator[LanguageFit]:
    """Maximum likelihood, epoch by epoch, for ever: the caller says when to stop."""
    while True:
        state = fit_epoch(state, tokens, settings, generator)
        yield state


def fit_epoch(
    state: LanguageFit,
    tokens: Tensor,
    settings: LanguageFitSettings,
    generator: torch.Generator,
) -> LanguageFit:
    """One epoch: each of the sequences (n, T) is learnt from once."""
    model, optimiser = copy.deepcopy((state.model, state.optimiser))
    order = torch.randperm(len(tokens), generator=generator)
    total = 0.0
    for rows in torch.split(order, settings.batch):
        total += len(rows) * mle_step(model, optimiser, tokens[rows], settings.clip)
    return LanguageFit(model, optimiser, state.epochs + 1, total / len(tokens))


def mle_step(
    model: LanguageModel,
    optimiser: torch.optim.Optimizer,
    tokens: Tensor,
    clip: float = 5.0,
    state: LstmState | None = None,
) -> float:
    """One training step of maximum likelihood. It changes the model.

    Args:
        model: what learns.
        optimiser: of its parameters, and of what made the state.
        tokens: (n, T), to be made more probable.
        clip: largest norm of the gradient of all that the optimiser changes.
        state: the memory before the start token; empty if there is none.

    Returns:
        NLL [nats per token] before the step.
    """
    loss = model.nll(tokens, state)
    clipped_step(loss, optimiser, clip)
    return loss.item()


def clipped_step(loss: Tensor, optimiser: torch.optim.Optimizer, clip: float) -> None:
    """One step downhill, with a gradient of norm `clip` at most."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    weights = [w for group in optimiser.param_groups for w in group["params"]]
    nn.utils.clip_grad_norm_(weights, clip)
    optimiser.step()
