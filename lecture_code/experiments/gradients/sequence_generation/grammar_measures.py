"""What is measured of a GAN that writes strings of the grammar.

A generator writes strings as it does while it learns: with mixtures if its gradient is
propagated, with one-hot symbols otherwise. Of a mixture, the largest entry is taken.

    parse      share of the strings that the grammar derives
    variation  total variation of the lengths; "does not parse" counts as a length
    distinct   different valid strings
    sure       parse rate if no Gumbel noise is added: all chance is in z
    hard       parse rate if one-hot symbols are fed back
    largest    mean of the largest entry of a symbol
    right      share of real and written strings that D tells apart
    leak       the same, if only the mean of the largest entries is known

Read `measures`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.data.arithmetic import (
    LENGTH,
    SYMBOLS,
    decode_strings,
    distinct_valid,
    draw_strings,
    parses,
    total_variation,
)
from lecture_code.gradients.gumbel_softmax_gan import (
    GanSettings,
    GanState,
    real_inputs,
)
from lecture_code.gradients.relaxations import gumbel_noise
from lecture_code.gradients.symbol_networks import (
    SymbolWriter,
    Written,
    softened_strings,
)

MEASURES = (
    "parse",
    "variation",
    "distinct",
    "sure",
    "hard",
    "largest",
    "right",
    "leak",
)
VALIDATION_SEED = 77_000


@cache
def grammar_data(strings: int, seed: int) -> Tensor:
    """So many strings of the grammar as codes, (strings, 12)."""
    return torch.from_numpy(draw_strings(strings, np.random.default_rng(seed)))


def written_by(
    writer: SymbolWriter,
    n: int,
    temperature: float,
    kind: str,
    generator: torch.Generator,
    noise: float = 1.0,
) -> Written:
    """n strings, without a graph.

    Args:
        writer: G.
        n: how many.
        temperature: τ.
        kind: of `KINDS`.
        generator: draws z and then the Gumbel noise.
        noise: factor of the Gumbel noise; 0 for none.
    """
    with torch.no_grad():
        z = writer.noise(n, generator)
        g = noise * gumbel_noise(torch.empty(LENGTH, n, writer.symbols), generator)
        return writer.write(z, g, temperature, kind)


def kind_of(settings: GanSettings) -> str:
    """How G writes while it learns."""
    likelihood = settings.estimator == "likelihood"
    return "reinforce" if likelihood else settings.estimator


def measures(
    state: GanState, settings: GanSettings, n: int, seed: int
) -> dict[str, float]:
    """All of `MEASURES`, from n strings of each kind; the same noise for each state.

    Without a discriminator, "right" and "leak" are 0.5: chance.
    """
    tau = settings.temperature(state.steps)
    kind = kind_of(settings)
    generator = torch.Generator().manual_seed(VALIDATION_SEED + seed)
    own = written_by(state.writer, n, tau, kind, generator)
    hard = written_by(state.writer, n, 1.0, "reinforce", generator)
    sure = written_by(state.writer, n, tau, kind, generator, noise=0.0)
    codes = own.codes.numpy()
    found = {
        "parse": float(parses(codes).mean()),
        "variation": total_variation(codes),
        "distinct": float(distinct_valid(codes)),
        "sure": float(parses(sure.codes.numpy()).mean()),
        "hard": float(parses(hard.codes.numpy()).mean()),
        "largest": own.symbols.amax(dim=2).mean().item(),
        "right": 0.5,
        "leak": 0.5,
    }
    if settings.estimator != "likelihood":
        real = grammar_data(n, VALIDATION_SEED + seed)
        seen = real_inputs(real, len(SYMBOLS), settings, tau, generator)
        with torch.no_grad():
            d_real, d_fake = state.reader(seen), state.reader(own.symbols)
        right = (d_real > 0).double().mean() + (d_fake <= 0).double().mean()
        found["right"] = right.item() / 2
        found["leak"] = accuracy_of_maximum(seen, own.symbols)
    return found


def accuracy_of_maximum(real: Tensor, fake: Tensor) -> float:
    """How well the mean of the largest entries tells real strings from fake strings.

    The best threshold is found on the first half of the strings (T, n, V) and judged on
    the second half. At 0.5 the maximum gives nothing away.
    """
    means = [x.amax(dim=2).mean(dim=0).double().numpy() for x in (real, fake)]
    half = min(map(len, means)) // 2
    x = np.concatenate([mean[:half] for mean in means])
    is_real = np.arange(2 * half) < half
    borders = np.unique(np.concatenate([[-np.inf], x, [np.inf]]))
    borders = (borders[:-1] + borders[1:]) / 2
    above: NDArray[np.bool_] = x[None] > borders[:, None]
    shares = (above == is_real).mean(axis=1)
    best = int(np.argmax(np.maximum(shares, 1 - shares)))
    sign = shares[best] >= 0.5
    later = [(mean[half:] > borders[best]) == sign for mean in means]
    return float((later[0].mean() + (1 - later[1].mean())) / 2)


def ceiling(confidence: float, n: int, seed: int) -> tuple[float, float]:
    """Parse rate and total variation of softened real strings, of which the largest
    entry is taken. It does not depend on τ.
    """
    generator = torch.Generator().manual_seed(seed)
    seen = softened_strings(
        grammar_data(n, seed), len(SYMBOLS), confidence, 1.0, generator
    )
    codes = seen.argmax(dim=2).T.numpy()
    return float(parses(codes).mean()), total_variation(codes)


def sample_texts(
    state: GanState, settings: GanSettings, n: int, seed: int
) -> list[str]:
    """n strings as G writes them; the same noise for each state."""
    generator = torch.Generator().manual_seed(VALIDATION_SEED - 1 - seed)
    tau = settings.temperature(state.steps)
    written = written_by(state.writer, n, tau, kind_of(settings), generator)
    return decode_strings(written.codes.numpy())
