"""The questions of the chapter *Online dynamics adaptation*: predictions before a
picture, and those at the end.
"""

from __future__ import annotations

from functools import partial

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.online_adaptation.balancing import Kicks
from lecture_code.figures.dynamics.online_adaptation.changed_robots import (
    JumpingPayload,
)
from lecture_code.figures.dynamics.online_adaptation.jacobian import (
    FORCES,
    learning_curve,
)
from lecture_code.figures.dynamics.online_adaptation.results import rate
from lecture_code.figures.dynamics.online_adaptation.sweeps import (
    Sweep,
    ratio_in_words,
)
from lecture_code.show import Predict, Prose, explore, predict, quiz

AFTER_JUMP = """
At the start setting the adapting arm first falls further than the fixed arm: about
{adapting:.0f} mm against {fixed:.0f} mm. The first steps after the jump come from two
different tools, and the local model mixes them. After three steps the old tool has less
than 3 % of the weight. About half a second after the jump the tip is back.

Few jumps cause such a fall. The film shows one start and one slot.
"""

WITHOUT_WALLS = """
The walls hide what is left of the offset. Without walls, in eight attempts after one
practice, the arm ends {equal_free} from the goal with N = m, and {fixed_free} with the
fixed network.
"""


def how_soon(jumps: JumpingPayload, factor: float, time: float) -> Predict:
    """How many control steps does the adapting arm need after a jump?

    Args:
        jumps: the recorded grid; the answer follows from it.
        factor, time: the jump of the question.

    Raises:
        ValueError: the arm does not come back.
    """
    needed = jumps.back_after(factor, time)
    options = [
        (5, "Fewer than 5"),
        (20, "5 to 19"),
        (50, "20 to 49"),
        (1e9, "50 or more"),
    ]
    right = next(i for i, (most, _) in enumerate(options) if needed < most)
    picture = explore(
        jumps.draw,
        factor=list(jumps.factors),
        time=list(jumps.times),
        start={"factor": factor, "time": time},
        labels={"factor": "payload after the jump", "time": "moment of the jump"},
        units={"factor": "×", "time": "s"},
    )
    falls = {
        "adapting": round(jumps.fall("network", factor, time), -1),
        "fixed": round(jumps.fall("network alone", factor, time), -1),
    }
    return predict(
        f"After {time:g} s the payload becomes {factor:g} times as heavy. A control "
        "step lasts 0.05 s. How many control steps until the adapting arm stays within "
        "2 cm of its path?",
        [words for _, words in options],
        answer=right,
        because=f"It needs {needed} control steps. The newest step counts for most "
        "of the moments, so that the old robot is soon forgotten.",
        then=[picture, Prose(AFTER_JUMP.format(**falls))],
    )


def how_much_prior(sweep: Sweep, ends: dict[str, str]) -> Predict:
    """How many attempts succeed if half of the old offset stays?

    Args:
        sweep: the recorded sweep over N / m, which opens.
        ends: median distances with N = m and with the fixed network, with and without
            the walls, in words.
    """
    slider = explore(
        partial(sweep.draw, payload="payload 6"),
        ratio=sweep.ratios,
        names={"ratio": [ratio_in_words(ratio) for ratio in sweep.ratios]},
        start={"ratio": 1.0},
        labels={"ratio": "N / m"},
    )
    return predict(
        "With N = m half of the old offset stays. The payload is six times as heavy. "
        "How many attempts succeed?",
        ["Nearly all", "About half", "None"],
        answer=2,
        because=f"The tip stays below the slot, in front of the lower wall or "
        f"under it: {ends['equal_end']} from the goal, with the fixed network "
        f"{ends['fixed_end']}. Only a much larger N / m helps.",
        then=[slider, Prose(WITHOUT_WALLS.format(**ends))],
    )


def constant_force() -> Predict:
    """Does a small error of the predictions mean that J is right?"""
    curve = explore(
        learning_curve,
        alpha=[0.0, 0.01, 0.1, 1.0, 10.0, 100.0],
        forces=list(FORCES),
        noise=[0.0, 0.3],
        names={"noise": ["quiet", "noisy"]},
        start={"alpha": 1.0, "forces": "constant force", "noise": 0.0},
        labels={"alpha": "α", "forces": "force:", "noise": "sensors:"},
    )
    return predict(
        "The force is constant, the sensors are quiet, and the error s − J z vanishes. "
        "Has J found the plant?",
        [
            "Yes: no error is left",
            "No: J stops although it is still wrong",
            "Only with a large α",
        ],
        answer=1,
        because="The update changes J only along z, and a constant z is a single "
        "direction. With a varied force J finds the plant.",
        then=curve,
    )


