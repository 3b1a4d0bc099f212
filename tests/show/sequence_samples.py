"""What the tests of `<grammar-sampler>` and `<roll-out-viewer>` show: strings and
rewards that nobody trained.
"""

import re

import numpy as np

from lecture_code.show import RolledOut, grammar_sampler, roll_out_viewer

SYMBOLS = "x+-*/ "
LENGTH = 12
STEPS = (0, 100, 1000)
ARMS = ("annealed τ", "REINFORCE")
SENTENCE = re.compile(r"x([+\-*/]x)* *")


def continues(prefix):
    """Whether some string of the language, of any length, begins with a prefix: with an
    x more, or as it is.
    """
    return any(SENTENCE.fullmatch(prefix + more) for more in ("", "x"))


def first_mistake(string):
    """By trying: the shortest prefix that no string of the language begins with."""
    if SENTENCE.fullmatch(string):
        return None
    for at in range(len(string)):
        if not continues(string[: at + 1]):
            return at
    return len(string)


def samples(seed=0):
    """Six strings for each step of each arm: nonsense, and at the end four of the
    language.
    """
    rng = np.random.default_rng(seed)

    def strings():
        rows = rng.integers(len(SYMBOLS), size=(6, LENGTH))
        return ["".join(SYMBOLS[code] for code in row) for row in rows]

    end = [text.ljust(LENGTH) for text in ("x", "x+x", "x+x", "x*x/x")]
    return {
        arm: {
            step: strings()[:2] + end if step == 1000 else strings() for step in STEPS
        }
        for arm in ARMS
    }


def a_sampler(**options):
    """A sampler with two arms and three steps."""
    given = {"title": "What they write"} | options
    return grammar_sampler(samples(), first_mistake, **given)


def rolled_out(name="first", seed=0, N=8, T=5):
    """A sequence with roll-outs that keep their prefixes, and rewards of chance."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(len(SYMBOLS), size=T)
    completions = rng.integers(len(SYMBOLS), size=(T, N, T))
    for t in range(T):
        completions[t, :, : t + 1] = tokens[: t + 1]
    rewards = rng.random((T, N))
    rewards[-1] = rewards[-1, 0]
    return RolledOut(name, tokens, completions, rewards)


def a_viewer(**options):
    """A viewer of two sequences."""
    given = {"title": "Q of every token", "start": 2} | options
    both = [rolled_out("first"), rolled_out("second", seed=1)]
    return roll_out_viewer(both, list("x+-*/·"), **given)
