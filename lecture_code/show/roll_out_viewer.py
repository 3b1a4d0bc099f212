"""`roll_out_viewer`: how roll-outs give every token of a sequence a reward of its own.

    roll_out_viewer(
        [RolledOut("x + x", tokens, completions, rewards)], ["x", "+"], title="Q"
    )

The reader chooses a sequence, a place in it, and how many roll-outs are averaged. The
chart shows Q of every token with its spread; the list shows the roll-outs of the chosen
place and what the discriminator says of each. No kernel, no request.

Read `RolledOut`, then `roll_out_viewer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .figures import BLUE, GREY, new_figure
from .page import Rendered, fingerprint, prose, require_alt
from .picture import Picture
from .searched_space import data_script
from .sliders import TOOLS, choice_buttons, range_slider

MOST_SEQUENCES = 4


@dataclass(frozen=True, eq=False)
class RolledOut:
    """One sequence with the roll-outs of all its prefixes.

    Attributes:
        name: what the reader chooses it by.
        tokens: the sequence, (T,), as positions in the vocabulary.
        completions: N whole sequences for each prefix of 1 to T tokens, (T, N, T). Each
            begins with its prefix; the last prefix is the whole sequence, N times.
        rewards: the discriminator's answer to each of them, from 0 to 1, (T, N).

    Raises:
        ValueError: the shapes disagree, a roll-out does not keep its prefix, or a
            reward is no probability.
    """

    name: str
    tokens: ArrayLike
    completions: ArrayLike
    rewards: ArrayLike

    def __post_init__(self) -> None:
        tokens, completions, rewards = self.arrays
        T = len(tokens)
        if completions.ndim != 3 or completions.shape[::2] != (T, T):
            raise ValueError(
                f"completions must be ({T}, N, {T}) for {T} tokens; got "
                f"{completions.shape}"
            )
        if rewards.shape != completions.shape[:2]:
            raise ValueError(
                f"rewards must be {completions.shape[:2]}, one for each completion; "
                f"got {rewards.shape}"
            )
        if not ((rewards >= 0) & (rewards <= 1)).all():
            raise ValueError("rewards must lie in 0 to 1")
        for t in range(1, T + 1):
            if (completions[t - 1, :, :t] != tokens[:t]).any():
                raise ValueError(
                    f"a roll-out of {self.name!r} does not keep its prefix of {t}"
                )

    @property
    def arrays(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Tokens (T,), completions (T, N, T) and rewards (T, N)."""
        return (
            np.asarray(self.tokens, np.int64),
            np.asarray(self.completions, np.int64),
            np.asarray(self.rewards, float),
        )