def who_falls(kicks: Kicks) -> Predict:
    """With which α does the figure fall least often after a kick?

    Args:
        kicks: the recorded grid, which opens; the answer follows from it.

    Raises:
        ValueError: the largest α does not have the fewest falls.
    """
    smallest, *_, largest = fell = [kicks.falls(a, True) for a in kicks.alphas]
    if not largest < min(fell[:-1]):
        raise ValueError(f"falls after a kick, from the smallest α on: {fell}")
    film = explore(
        kicks.draw,
        alpha=list(kicks.alphas),
        kick=["no kick", "kick"],
        start={"alpha": kicks.alphas[1], "kick": "kick"},
        labels={"alpha": "α", "kick": "after 3 s:"},
    )
    return predict(
        "The figure is kicked after 3 s. With which α of the adaptive J does it fall "
        "least often?",
        ["The smallest", "One in the middle", "The largest", "All alike"],
        answer=2,
        because="After a kick a large α is safest at this mismatch. The "
        f"figure falls in {smallest} of {kicks.trials} trials with the smallest α, and "
        f"in {largest} with the largest. The kick moves the figure, but J "
        "takes it for an effect of the torques. A small α then changes J a lot. At the "
        "largest mismatch without a kick a large α loses: it learns too slowly.",
        then=[kicks.table(), film],
    )


def frozen_slopes(plain: Result) -> Predict:
    """Does a damping that nobody practised need new slopes?

    Args:
        plain: the result `online_adaptation`; the answer follows from it.

    Raises:
        ValueError: the result has another answer.
    """
    frozen, fixed = (
        rate(plain, method, "damping 15")
        for method in ("network, slopes frozen", "network alone")
    )
    if not frozen == 100 > fixed > 0:
        raise ValueError(f"frozen slopes {frozen:.0f} %, fixed network {fixed:.0f} %")
    right = "All of them."
    return quiz(
        "The joints have fifteen times the damping of the practice. This changes a "
        "slope: every velocity fades faster. With n0 = 100 the slopes stay those of "
        "the network, and only the offset adapts. How many attempts succeed?",
        {
            "None: a wrong slope needs a new slope.": "This is what happens with "
            "stronger motors. There the planner's own corrections are wrong.",
            f"As many as with the fixed network: {fixed:.0f} %.": "The fixed network "
            "has the same slopes. But it has no offset that could learn.",
            right: "Yes. Along the path the velocities change slowly, so the missing "
            "torque changes slowly, too. The offset learns it. The result holds only "
            "the success; this explanation is ours.",
        },
        answer=right,
        hints=[
            "Which torque is missing if the damping is larger than in the model?",
            "Follow a path slowly. How much does this torque change from one step to "
            "the next?",
        ],
    )


def never_acted() -> Predict:
    """What do the moments know of a motor that never moved?"""
    right = "Nothing: the torque did not vary, so its slope comes from the prior alone."
    return quiz(
        "The wrist's motor has been silent for the whole attempt. What do the moments "
        "know about its effect?",
        {
            "Its effect is zero.": "Without a prior, the regularised model says this. "
            "But nothing was observed.",
            right: "Yes. This is why line 10 adds noise to the actions.",
            "As much as about the other motors.": "A slope needs inputs that vary.",
        },
        answer=right,
    )


def weak_motors(tuned: Result) -> Predict:
    """Why is the offset enough for weak motors, and not for strong motors?

    Args:
        tuned: the result `online_adaptation_tuned`; the answer follows from it.

    Raises:
        ValueError: the result has another answer.
    """
    offset, fixed = (
        rate(tuned, method, "gain 0.4")
        for method in ("network + offset", "network alone")
    )
    if not offset > 90 > 10 > fixed:
        raise ValueError(f"offset {offset:.0f} %, fixed network {fixed:.0f} %")
    right = "Each correction is too small, and the offset adds what is missing."
    return quiz(
        "With motors that are *weaker* than in practice (motor gain × 0.4) *network + "
        f"offset* succeeds in {offset:.0f} %, although its slopes are wrong. Why can "
        "this be?",
        {
            "The slopes adapt, too.": "*Network + offset* keeps the slopes of the "
            "network. Only the mean of the errors changes.",
            right: "Yes. The missing torque changes slowly, and the offset learns it. "
            f"Without the offset {fixed:.0f} % succeed. The result holds only the "
            "success; this explanation is ours.",
            "Weak motors need no model.": f"With the fixed network {fixed:.0f} % "
            "succeed. So the offset matters.",
        },
        answer=right,
        hints=[
            "The planner asks for a correction. How much of it do weak motors give?",
            "The same error comes back at the next step. What does a running mean "
            "of the errors make of this?",
        ],
    )


def small_alpha() -> Predict:
    """What does a small α do when the sensors are noisy?"""
    right = "It fits the noise of the newest step."
    return quiz(
        "Mordatch's update has a small α, and the sensors are noisy. What does the "
        "model do?",
        {
            right: "Yes: with α = 0 the model explains the newest step exactly, noise "
            "included.",
            "It stays at the first model.": "This is what a very large α does.",
            "It averages over all steps.": "The update does not "
            "store old steps. It stores only J, and the newest step changes J most.",
        },
        answer=right,
    )
