"""How an answerer learns dialogue, and is examined: the runs of `dialogue.py`.

Read `DialogueRun.advance`, then `DialogueRun.examine_arm`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.data.dialogues import (
    ANSWER_LENGTH,
    VOCABULARY,
    Dialogues,
    to_words,
)
from lecture_code.experiments.gradients.sequence_generation.dialogue_measures import (
    DECODINGS,
    GRAMMAR,
    MEASURES,
    KnowingJudge,
    decoded,
    examined,
    points,
    reliability,
)
from lecture_code.experiments.protocol import Record
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.gradients.dialogue_evaluation import EvaluatorSettings
from lecture_code.gradients.dialogue_generation import (
    DialogueSettings,
    DialogueState,
    dialogue_step,
    initial_dialogue,
    judge_update,
    real_batch,
)
from lecture_code.gradients.dialogue_models import Answerer, Judge
from lecture_code.learning.recurrent import mle_step

START = "start"
EVALUATOR = EvaluatorSettings(
    training=4000,
    held_out=3000,
    epochs=8,
    batch=128,
    rate=1e-2,
    embedding=16,
    hidden=32,
)


@dataclass(frozen=True)
class DialogueArm:
    """One way to go on from the start.

    Args:
        how: G and D learn.
        knowing: whether the judge is the `KnowingJudge`.
    """

    how: DialogueSettings
    knowing: bool = False


@dataclass(frozen=True)
class DialogueExperiment:
    """Which answerers learn, and how they are examined.

    Args:
        arms: name -> how it goes on from the start.
        seeds: one start for each, and from it one training of each arm.
        turns: of each training.
        stride: turns between two examinations; a divisor of `turns`.
        dialogues: of humans, to learn from.
        embedding, hidden: E and H of both networks.
        warm, warm_rate: steps of maximum likelihood before the start, and their rate.
        judged: steps in which D learns before the first turn.
        evaluator: how each fresh evaluator is trained.
        longer: arms whose first seed also has a training of three times as many turns.
        texts: questions whose answers are kept, of the first seed.
    """

    arms: dict[str, DialogueArm]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    turns: int = 200
    stride: int = 20
    dialogues: int = 4000
    embedding: int = 16
    hidden: int = 32
    warm: int = 500
    warm_rate: float = 3e-3
    judged: int = 150
    evaluator: EvaluatorSettings = EVALUATOR
    longer: tuple[str, ...] = ()
    texts: int = 4


class DialogueRun:
    """One seed: the start by maximum likelihood, then every arm after the other."""

    def __init__(self, settings: DialogueExperiment, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        first = seed == settings.seeds[0]
        self.plan = dict.fromkeys(settings.arms, settings.turns)
        if first:
            more = {f"{name}/longer": 3 * settings.turns for name in settings.longer}
            self.plan |= more
        self.texts = settings.texts if first else 0
        noise = torch.Generator().manual_seed(seed)
        sizes = (settings.embedding, settings.hidden, noise)
        self.answerer = Answerer(len(VOCABULARY), ANSWER_LENGTH, *sizes)
        self.judge = Judge(len(VOCABULARY), *sizes)
        self.learning = torch.optim.Adam(self.answerer.parameters(), settings.warm_rate)
        self.warmed = 0
        self.judges: dict[bool, Judge] = {}
        self.state: DialogueState | None = None
        self.done: dict[str, Record] = {}
        self.curve: list[dict[str, float]] = []
        self.advances = 0

    @property
    def progress(self) -> float:
        """Share of the advances that are done."""
        turns = sum(self.plan.values()) // self.settings.stride
        warm = self.settings.warm // self.settings.stride
        return self.advances / (warm + 1 + turns)

    def real(self) -> Dialogues:
        """Dialogues to learn from."""
        return GRAMMAR.sample(
            self.settings.dialogues, np.random.default_rng([self.seed, 1])
        )

    def advance(self) -> Record:
        """Some steps of the start, its examination, or some turns of an arm."""
        self.advances += 1
        if self.warmed < self.settings.warm:
            return self.warm()
        if START not in self.done:
            self.curve = [points(self.answerer)]
            checks = reliability(self.answerer, self.settings.evaluator, self.seed)
            examination = self.examine_arm(self.answerer)
            self.done[START] = {**examination, "reliability": checks}
            return self.curve[0]
        return self.learn()

    def warm(self) -> Record:
        """Maximum likelihood for one stride of steps."""
        real = self.real()
        for _ in range(self.settings.stride):
            X, Y = real_batch(real, 64, self.rng)
            state = self.answerer.read(X)
            nll = mle_step(self.answerer.writer, self.learning, Y, 5.0, state)
        self.warmed += self.settings.stride
        return {"nll": nll}

    def learn(self) -> Record:
        """One stride of turns of the first arm that is not done."""
        name = next(name for name in self.plan if name not in self.done)
        arm = self.settings.arms[name.removesuffix("/longer")]
        real = self.real()
        if self.state is None:
            self.state = self.started(arm, real)
            self.turn_rng = np.random.default_rng([self.seed, 2])
            self.curve = [points(self.answerer)]
        for _ in range(self.settings.stride):
            self.state = dialogue_step(self.state, real, arm.how, self.turn_rng)
        G = self.state.answerer
        self.curve.append(points(G))
        record = {"total_variation": self.curve[-1]["total_variation"]}
        if self.state.turns == self.plan[name]:
            self.done[name] = self.examine_arm(G)
            self.state = None
        return record

    def started(self, arm: DialogueArm, real: Dialogues) -> DialogueState:
        """Before the first turn: the same G for all, and D that has learnt already."""
        if arm.knowing:
            state = initial_dialogue(self.answerer, self.judge, arm.how)
            return replace(state, judge=KnowingJudge(state.answerer))
        prefixes = arm.how.reward == "prefixes"
        if prefixes not in self.judges:
            self.judges[prefixes] = self.learnt_judge(arm.how, real)
        return initial_dialogue(self.answerer, self.judges[prefixes], arm.how)

    def learnt_judge(self, how: DialogueSettings, real: Dialogues) -> Judge:
        """D after its steps against the start, on what `how` says."""
        rng = np.random.default_rng([self.seed, 3])
        noise = torch.Generator().manual_seed(self.seed)
        state = initial_dialogue(self.answerer, self.judge, how)
        for _ in range(self.settings.judged):
            X, Y = real_batch(real, how.batch, rng)
            judge_update(state, X, Y, state.answerer.sample(X, noise), how, noise)
        return copy.deepcopy(state.judge)

    def examine_arm(self, G: Answerer) -> Record:
        """The curve, and G's answers by every decoding."""
        asked = self.real().questions[: self.texts]
        how = self.settings.evaluator
        return {
            "curve": self.curve,
            "decoded": {
                decoding: examined(G, decoding, how, self.seed)
                for decoding in DECODINGS
            },
            "texts": {decoding: texts(G, decoding, asked) for decoding in DECODINGS},
        }

    def result(self) -> Record:
        """Every arm's curve and examinations."""
        return {"arms": self.done}


