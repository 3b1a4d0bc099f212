"""The two networks of a GAN of strings: one writes symbols, one reads them.

Kusner & Hernández-Lobato (2016), arXiv:1611.04051; what they learn, and how, is in
`gumbel_softmax_gan.py`, with the equations (1) and (2):

    (1)  y = one_hot(argmax_i (h_i + g_i)),   g_i ~ Gumbel
    (2)  y = softmax((h + g) / τ)

A symbol is a vector of V numbers that add up to one: one-hot after (1), a mixture of
all symbols after (2). Both networks read such vectors, so they need no embedding. Time
comes first: T symbols of n strings have shape (T, n, V).

Read `SymbolWriter.write`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from lecture_code.gradients.relaxations import (
    gumbel_argmax,
    gumbel_softmax,
)

CellState = tuple[Tensor, Tensor]  # h and c of n strings, (n, H) each
KINDS = ("gumbel", "straight_through", "reinforce")


@dataclass(frozen=True, eq=False)
class Written:
    """What a generator wrote.

    Args:
        logits: h of each symbol, (T, n, V).
        symbols: what was fed back and what D sees, (T, n, V): mixtures or one-hot.
        states: memory that each symbol was written from, T pairs of (n, H).
    """

    logits: Tensor
    symbols: Tensor
    states: list[CellState]

    @property
    def codes(self) -> Tensor:
        """The most likely symbol at each place of each string, (n, T)."""
        return self.symbols.argmax(dim=2).T


class SymbolWriter(nn.Module):
    """The generator G: an LSTM that reads what it has written, mixtures included.

    The noise z takes the place of the first cell and hidden state. The first input is a
    vector of zeros.

    Args:
        symbols: V, number of symbols.
        hidden: H, width of the LSTM.
        generator: draws the first weights, uniform up to 1/√H.
    """

    def __init__(self, symbols: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        _check_sizes(symbols, hidden)
        self.symbols = symbols
        self.hidden = hidden
        with torch.random.fork_rng():  # torch's own first weights are not used
            self.cell = nn.LSTMCell(symbols, hidden)
            self.head = nn.Linear(hidden, symbols)
        _draw_weights(self, hidden, generator)

    def noise(self, n: int, generator: torch.Generator) -> CellState:
        """z for n strings: the first hidden state and the first cell, (n, H) each."""
        shape = (2, n, self.hidden)
        dtype = self.head.weight.dtype
        h, c = torch.randn(shape, generator=generator, dtype=dtype)  # ~ N(0, 1)
        return h, c

    def write(
        self, z: CellState, g: Tensor, temperature: float, kind: str = "gumbel"
    ) -> Written:
        """n strings of T symbols.

        Args:
            z: first state, of `noise`.
            g: Gumbel noise of each symbol, (T, n, V).
            temperature: τ of (2); without influence on "reinforce".
            kind: "gumbel" for (2), "straight_through" or "reinforce" for (1).
        """
        state = z
        y = g.new_zeros(g.shape[1:])
        logits, symbols, states = [], [], []
        for noise in g:
            state = self.cell(y, state)
            h = self.head(state[0])
            y = symbol_of(h, noise, temperature, kind)
            logits.append(h)
            symbols.append(y)
            states.append(state)
        return Written(torch.stack(logits), torch.stack(symbols), states)

    def predictions(self, z: CellState, symbols: Tensor) -> Tensor:
        """Logits of each of the given symbols, by teacher forcing, (T, n, V).

        Args:
            z: first state.
            symbols: (T, n, V); each one is read before the next one is predicted.
        """
        state = z
        logits = []
        for y in torch.cat([torch.zeros_like(symbols[:1]), symbols[:-1]]):
            state = self.cell(y, state)
            logits.append(self.head(state[0]))
        return torch.stack(logits)

    def nll(self, z: CellState, codes: Tensor) -> Tensor:
        """−log p of strings (n, T), given the first state [nats per symbol]."""
        symbols = one_hot(codes.T, self.symbols).to(self.head.weight.dtype)
        logits = self.predictions(z, symbols)
        return cross_entropy(logits.flatten(0, 1), codes.T.flatten())

    def completions(
        self, written: Written, roll_outs: int, generator: torch.Generator
    ) -> Tensor:
        """The roll-outs of all prefixes of n strings, side by side.

        Returns:
            (T, (T − 1) N n, V): N roll-outs of the first symbol of each string, then N
            of the first two symbols, and so on. A roll-out keeps its prefix.
        """
        T, n, _ = written.symbols.shape
        rows = roll_outs * n
        finished = written.symbols.repeat(1, (T - 1) * roll_outs, 1)
        h = written.logits.new_zeros(0, self.hidden)
        state = (h, h)
        for t in range(1, T):  # one prefix more in each turn, the one that ends at t
            old = [part.repeat(roll_outs, 1) for part in written.states[t - 1]]
            state = (torch.cat([state[0], old[0]]), torch.cat([state[1], old[1]]))
            open_ = t * rows
            state = self.cell(finished[t - 1, :open_], state)
            logits = self.head(state[0])
            finished[t, :open_] = gumbel_argmax(logits, generator)
        return finished


class SymbolReader(nn.Module):
    """The discriminator D: an LSTM reads a string, and gives the logit d of "real".

    Args:
        symbols: V, number of symbols.
        hidden: H, width of the LSTM.
        generator: draws the first weights, uniform up to 1/√H.
    """

    def __init__(self, symbols: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        _check_sizes(symbols, hidden)
        with torch.random.fork_rng():  # torch's own first weights are not used
            self.layer = nn.LSTM(symbols, hidden)
            self.head = nn.Linear(hidden, 1)
        _draw_weights(self, hidden, generator)

    def forward(self, symbols: Tensor) -> Tensor:
        """d of strings of symbols (T, n, V), (n,)."""
        outputs, _ = self.layer(symbols)
        answers: Tensor = self.head(outputs[-1])[:, 0]
        return answers


def _check_sizes(symbols: int, hidden: int) -> None:
    if symbols < 2:
        raise ValueError(f"symbols must be 2 or more; got {symbols}")
    if hidden < 1:
        raise ValueError(f"hidden must be 1 or more; got {hidden}")


def _draw_weights(module: nn.Module, hidden: int, generator: torch.Generator) -> None:
    for weights in module.parameters():
        nn.init.uniform_(weights, -(hidden**-0.5), hidden**-0.5, generator=generator)


def symbol_of(h: Tensor, g: Tensor, temperature: float, kind: str) -> Tensor:
    """A symbol with logits h and Gumbel noise g, as (1) or (2), in the shape of h.

    Args:
        h, g: see (1).
        temperature: τ of (2).
        kind: of `KINDS`. "straight_through" is (1) whose derivative is that of (2);
            "reinforce" is (1) without a derivative.

    Raises:
        ValueError: the kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    if kind == "reinforce":
        return gumbel_argmax(h, noise=g)  # eq. 1
    return gumbel_softmax(h, temperature, noise=g, hard=kind == "straight_through")


