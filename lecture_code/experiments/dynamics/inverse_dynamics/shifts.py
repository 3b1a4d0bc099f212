"""What is measured on which robot: targets, training of φ, and sizes of the tests.

The protocol stands in `transfer.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lecture_code.dynamics.inverse_dynamics import PAPER_NETWORK, TransferSettings
from lecture_code.simulation import World, make_world

GRAVITY = -9.81  # [m/s²]
LEAST_NOISE = 0.3  # the least σ with which φ gives the action itself


@dataclass(frozen=True)
class Shift:
    """A shift of the dynamics: what the target has and the source lacks.

    Args:
        gravity: of the target, in multiples of 9.81 m/s²; the source has 0 on the arm
            and 1 elsewhere.
        motor_noise: standard deviation σ, in units of the control range.
        correlation: of the noise from one control step to the next, c.
    """

    gravity: float
    motor_noise: float = 0.0
    correlation: float = 0.0

    @property
    def name(self) -> str:
        """Its name in the result."""
        if self.motor_noise:
            return f"noise {self.motor_noise:g} correlation {self.correlation:g}"
        return f"gravity {self.gravity:g}"

    def world(self, robot: str) -> World:
        """The target."""
        return make_world(
            robot,
            gravity=GRAVITY * self.gravity,
            motor_noise=self.motor_noise,
            motor_noise_correlation=self.correlation,
        )


def conditions(
    gravities: tuple[float, ...], source: float, noises: tuple[float, ...]
) -> tuple[Shift, ...]:
    """Targets with another gravity, then with noise of each correlation."""
    noisy = [Shift(source, std, c) for c in (0.0, 0.9, 1.0) for std in noises]
    return (*[Shift(gravity) for gravity in gravities], *noisy)


@dataclass(frozen=True)
class RobotSettings:
    """What is measured on a robot.

    Args:
        robot: as in `make_world`.
        conditions: the targets.
        transfer: how φ is trained; k and the form are set for each cell.
        ks: sizes of the history.
        rounds: of training.
        episodes: starts of a test.
        horizon: control steps of a test.
        seeds: one expert, or one set of data, each.
    """

    robot: str
    conditions: tuple[Shift, ...]
    transfer: TransferSettings
    ks: tuple[int, ...] = (1, 2)
    rounds: int = 3
    episodes: int = 20
    horizon: int = 400
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def with_form(
    settings: TransferSettings, robot: str, condition: Shift, k: int
) -> TransferSettings:
    """The settings with k, and with the paper's form of φ for this condition; settings
    that correct do so everywhere.
    """
    locomotion_gravity = robot != "heavy_arm" and condition.motor_noise == 0
    quiet = 0 < condition.motor_noise < LEAST_NOISE
    corrects = settings.correction or locomotion_gravity or quiet
    return replace(settings, k=k, correction=corrects)


NETWORK = replace(PAPER_NETWORK, epochs=10)
LOCOMOTION = TransferSettings(trajectories=60, horizon=200, network=NETWORK)
SETTINGS = {
    "heavy_arm": RobotSettings(
        "heavy_arm",
        conditions((0.0, 0.4, 0.6, 0.8, 1.0), 0.0, (0.3, 0.6)),
        TransferSettings(trajectories=60, horizon=100, network=NETWORK),
        rounds=4,
        horizon=100,
    ),
    "half_cheetah": RobotSettings(
        "half_cheetah",
        (*conditions((0.8, 1.2), 1.0, (0.3,)), Shift(1.0, 0.6, 1.0)),
        LOCOMOTION,
    ),
    "hopper": RobotSettings(
        "hopper",
        (
            Shift(1.0, 0.3, 1.0),
            Shift(1.0, 0.5, 1.0),
            Shift(1.0, 0.6, 0.0),
            Shift(1.0, 0.9, 0.0),
            Shift(1.0, 0.5, 0.9),
            Shift(0.8),
            Shift(1.2),
        ),
        LOCOMOTION,
    ),
    "humanoid": RobotSettings(
        "humanoid",
        (Shift(1.0, 0.1, 1.0), Shift(1.0, 0.1, 0.0)),
        replace(LOCOMOTION, trajectories=40, horizon=100),
    ),
}


def smoke_settings(settings: RobotSettings) -> RobotSettings:
    """The same path within seconds."""
    return replace(
        settings,
        conditions=settings.conditions[:1],
        transfer=replace(
            settings.transfer,
            trajectories=4,
            horizon=10,
            network=replace(NETWORK, epochs=1),
        ),
        rounds=2,
        episodes=2,
        horizon=10,
        seeds=(0,),
    )
