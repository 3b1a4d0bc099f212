"""Roll-outs of a few strings, for the reader to look at, and the rounds of a SeqGAN.

Read `roll_outs_of`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lecture_code.data.arithmetic import (
    LENGTH,
    SYMBOLS,
    encode_strings,
    parses,
    total_variation,
)
from lecture_code.gradients.sequence_gan import SequenceGanState
from lecture_code.learning.recurrent import LanguageModel
from lecture_code.show import (
    METHOD_COLOURS,
    Picture,
    RolledOut,
    RollOutViewer,
    new_figure,
    roll_out_viewer,
)

EXAMPLES = {"one mistake": "x+x*+x-x", "no mistake": "x*x-x/x", "early mistake": "xx+x"}
"""Name -> string; the blanks at the end are added."""
SHOWN_AS = tuple("·" if symbol == " " else symbol for symbol in SYMBOLS)


def seeded(seed: int) -> torch.Generator:
    """A random generator that starts from this seed."""
    return torch.Generator().manual_seed(seed)


def roll_outs_of(
    state: SequenceGanState, name: str, tokens: Tensor, rollouts: int, seed: int
) -> RolledOut:
    """One sequence (T,) with the roll-outs of all its prefixes.

    Args:
        state: whose roll-out policy completes, and whose D answers.
        name: what the reader chooses it by.
        tokens: Y.
        rollouts: N for each prefix.
        seed: of the generator that draws the completions.
    """
    generator = seeded(seed)
    copies = tokens.repeat(rollouts, 1)  # (N, T)
    completions = torch.stack(
        [
            state.rollout_policy.sample(
                rollouts, len(tokens), generator, prefix=copies[:, : t + 1]
            )
            for t in range(len(tokens))
        ]
    )  # (T, N, T)
    rewards = torch.stack([state.discriminator.probability(c) for c in completions])
    return RolledOut(name, tokens.numpy(), completions.numpy(), rewards.numpy())


def viewer(state: SequenceGanState, rollouts: int = 32) -> RollOutViewer:
    """Three strings and their roll-outs.

    Args:
        state: of a SeqGAN that learns the grammar.
        rollouts: N.
    """
    sequences = [
        roll_outs_of(
            state, name, torch.from_numpy(encode_strings([text])[0]), rollouts, seed
        )
        for seed, (name, text) in enumerate(EXAMPLES.items())
    ]
    return roll_out_viewer(
        sequences, SHOWN_AS, title="What each symbol is worth", start=4
    )


def examined(model: LanguageModel, n: int, seed: int) -> tuple[float, float]:
    """Parse rate and total variation of n strings of a language model."""
    codes = model.sample(n, LENGTH, seeded(seed)).numpy()
    return float(parses(codes).mean()), total_variation(codes)


def rounds_picture(rounds: list[tuple[float, float]]) -> Picture:
    """Parse rate and total variation of a SeqGAN, round by round.

    Args:
        rounds: both, of the start and after each round.
    """
    shown = np.array(rounds)
    figure, axes = new_figure(height=2.6)
    x = np.arange(len(shown))
    colour = METHOD_COLOURS["REINFORCE"]
    axes.plot(x, shown[:, 0], color=colour, label="parse rate")
    axes.plot(x, shown[:, 1], "--", color=colour, label="total variation")
    axes.set(xlabel="rounds", ylim=(0, 1.02))
    axes.legend(fontsize=9.5, loc="lower right")
    (parse, variation), (first, worst) = shown[-1], shown[0]
    alt = (
        f"Over {len(shown) - 1} rounds the parse rate goes from {first:.2f} to "
        f"{parse:.2f}, and the total variation from {worst:.2f} to {variation:.2f}."
    )
    return Picture(figure, alt=alt)
