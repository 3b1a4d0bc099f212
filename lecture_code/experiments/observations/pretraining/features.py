"""`pretraining`: what do features know of an object that nobody has named?

Protocol, written before the full runs. In each seed all arms have the same 20,000
triples (before, poke, after), or the first 1,000 or 5,000 of them, the same untrained
network with 16 maps a layer, and 800 batches of 32 triples, or of 64 pictures where a
method sees single pictures (rate 0.003, falling to zero in the second half). The last
network is reported. "Supervised" learns from the poses of all 20,000 first pictures: it
is the positive control. "Random features" are those of the untrained network.

Measured are, on 2,000 pictures that no arm learnt from, the errors of linear probes of
the pose (x, y, cosine and sine of the angle), which learn from 100 labelled pictures:
the mean of 10 draws of these labels. "Pose" is the root mean square distance of the
points of the object from where the probe says that they are; a guess of the angle is
off by 90°. The inverse models' losses on the tests are kept, too.

Expected, before the runs: errors in the order supervised < inverse < autoencoder ≲
slowness < random features; inverse + forward no worse than inverse alone with few
triples, and equal with many; "first picture only" cannot tell the length.

Pilot (seed 3 of other generators, 800 batches of 48 triples). λ was 0, 10 and 100 with
1,000 triples, on a pusher without friction: the pose was wrong by 8.4, 3.8 and 6.5 cm,
so λ = 10 is taken. L1 distances of feature points are small, so λ is larger than the
about 0.1 of the paper. The pusher was then made rough: without friction, a poke cannot
be told from what it does, since only its part along the edge's normal counts.
The pilot already spoke against the expected order: slowness (2.4 cm) did better than
inverse (4.0 cm), and the autoencoder (12.8 cm) no better than random features (11.9
cm). The suspected cause is the spot of light. It jumps between two pictures, so it is
not slow, and the object is the only slow thing. The arm "slowness, spot stays" removes
this cause: there the spot stays where it is during a poke.

Looked at afterwards. All features beat random ones, but for the autoencoder, which only
tells the place better. Slowness is the best of those without labels: its pose is 3.0 cm
off, that of the inverse model 5.2 cm. With a spot that stays, slowness is no better
than a guess, so the suspected cause is right: slowness keeps whatever is slow. The
inverse model tells places best (0.5 cm, also better than "supervised") and angles
badly, because a poke can be told without the angle of the object. The forward model
helps with 1,000 triples (place 1.5 cm alone, 0.7 cm together) and hardly with 20,000.
The differences of the *pose* vary so much between seeds that only the place shows this.

Second protocol, written before the runs that are added to the first ones. (a) Grey
pixels are blind to the colour that all networks see. So the pixels, and the slow
features of them in closed form, are probed in colour, too. Expected: the place about 4
cm off, the angle a guess. (b) λ = 10 was chosen on a pusher that was changed later. So
with 1,000 triples λ is also 0.1 (near the paper's), 1 and 100. Expected: λ = 10 is not
the worst, and 100 is too much. (c) The rate of the autoencoder is chosen anew, by one
seed that is not among the five (seed 10), from 0.001, 0.003, 0.01 and 0.03, by the
least error of the pose; if the best is at the edge, the grid goes on. The autoencoder
then learns again with this rate. Expected: better in the place; the angle stays bad,
because the spot of light and the object ask for most of what is painted. Chosen: 0.01
(pose 12.6 cm; 13.6, 13.0 and 12.7 cm with 0.001, 0.003 and 0.03). (d) The
networks of slowness and of the autoencoder are kept for the page. (e) A probe of
colour pixels has all 1,000 labelled pictures. Expected: the place about 2 cm off, and
the angle still a guess.

Looked at afterwards. (a) As expected: 3.9 cm in the place, and slow features of colour
pixels have 3.1 cm; the angle is a guess. (b) λ = 10 is best in the pose (4.9 cm; 7.4,
6.7 and 5.3 cm with 0.1, 1 and 100), but 100 is best in the place (0.5 cm). So the
forward term helps from λ = 10 on, and 100 is not too much for the place. (c) The
autoencoder is hardly better (pose 12.8 cm, 12.9 before). (e) 1.8 cm and 85 degrees.

Third protocol, written before the runs that are added. λ = 100 is the best of its grid
in the place, and is its edge. So λ is also 1,000, with 1,000 triples. If 1,000 is the
best in the place, too, 10,000 follows. Expected: 1,000 is worse than 100 in both. The
network of slowness with a spot that stays is kept for the page, too.

Looked at afterwards. As expected: with λ = 1,000 the place is 1.3 cm off and the pose
7.7 cm. So 100 is best in the place, and no edge.

Also tried, one seed each: inverse with a spot that stays (7.4 cm: it suffers, but knows
the place within 0.5 cm); parts of the curious heads (push alone 4.7 cm, push and touch
4.9 cm, push and view 4.7 cm, so no head spoils the features by itself); the triplet
loss (3.3 cm); slowness without the push term (features do not vary at all, 21 cm). Not
tuned: the rate of the other methods, and the weights of the curious heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.hooks import columns
from lecture_code.experiments.observations.pretraining.arms import (
    ANSWERS,
    FeatureArm,
    FeaturePupil,
    FeatureSettings,
)
from lecture_code.experiments.observations.pretraining.kept import halves, restore
from lecture_code.experiments.observations.pretraining.probes import pose_probe
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.experiments.results import load_arrays
from lecture_code.observations.inverse_models import (
    InverseSettings,
    held_out_losses,
)
from lecture_code.observations.representation import Representation, point_network

FEW, SOME = 1000, 5000  # triples of the arms that have fewer
ALONE = InverseSettings(forward=0.0)
JOINT = InverseSettings()
ARMS = {
    "supervised": FeatureArm("supervised"),
    "inverse": FeatureArm("inverse", inverse=ALONE),
    "inverse + forward": FeatureArm("inverse", inverse=JOINT),
    "curious heads": FeatureArm("curious"),
    "slowness": FeatureArm("slowness"),
    "autoencoder": FeatureArm("autoencoder", rate=0.01),
    "random features": FeatureArm("untrained"),
    "pixels": FeatureArm("pixels"),
    "pixels, colour": FeatureArm("pixels", colour=True),
    "pixels, colour, 1000 labels": FeatureArm("pixels", colour=True, labels=1000),
    "slow features, linear": FeatureArm("slow features"),
    "slow features, quadratic": FeatureArm("slow features", degree=2),
    "slow features, linear, colour": FeatureArm("slow features", colour=True),
    "slow features, quadratic, colour": FeatureArm(
        "slow features", degree=2, colour=True
    ),
    "inverse (1000)": FeatureArm("inverse", FEW, inverse=ALONE),
    "inverse + forward (1000)": FeatureArm("inverse", FEW, inverse=JOINT),
    **{
        f"inverse + forward (1000), λ = {lam:g}": FeatureArm(
            "inverse", FEW, inverse=InverseSettings(forward=lam)
        )
        for lam in (0.1, 1.0, 100.0, 1000.0)
    },
    "inverse (5000)": FeatureArm("inverse", SOME, inverse=ALONE),
    "inverse + forward (5000)": FeatureArm("inverse", SOME, inverse=JOINT),
    "first picture only": FeatureArm(
        "inverse", inverse=InverseSettings(forward=0.0, second=False)
    ),
    "slowness, spot stays": FeatureArm("slowness", spot_stays=True),
}
"""The comparison, with controls and sizes of the data."""
RESULT = "pretraining"
KEPT_SEED = 0  # whose networks are kept for the page
KEPT_ARMS = ("slowness", "autoencoder", "slowness, spot stays")


class FeatureRun:
    """One arm and one seed.

    Args:
        arm: what is trained.
        settings: of the comparison.
        seed: of everything random.
        kept: whether the result holds the network.
    """

    def __init__(
        self,
        arm: FeatureArm,
        settings: FeatureSettings,
        seed: int,
        *,
        kept: bool = False,
    ) -> None:
        self.pupil = FeaturePupil(arm, settings, seed)
        self.kept = kept
        self.measured: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """Share of the batches that are done; the tests come last."""
        return 1.0 if self.measured else min(self.pupil.done, 0.99)

    def advance(self) -> Record:
        """The next batches, or at the end the tests."""
        if self.pupil.done < 1:
            return self.pupil.advance()
        self.measured = measured(self.pupil)
        return self.measured

    def result(self) -> Record:
        """What was measured, and the network if it is kept."""
        weights = halves(self.pupil.network, "network") if self.kept else {}
        return {"measured": self.measured, "weights": weights}


def measured(pupil: FeaturePupil) -> dict[str, float]:
    """Errors of the probes, how far features vary, and the losses of an inverse model
    on the tests (−1 for an arm without an inverse model).
    """
    labelled, tests = pupil.data.labelled, pupil.data.tests
    seen = pupil.features(tests.before)
    errors = pose_probe(
        (pupil.features(labelled.before), labelled.start),
        (seen, tests.start),
        pupil.arm.labels or pupil.settings.labels,
    )
    losses = dict.fromkeys(("place", "angle", "length"), -1.0)
    if pupil.arm.method == "inverse":
        second = pupil.arm.inverse.second
        losses = held_out_losses(pupil.network, pupil.heads, tests, second=second)
    told = {f"loss of the {name}": loss for name, loss in losses.items()}
    return {**errors, "feature std": float(seen.std(axis=0).mean()), **told}


def runs(settings: FeatureSettings) -> dict[str, FeatureRun]:
    """One run for each arm and seed."""
    return {
        f"{name}/{seed}": FeatureRun(
            arm,
            settings,
            seed,
            kept=seed == KEPT_SEED and name in KEPT_ARMS and arm.longer == 1,
        )
        for seed in settings.seeds
        for name, arm in settings.arms.items()
    }


def summarise(
    settings: FeatureSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All numbers of all seeds, by arm; weights of the kept networks."""
    curves: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name in settings.arms:
        ends = [results[f"{name}/{seed}"] for seed in settings.seeds]
        curves[name] = columns([end["measured"] for end in ends])
        for end in ends:
            for part, value in end["weights"].items():
                arrays[f"{name} {part}"] = value
    return curves, arrays


def load_feature_network(arm: str) -> Representation:
    """The kept network of this arm.

    Raises:
        ValueError: it is not kept; the message lists those that are.
    """
    if arm not in KEPT_ARMS:
        raise ValueError(
            f"there is no network of {arm!r}; there are {', '.join(KEPT_ARMS)}"
        )
    network = point_network(ANSWERS, np.random.default_rng(0))
    restore(network, load_arrays(RESULT), f"{arm} network")
    return network


def small_arm(arm: FeatureArm) -> FeatureArm:
    """The arm with few triples."""
    return replace(arm, triples=60, labels=None)


MAIN = FeatureSettings(ARMS)
SMALL = FeatureSettings(
    {
        name: small_arm(ARMS[name])
        for name in ("inverse + forward", "curious heads", "autoencoder", "pixels")
    },
    seeds=(0,),
    batches=8,
    batch=8,
    labelled=40,
    tests=20,
    labels=20,
    slow=4,
)

EXPERIMENTS = (Experiment(RESULT, MAIN, SMALL, runs, summarise),)
