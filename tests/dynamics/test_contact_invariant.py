"""What must hold of contact-invariant optimisation."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.dynamics.contact_invariant import (
    GRAVITY,
    LeapPlan,
    LeapSettings,
    discover,
    leap_prices,
    required_force,
    unpack_leap,
)

LEAP = LeapSettings()
CONTACT = 0.2  # a foot whose weight c is above this supplies the force, as √w ≪ 0.2


def simulated(plan, settings):
    """Where the box really goes, (T + 1, 2) [m]: forward in time, with the planned
    force where a foot is in contact (c > 0.2), as far as leg and friction cone let it
    through, and in free fall elsewhere.
    """
    body = [plan.body[0], plan.body[1]]
    for t, wanted in enumerate(plan.force, start=1):
        force = np.zeros(2)
        if plan.contact[t] > CONTACT:
            leg = body[t] - plan.foot[t]
            along = leg / np.linalg.norm(leg)
            force = max(float(wanted @ along), 0.0) * along
            most = settings.friction * max(force[1], 0.0)
            force[0] = np.clip(force[0], -most, most)
        acceleration = GRAVITY * (force - np.array([0.0, 1.0]))
        body.append(2 * body[t] - body[t - 1] + settings.dt**2 * acceleration)
    return np.array(body)


@pytest.fixture(scope="module")
def plan():
    """The motion of the default settings."""
    return discover(LEAP, np.random.default_rng(0))


def test_the_box_leaps_although_nobody_planned_a_contact(plan):
    """Learning: the goal is out of the leg's reach, so the foot leaves the ground in
    between, and the box arrives.
    """
    assert LEAP.goal[0] > 1.5 * LEAP.leg[1]
    flying = plan.contact < 0.02
    assert flying.any() and (plan.contact > 0.5).any()
    assert plan.foot[-1, 0] > 0.5
    assert np.linalg.norm(plan.body[-1] - LEAP.goal) < 0.05


def test_physics_holds_with_the_contacts_that_were_found(plan):
    """Oracle: simulated forward, the box follows the plan to 10 cm; where the foot is
    in the air the box falls freely, and a standing foot stays where it is.
    """
    body = simulated(plan, LEAP)
    assert np.abs(body - plan.body).max() < 0.1
    flying = plan.contact[1:-1] < 0.02
    assert np.abs(plan.force[flying]).max() < 0.02  # of the weight
    stands = np.minimum(plan.contact[1:], plan.contact[:-1]) > CONTACT
    speed = np.linalg.norm(np.diff(plan.foot, axis=0), axis=1) / LEAP.dt
    assert speed[stands].max() < 0.1 < speed.max()
    assert np.abs(plan.foot[plan.contact > CONTACT, 1]).max() < 0.02


def test_the_leg_is_as_long_as_a_leg(plan):
    """Invariant: the leg keeps its shortest and its longest length, to 3 cm."""
    length = np.linalg.norm(plan.body - plan.foot, axis=1)
    assert LEAP.leg[0] - 0.03 < length.min() and length.max() < LEAP.leg[1] + 0.03


def test_without_physics_there_is_no_leap():
    """Negative control: with the task alone the box arrives in the plan, but not in the
    simulation.
    """
    lazy = replace(LEAP, stages=((0.0, 0.0),))
    drawn = discover(lazy, np.random.default_rng(0))
    assert np.linalg.norm(drawn.body[-1] - lazy.goal) < 0.05
    assert np.abs(simulated(drawn, lazy) - drawn.body).max() > 0.3


def test_the_price_of_physics_is_that_of_the_best_force():
    """Equation: |F|² w / (w + c²) is the minimum of |f − F|² + w |f|² / c² over f."""
    F = np.array([0.3, 1.2])
    w = 0.01
    c = 0.4
    f = np.linspace(0, 1, 100001)[:, None] * F
    prices = ((f - F) ** 2).sum(1) + w * (f**2).sum(1) / c**2
    np.testing.assert_allclose(prices.min(), F @ F * w / (w + c**2), rtol=1e-8)
    body = torch.zeros((5, 2), dtype=torch.float64)  # F = (0, 1): it does not move
    foot = body - torch.tensor([0.0, 0.5])
    for level in (0.0, 0.4, 1.0):
        contact = torch.full((5,), level, dtype=torch.float64)
        physics = leap_prices(body, foot, contact, replace(LEAP, w=w))[1]
        assert physics.item() == pytest.approx(w / (w + level**2))


def test_a_fall_needs_no_force():
    """Equation: a body in free fall needs no force, and a body at rest its weight."""
    t = LEAP.dt * np.arange(6)
    fall = torch.tensor(np.stack([0.3 * t, -0.5 * GRAVITY * t**2], axis=1))
    np.testing.assert_allclose(required_force(fall, LEAP), 0, atol=1e-12)
    rest = required_force(torch.zeros_like(fall), LEAP)
    np.testing.assert_allclose(rest, [[0, 1]] * 4)


def prices_of(body, foot, level=1.0):
    """The four prices of positions (T + 1, 2) with one contact weight."""
    contact = torch.full((len(body),), level, dtype=torch.float64)
    return [
        p.item()
        for p in leap_prices(torch.tensor(body), torch.tensor(foot), contact, LEAP)
    ]


def test_each_price_asks_for_what_its_name_says():
    """Equation: a slipping or hovering foot costs L_CI only where c > 0; a force beside
    the leg or outside the cone costs L_physics; a leg too long costs L_hint.
    """
    rest = np.tile([0.0, 0.5], (6, 1))
    up = np.array([0.0, 1.0])
    stands = np.zeros((6, 2))
    base = prices_of(rest, stands)
    slips = stands + np.outer(np.arange(6), [0.01, 0])
    hovers = stands + np.array([0, 0.1])
    aside = stands + np.array([0.2, 0])
    assert base[0] == 0
    assert prices_of(rest, slips)[0] == pytest.approx((0.01 / LEAP.dt) ** 2)
    assert prices_of(rest, hovers)[0] == pytest.approx(0.01)
    assert prices_of(rest, slips, level=0.0)[0] == 0
    assert prices_of(rest, aside)[1] > base[1] + 0.1  # beside the leg
    t = LEAP.dt * np.arange(6)[:, None]
    quick = rest + 0.5 * GRAVITY * t**2 * [1.0, 0]  # F = (1, 1), and μ = 0.8
    under = quick - 0.5 * np.array([1.0, 1.0])  # the leg points along the force
    assert prices_of(quick, under)[1] - base[1] == pytest.approx(0.04, abs=2e-3)
    dives = rest - GRAVITY * t**2 * up  # F = (0, −1): the ground cannot pull
    assert prices_of(dives, dives - 0.5 * up)[1] - base[1] == pytest.approx(1, abs=1e-6)
    assert prices_of(rest + 0.5 * up, stands)[3] > base[3] + 0.1


def test_the_start_is_fixed():
    """Invariant: whatever the free numbers are, the box starts at rest on its foot."""
    free = 2 * (LEAP.steps - 1) + 2 * LEAP.steps + LEAP.phases
    body, foot, contact = unpack_leap(
        torch.full((free,), 0.3, dtype=torch.float64), LEAP
    )
    assert body[:2].tolist() == [[0, LEAP.height]] * 2 and foot[0].tolist() == [0, 0]
    assert len(body) == len(foot) == len(contact) == LEAP.steps + 1


def test_a_plan_without_contact_falls():
    """Limit: without a contact the simulated box falls freely."""
    T = LEAP.steps
    still = np.tile([0.0, LEAP.height], (T + 1, 1))
    force = np.tile([0.0, 1.0], (T - 1, 1))
    plan = LeapPlan(still, 0 * still, np.zeros(T + 1), force, (0, 0, 0, 0))
    fallen = simulated(plan, LEAP)[-1, 1]
    expected = LEAP.height - 0.5 * GRAVITY * LEAP.dt**2 * T * (T - 1)
    assert fallen == pytest.approx(expected)
    held = simulated(replace(plan, contact=np.ones(T + 1)), LEAP)
    np.testing.assert_allclose(held, still)


def test_steps_must_fit_the_phases():
    """Errors name the culprit."""
    with pytest.raises(ValueError, match="40 steps and 7 phases"):
        LeapSettings(phases=7)