def softened_strings(
    codes: Tensor,
    symbols: int,
    confidence: float,
    temperature: float,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Real strings as D sees them, (T, n, V): logits, and then (2).

    Args:
        codes: the true symbols, (n, T).
        symbols: V.
        confidence: probability of the true symbol in the logits; the others share the
            rest evenly.
        temperature: τ.
        generator: draws the Gumbel noise.
        dtype: of the answer.
    """
    exact = one_hot(codes.T, symbols).to(dtype)
    other = (1 - confidence) / (symbols - 1)
    logits = (other + (confidence - other) * exact).log()
    return gumbel_softmax(logits, temperature, generator)


def roll_out_rewards(
    writer: SymbolWriter,
    reader: SymbolReader,
    written: Written,
    roll_outs: int,
    generator: torch.Generator,
) -> Tensor:
    """Q_t of each symbol of each string, (T, n), by roll-outs.

    The first t symbols are kept, G writes the others, N times, and Q_t is the mean d of
    these N strings. Q_T is d of the string itself.

    Args:
        writer, reader, roll_outs: G, D and N.
        written: strings of one-hot symbols, with their states.
        generator: draws the Gumbel noise.
    """
    T, n, _ = written.symbols.shape
    with torch.no_grad():
        last: Tensor = reader(written.symbols)
        if T == 1:
            return last[None]
        finished = writer.completions(written, roll_outs, generator)
        rewards = reader(finished).view(T - 1, roll_outs, n).mean(dim=1)
        return torch.cat([rewards, last[None]])
