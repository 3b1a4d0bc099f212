"""`grammar_sampler`: strings of a grammar that generators wrote, parsed in the page.

    grammar_sampler(
        {"REINFORCE": {0: ["x+x ", "xx+ "], 100: ["x+x ", "x-x "]}}, first_mistake,
        title="What the generators write",
    )

The reader chooses a generator and how long it was trained, and sees its strings, each
with its first mistake marked. A string that the reader types is parsed in the same way.
No kernel, no request. The parser of the page has a twin in Python,
`data.arithmetic`, and a test compares the two.

Read `grammar_sampler`, then `GrammarSampler`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from .page import Rendered, fingerprint, number, prose, require_alt
from .searched_space import data_script
from .sliders import choice_buttons, range_slider

Samples = Mapping[str, Mapping[int, Sequence[str]]]
MAX_CHARACTERS = 22_000  # so that the data stay below 25 kB
BLANK = "·"  # what stands for a blank on the page


class GrammarSampler(Rendered):
    """Strings over a training, with their parses: `<grammar-sampler>`.

    Args:
        samples: name of a generator → training steps → strings of one length.
        first_mistake: position of the first wrong character of a string, its length
            if the string ends too early, or None if it is in the language.
        title: visible above the controls.
        unit: of the training steps, in the plural.

    Raises:
        ValueError: nothing to show, strings of several lengths, generators with other
            steps than the first, or too many characters.
    """

    def __init__(
        self,
        samples: Samples,
        first_mistake: Callable[[str], int | None],
        title: str,
        *,
        unit: str = "training steps",
    ) -> None:
        self.samples = {
            name: {step: tuple(strings) for step, strings in by_step.items()}
            for name, by_step in samples.items()
        }
        self.first_mistake = first_mistake
        self.title = title
        self.unit = unit
        self.length = self._checked()
        name = next(iter(self.samples))
        steps = self.steps
        last = self.samples[name][steps[-1]]
        right = sum(first_mistake(string) is None for string in last)
        alt = require_alt(
            f"Strings of {', '.join(self.samples)} after {steps[0]:,} to "
            f"{steps[-1]:,} {unit}. Shown: {name} at the end, where {right} of "
            f"{len(last)} strings are in the language. The first mistake of each "
            "string is marked."
        )
        super().__init__(self._render(), alt)

    @property
    def steps(self) -> tuple[int, ...]:
        """Training steps at which the strings were written."""
        return tuple(next(iter(self.samples.values()), {}))

    def _checked(self) -> int:
        """The length of all strings."""
        if not self.steps:
            raise ValueError("samples must hold at least one generator with one step")
        for name, by_step in self.samples.items():
            if tuple(by_step) != self.steps:
                raise ValueError(
                    f"{name!r} has strings of the steps {list(by_step)}, and the first "
                    f"generator of {list(self.steps)}"
                )
        strings = [
            string
            for by_step in self.samples.values()
            for group in by_step.values()
            for string in group
        ]
        lengths = sorted({len(string) for string in strings})
        if len(lengths) != 1 or lengths[0] == 0:
            raise ValueError(
                f"all strings must have one length; got the lengths {lengths}"
            )
        if (size := lengths[0] * len(strings)) > MAX_CHARACTERS:
            raise ValueError(
                f"{size:,} characters are too many; the page allows "
                f"{MAX_CHARACTERS:,}: give fewer steps or fewer strings"
            )
        return lengths[0]

    def _name(self) -> str:
        """Of this element in links."""
        return fingerprint(self.title, *self.samples, str(self.steps))

    def _render(self) -> str:
        return (
            f'<grammar-sampler class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f"{data_script(self._encode())}</grammar-sampler>"
        )

    def _inside(self) -> str:
        """Controls, the strings, and the line in which the reader types."""
        steps = [f"{number(step, 7)} {self.unit}" for step in self.steps]
        at = len(steps) - 1
        arms = choice_buttons(
            "generator", list(self.samples), 0, owner=self._name(), knob="arm"
        )
        slider = range_slider("training", steps, at, knob="at")
        strings = self.samples[next(iter(self.samples))][self.steps[-1]]
        lines = "".join(f"<li>{self.marked(string)}</li>" for string in strings)
        return (
            f'<div class="rg-choices">{arms}</div><div class="rg-sliders">{slider}'
            '</div><p class="rg-status" role="status">The controls need JavaScript. '
            f"Shown: {escape(next(iter(self.samples)))} after {steps[-1]}.</p>"
            f'<ul class="rg-strings">{lines}</ul>'
            '<div class="rg-typed"><label>Type a string '
            f'(at most {self.length} symbols): <input type="text" '
            f'maxlength="{self.length}" size="{self.length}" autocomplete="off" '
            'spellcheck="false" value="x+x*" disabled></label><output></output></div>'
            '<div class="rg-tools"><button type="button" class="rg-quiet rg-link" '
            "disabled>Copy link</button></div>"
        )

    def marked(self, string: str) -> str:
        """A string as markup: a sign in front, the first mistake marked."""
        at = self.first_mistake(string)
        shown = [escape(BLANK if letter == " " else letter) for letter in string]
        if at is None:
            return f'<span class="rg-sign">✓</span><code>{"".join(shown)}</code>'
        wrong = shown[at] if at < len(shown) else " "
        return (
            f'<span class="rg-sign">✗</span><code>{"".join(shown[:at])}'
            f"<mark>{wrong}</mark><s>{''.join(shown[at + 1 :])}</s></code>"
        )

    def _encode(self) -> dict[str, Any]:
        """The JSON that grammar-sampler.js reads: the strings of a step in one line."""
        return {
            "length": self.length,
            "arms": [
                {
                    "name": name,
                    "samples": ["".join(strings) for strings in by_step.values()],
                }
                for name, by_step in self.samples.items()
            ],
        }


def grammar_sampler(
    samples: Samples,
    first_mistake: Callable[[str], int | None],
    *,
    title: str,
    unit: str = "training steps",
) -> GrammarSampler:
    """Strings that generators wrote over their training, each with its parse.

    Args:
        samples: name of a generator → training steps → strings of one length.
        first_mistake: the parser: position of the first wrong character, the length of
            the string if it ends too early, None if the string is in the language.
        title: visible above the controls.
        unit: of the training steps, in the plural.

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    return GrammarSampler(samples, first_mistake, title, unit=unit)