class RollOutViewer(Rendered):
    """Sequences, their roll-outs and their rewards: `<roll-out-viewer>`.

    Args:
        sequences: at most four, all of one length and with equally many roll-outs.
        vocabulary: what the reader sees in place of each token.
        title: visible above the controls.
        start: place in the sequence to begin with, 1 to T.

    Raises:
        ValueError: no or too many sequences, sequences of several shapes, a token
            beyond the vocabulary, or a start that is not in the sequence.
    """

    def __init__(
        self,
        sequences: Sequence[RolledOut],
        vocabulary: Sequence[str],
        title: str,
        *,
        start: int = 1,
    ) -> None:
        self.sequences = tuple(sequences)
        self.vocabulary = tuple(vocabulary)
        self.title = title
        self.start = start
        self._check()
        first = self.sequences[0]
        Q = first.arrays[2].mean(1)
        self.alt = require_alt(
            f"The sequence {self.words(first)} with Q of each of its {len(Q)} tokens, "
            f"from {first.arrays[2].shape[1]} roll-outs: from {Q[0]:.2f} at the first "
            f"token to {Q[-1]:.2f} at the last, and lowest, {Q.min():.2f}, at token "
            f"{Q.argmin() + 1}."
        )
        super().__init__(self._render(), self.alt)

    def words(self, sequence: RolledOut) -> str:
        """The tokens of a sequence as the reader sees them."""
        return " ".join(self.vocabulary[token] for token in sequence.arrays[0])

    def _check(self) -> None:
        if not 1 <= len(self.sequences) <= MOST_SEQUENCES:
            raise ValueError(
                f"give one to {MOST_SEQUENCES} sequences; got {len(self.sequences)}"
            )
        shapes = {sequence.arrays[1].shape for sequence in self.sequences}
        if len(shapes) > 1:
            raise ValueError(f"the sequences have several shapes: {sorted(shapes)}")
        top = max(int(sequence.arrays[1].max()) for sequence in self.sequences)
        if top >= len(self.vocabulary):
            raise ValueError(
                f"token {top} is beyond the vocabulary of {len(self.vocabulary)}"
            )
        if not 1 <= self.start <= next(iter(shapes))[0]:
            raise ValueError(
                f"start must lie in 1 to {next(iter(shapes))[0]}; got {self.start}"
            )

    def _counts(self) -> list[int]:
        """How many roll-outs the reader may average: 1, 4, 16, … and all."""
        N = self.sequences[0].arrays[1].shape[1]
        return sorted({4**power for power in range(5) if 4**power < N} | {N})

    def _name(self) -> str:
        """Of this element in links."""
        names = (sequence.name for sequence in self.sequences)
        return fingerprint(self.title, *names)

    def _render(self) -> str:
        return (
            f'<roll-out-viewer class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f"{data_script(self._encode())}</roll-out-viewer>"
        )

    def _inside(self) -> str:
        """Controls, chart and list."""
        owner, counts = self._name(), self._counts()
        choices = ""
        if len(self.sequences) > 1:
            names = [sequence.name for sequence in self.sequences]
            choices = choice_buttons("sequence", names, 0, owner=owner, knob="which")
        words = [str(count) for count in counts]
        choices += choice_buttons(
            "roll-outs", words, len(counts) - 1, owner=owner, knob="count"
        )
        T = len(self.sequences[0].arrays[0])
        texts = [f"{t} of {T}" for t in range(1, T + 1)]
        slider = range_slider("tokens kept", texts, self.start - 1, knob="at")
        return (
            f'<div class="rg-choices">{choices}</div><div class="rg-sliders">{slider}'
            f'</div><div class="rg-chart">{self._still()}<canvas role="img" '
            'aria-label="Q of each token"></canvas></div><p class="rg-status" '
            'role="status">The controls need JavaScript.</p>'
            f'<ul class="rg-strings"></ul>{TOOLS}'
        )

    def _still(self) -> str:
        """Q of every token of the first sequence."""
        tokens, _, rewards = self.sequences[0].arrays
        T, N = rewards.shape
        figure, axes = new_figure()
        places = np.repeat(np.arange(1, T + 1), N)
        axes.plot(places, rewards.ravel(), ".", color=GREY, markersize=3, alpha=0.5)
        axes.errorbar(
            np.arange(1, T + 1),
            rewards.mean(1),
            rewards.std(1) / np.sqrt(N),
            color=BLUE,
            capsize=3,
        )
        labels = [self.vocabulary[token] for token in tokens]
        axes.set_xticks(np.arange(1, T + 1), labels)
        axes.set(xlabel="token", ylabel="reward Q", ylim=(0, 1))
        return Picture(figure, self.alt).html()

    def _encode(self) -> dict[str, Any]:
        """The JSON that roll-out-viewer.js reads: rewards in thousandths, and of each
        roll-out only what follows its prefix.
        """
        sequences = []
        for sequence in self.sequences:
            tokens, completions, rewards = sequence.arrays
            sequences.append(
                {
                    "tokens": tokens.tolist(),
                    "rest": [
                        [row[t + 1 :].tolist() for row in rows]
                        for t, rows in enumerate(completions)
                    ],
                    "rewards": np.round(1000 * rewards).astype(int).tolist(),
                }
            )
        return {
            "vocabulary": list(self.vocabulary),
            "counts": self._counts(),
            "colour": BLUE,
            "sequences": sequences,
        }


def roll_out_viewer(
    sequences: Sequence[RolledOut],
    vocabulary: Sequence[str],
    *,
    title: str,
    start: int = 1,
) -> RollOutViewer:
    """Sequences with the roll-outs of their prefixes, on a page.

    Args:
        sequences: one to four, all of one length and with equally many roll-outs.
        vocabulary: what the reader sees in place of each token.
        title: visible above the controls.
        start: place in the sequence to begin with, 1 to T.

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    return RollOutViewer(sequences, vocabulary, title, start=start)