def runs(settings: DialogueExperiment) -> dict[str, DialogueRun]:
    """One run for each seed."""
    return {str(seed): DialogueRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: DialogueExperiment, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """By arm, the start among them: curves by seed, what each decoding gives by seed,
    and answers of the first seed; the evaluator's reliability by seed.
    """
    outcomes = [results[str(seed)]["arms"] for seed in settings.seeds]
    curves: dict[str, Any] = {}
    for name in (START, *settings.arms):
        curves[name] = gathered_arm([arms[name] for arms in outcomes])
    for name in settings.longer:
        curves[name]["longer"] = gathered_arm([outcomes[0][f"{name}/longer"]])
    cases = outcomes[0][START]["reliability"]
    curves["reliability"] = {
        case: [arms[START]["reliability"][case] for arms in outcomes] for case in cases
    }
    return curves, {}


def texts(G: Answerer, decoding: str, questions: NDArray[np.int64]) -> list[list[str]]:
    """Questions (n, L) and G's answers to them, as text."""
    X = torch.from_numpy(questions)
    answers = decoded(G, X, decoding, torch.Generator().manual_seed(0)).numpy()
    return [[to_words(x), to_words(y)] for x, y in zip(questions, answers, strict=True)]


def gathered_arm(runs_of_arm: list[Record]) -> dict[str, Any]:
    """Curves (seeds, examinations) and decodings of one arm, and its first texts."""
    first = runs_of_arm[0]
    return {
        "curves": {
            measure: np.array(
                [[point[measure] for point in run["curve"]] for run in runs_of_arm]
            ).round(4)
            for measure in MEASURES
        },
        "decoded": {
            how: {
                entry: [run["decoded"][how][entry] for run in runs_of_arm]
                for entry in first["decoded"][how]
            }
            for how in DECODINGS
        },
        "texts": first["texts"],
    }


def dialogue_difference(
    curves: Mapping[str, Any],
    first: tuple[str, str],
    second: tuple[str, str],
    entry: str = "success",
) -> Interval:
    """First minus second, paired by seed.

    Args:
        curves: of the result.
        first, second: an arm, or "start", and one of `DECODINGS`.
        entry: "success", "best", "admissible" or "dull".
    """
    a, b = (
        np.array(curves[arm]["decoded"][decoding][entry])
        for arm, decoding in (first, second)
    )
    return mean_of_seeds(a - b)
