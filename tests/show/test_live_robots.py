"""What must hold of the robots in the page: they do what Python's do, and the page's
models say what Python's say.
"""

from types import SimpleNamespace

import mujoco
import numpy as np
import pytest
import torch
from live_pages import drive, recorded

from lecture_code.experiments import load_policy
from lecture_code.learning import LinearPolicy
from lecture_code.show import Network, playground
from lecture_code.show.page_policies import encode_for_page
from lecture_code.simulation import make_world, plain_rollout
from lecture_code.simulation.portable import model_numbers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("building")]

HOPPING, RUNNING = load_policy("hopper", seed=3), load_policy("half_cheetah", seed=1)
REACHING = LinearPolicy.initial(8, 2).at(0.3 * np.random.default_rng(0).normal(size=16))
WALKING = LinearPolicy.initial(17, 6).at(
    0.1 * np.random.default_rng(0).normal(size=102)
)
MODEL = {
    "gravity": -8.0,
    "torso_mass": 4.6,
    "mass": 1.1,
    "damping": 0.75,
    "friction": 1.2,
    "armature": 0.9,
    "gain": 1.05,
}
WIRES = {
    "action_delay": 1,
    "motor_noise": 0.1,
    "motor_noise_correlation": 0.9,
    "observation_noise": 0.01,
}
EVERYTHING = {**MODEL, **WIRES}


def all_sliders(world):
    """A slider for every knob, from a tenth of the nominal value to four times it, or
    up to one.
    """
    ranges = {}
    for name, knob in world.parameters.items():
        ends = (
            sorted((0.1 * knob.nominal, 3 * knob.nominal))
            if knob.nominal
            else (0, 2 if knob.whole else 1)
        )
        ranges[name] = (max(ends[0], knob.low), min(ends[1], knob.high))
    return ranges


@pytest.fixture
def visit(open_page, write_page):
    """`visit(world, policy)` opens a page with one playground that has a slider for
    every knob; whatever goes wrong on it fails the test.
    """
    visits = []

    def open_(world, policy, **more):
        made = playground(
            world, policy, all_sliders(world), title="A robot", seconds=0.2, **more
        )
        visits.append(open_page(write_page(made)))
        visits[-1].page.wait_for_selector("mujoco-playground[data-ready]")
        return visits[-1].page

    yield open_
    assert [complaint for visit in visits for complaint in visit.complaints()] == []


def compare(page, world, policy, knobs, seconds=1.0):
    """How far the page is from Python after each control step, and the two
    trajectories.
    """
    steps = round(seconds / world.dt)
    trajectory, start, draws = recorded(world.change(**knobs), policy, steps)
    found = drive(page, knobs, start, draws, steps)
    length = trajectory.lengths[0]
    assert len(found["qpos"]) == length and (found["over"] == "fell") == bool(
        trajectory.terminated[0]
    )
    return (
        np.abs(found["qpos"] - trajectory.qpos[0, 1 : length + 1]).max(axis=1),
        found,
        trajectory,
    )


@pytest.mark.parametrize(
    ("name", "policy"),
    [("hopper", HOPPING), ("walker2d", WALKING), ("two_link_arm", REACHING)],
    ids=["hopper", "walker2d", "two_link_arm"],
)
def test_the_page_repeats_pythons_trajectory(name, policy, visit):
    """Parity: with the same start, knobs and recorded noise, every position is Python's
    within 1e-6 for a second, and so is the return.
    """
    world = make_world(name)
    page = visit(world, policy)
    for knobs in ({}, WIRES, EVERYTHING):
        error, found, trajectory = compare(page, world, policy, knobs)
        assert len(error) >= 20 and error.max() < 1e-6
        np.testing.assert_allclose(
            found["returns"][1:],
            np.cumsum(trajectory.rewards[0, : len(error)]),
            atol=1e-5,
        )


def test_the_pages_model_is_pythons(visit):
    """Parity: with every knob of the model turned, what was written and what was
    derived from it are the numbers of Python's compiled model.
    """
    world = make_world("hopper")
    page = visit(world, HOPPING)
    fields = (
        "body_mass",
        "body_inertia",
        "dof_damping",
        "dof_armature",
        "geom_friction",
        "actuator_gear",
        "opt.gravity",
        "stat.meaninertia",
    )
    fields += (
        "body_subtreemass",
        "dof_M0",
        "dof_invweight0",
        "body_invweight0",
        "actuator_acc0",
    )
    found = page.evaluate(
        """async ([knobs, fields]) => {
          const one = document.querySelector("mujoco-playground");
          await one.prepare();
          for (const [knob, value] of Object.entries(knobs)) await one.set(knob, value);
          const numbers = (value) => typeof value === "number" ? [value] : [...value];
          return fields.map((field) => numbers(one.robots[0].field(field)));
        }""",
        [MODEL, fields],
    )
    wanted = model_numbers(world.change(**MODEL).model)
    for field, value in zip(fields, found, strict=True):
        np.testing.assert_allclose(value, wanted[field], rtol=1e-9, err_msg=field)
        assert not np.allclose(value, model_numbers(world.model)[field], rtol=1e-3), (
            "turning the knobs must move it"
        )


def drift(world, policy, steps):
    """How far two native runs drift apart whose starts differ in the last digit: what
    rounding alone does.
    """
    ends = []
    for nudge in (0.0, 1e-16):
        data = mujoco.MjData(world.model)
        task = world.task
        data.qpos[:], data.qvel[:] = task.reset(
            data.qpos.copy(), data.qvel.copy(), np.random.default_rng(0)
        )
        data.qvel[:] += nudge
        mujoco.mj_forward(world.model, data)
        for _ in range(steps):
            data.ctrl[:] = np.clip(
                policy(
                    task.observation({"qpos": data.qpos[None], "qvel": data.qvel[None]})
                )[0],
                -1,
                1,
            )
            mujoco.mj_step(world.model, data, nstep=task.frame_skip)
        ends.append(data.qpos.copy())
    return np.abs(ends[1] - ends[0]).max()


def test_the_cheetah_drifts_no_further_than_rounding_takes_it(visit):
    """Parity: a galloping cheetah is chaotic.

    After a second the page is within 1e-6 of Python, and within ten thousand times what
    a last digit does.
    """
    world = make_world("half_cheetah")
    page = visit(world, RUNNING)
    for knobs in ({}, {"gravity": -11.0, "damping": 0.9}):
        error, _, _ = compare(page, world, RUNNING, knobs)
        assert len(error) == 20
        assert error.max() < min(1e-6, 1e4 * drift(world.change(**knobs), RUNNING, 20))


def test_a_knob_that_does_not_arrive_would_be_noticed(visit):
    """Negative control: leaving any one knob at its nominal value moves Python's Hopper
    by far more than the parity allows.
    """
    world = make_world("hopper")
    whole = plain_rollout(
        world.change(**EVERYTHING), HOPPING, 60, np.random.default_rng(0)
    ).qpos[0]
    for knob in EVERYTHING:
        rest = world.change(
            **{name: value for name, value in EVERYTHING.items() if name != knob}
        )
        other = plain_rollout(rest, HOPPING, 60, np.random.default_rng(0)).qpos[0]
        length = min(len(whole), len(other))
        assert np.abs(whole[:length] - other[:length]).max() > 1e-4, knob


def test_the_simulator_stays_as_it_is(visit):
    """Invariance: whatever the sliders do to the robot in colour, the grey one runs the
    nominal trajectory.
    """
    world = make_world("hopper")
    trajectory, start, draws = recorded(world, HOPPING, 60)
    found = drive(visit(world, HOPPING), EVERYTHING, start, draws, 60)
    np.testing.assert_allclose(
        found["simulator"],
        trajectory.qpos[0, 1 : len(found["simulator"]) + 1],
        atol=1e-9,
    )
    assert np.abs(found["simulator"] - found["qpos"]).max() > 1e-2


def test_turning_a_knob_there_and_back_leaves_nothing(visit):
    """Invariance: knobs are always written from the nominal robot, so that a knob
    turned a hundred times and back is as if never touched.
    """
    world = make_world("hopper")
    page = visit(world, HOPPING)
    trajectory, start, draws = recorded(world, HOPPING, 60)
    page.evaluate(
        """async () => { const one = document.querySelector("mujoco-playground");
           for (let k = 0; k < 100; k++) for (const knob of ["mass", "torso_mass",
           "friction"])
             await one.set(knob, one.setup.body.nominal[knob] * (0.5 + k / 50)); }"""
    )
    nominal = {
        knob: world.parameters[knob].nominal
        for knob in ("mass", "torso_mass", "friction")
    }
    found = drive(page, nominal, start, draws, 60)
    np.testing.assert_allclose(found["qpos"], trajectory.qpos[0, 1:], atol=1e-9)


def test_play_of_the_drive_is_taken_up_first(visit):
    """Equation: with backlash b the motor follows u_t = clip(u_{t−1}, a_t − b, a_t +
    b).
    """
    page = visit(make_world("hopper"), HOPPING)
    commands, controls = page.evaluate(
        """async () => {
          const one = document.querySelector("mujoco-playground");
          await one.prepare();
          const [robot] = one.robots, controls = [];
          robot.values.backlash = 0.3;
          for (let t = 0; t < 40; t++) {
            await one.stepN(1);
            controls.push([...robot.data.ctrl]);
          }
          return [robot.commands.map((a) => [...a]), controls];
        }"""
    )
    u = np.zeros(3)
    for command, control in zip(np.array(commands), np.array(controls), strict=True):
        u = np.clip(u, command - 0.3, command + 0.3)
        np.testing.assert_allclose(control, u, atol=1e-12)
    assert np.abs(np.array(commands) - controls).max() > 0.25


def test_noise_has_the_std_and_the_correlation_that_it_says(visit):
    """Equation: the page's own draws have mean 0, the stated σ at every correlation,
    and correlation c from step to step; another seed gives other draws.
    """
    page = visit(make_world("hopper"), HOPPING)
    draw = """([c, seed]) => {
      const noise = new RealityGap.CorrelatedNoise(3, RealityGap.normals(seed));
      const all = [];
      for (let t = 0; t < 10000; t++) all.push([...noise.next(c)]); return all; }"""
    for c in (0.0, 0.5, 0.9):
        n = np.array(page.evaluate(draw, [c, 7]))  # (T, 3)
        loose = 4 * np.sqrt(
            (1 + c) / (1 - c) / 10_000
        )  # four standard errors of what is correlated so
        assert (
            np.abs(n.mean(axis=0)).max() < loose
            and np.abs(n.std(axis=0) - 1).max() < loose
        )
        assert (
            np.abs([np.corrcoef(n[:-1, i], n[1:, i])[0, 1] - c for i in range(3)]).max()
            < 0.03
        )
        assert abs(np.corrcoef(n[:, 0], n[:, 1])[0, 1]) < 4 * loose
    first = np.array(page.evaluate(draw, [0.9, 7]))[:5]
    np.testing.assert_array_equal(first, n[:5])
    assert not np.allclose(first, np.array(page.evaluate(draw, [0.9, 8]))[:5])
    starts = np.array(
        page.evaluate(
            "() => Array.from({ length: 4000 }, (_, seed) => "
            "RealityGap.normals(seed)())"
        )
    )
    assert (
        abs(starts.std() - 1) < 0.05 and abs(starts.mean()) < 0.07
    )  # a fresh stream begins with the same spread


THINK = """([json, inputs]) => {
  const run = RealityGap.makePolicy(json);
  return inputs.map((x, t) => [...run(x, t)]);
}"""


def torch_net(layer, sizes):
    generator = torch.Generator().manual_seed(0)
    parts = [
        torch.nn.Linear(sizes[0], sizes[1]),
        layer(),
        torch.nn.Linear(sizes[1], sizes[2]),
        layer(),
        torch.nn.Linear(sizes[2], sizes[3]),
    ]
    net = torch.nn.Sequential(*parts)
    for p in net.parameters():
        p.data = torch.randn(p.shape, generator=generator) / p.shape[-1] ** 0.5
    return net


@pytest.mark.usefixtures("one_torch_thread")
def test_the_page_thinks_what_torch_thinks(visit):
    """Oracle: networks with tanh and with relu, standardised on both sides, give
    torch's answers to 1e-5; other policies give Python's.
    """
    page = visit(make_world("hopper"), HOPPING)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 11))
    mean = rng.normal(size=11)
    std = rng.uniform(0.5, 2, 11)
    mu = rng.normal(size=4)
    sigma = np.arange(1, 5.0)
    for name, layer in (("tanh", torch.nn.Tanh), ("relu", torch.nn.ReLU)):
        net = torch_net(layer, (11, 64, 64, 4))
        weights = tuple(
            (part.weight.detach().numpy().T, part.bias.detach().numpy())
            for part in net
            if isinstance(part, torch.nn.Linear)
        )
        made = Network(weights, (mean, std), (mu, sigma), activation=name)
        wanted = (
            mu
            + sigma
            * net(torch.as_tensor((x - mean) / std, dtype=torch.float32))
            .detach()
            .numpy()
        )
        np.testing.assert_allclose(
            page.evaluate(THINK, [encode_for_page(made, 11, 4, "it"), x.tolist()]),
            wanted,
            atol=1e-5,
        )
    skipping = Network(weights, (mean, std), (mu, sigma), rng.normal(size=(11, 4)))
    np.testing.assert_allclose(
        page.evaluate(THINK, [encode_for_page(skipping, 11, 4, "it"), x.tolist()]),
        skipping(x),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        page.evaluate(THINK, [encode_for_page(HOPPING, 11, 3, "it"), x.tolist()]),
        HOPPING(x),
        rtol=1e-12,
        atol=1e-12,
    )


def test_the_page_walks_by_the_clock(visit):
    """Equation: a walk is offset + amplitude sin(turn t + phase) at control step t,
    whatever is seen.
    """
    walk = SimpleNamespace(
        turn=np.array([0.3]),
        amplitude=np.array([1.0, 0.5]),
        phase=np.array([0.0, 1.0]),
        offset=np.array([0.1, -0.2]),
    )
    found = visit(make_world("hopper"), HOPPING).evaluate(
        THINK, [encode_for_page(walk, 11, 2, "it"), [[5.0] * 11] * 20]
    )
    t = np.arange(20)[:, None]
    np.testing.assert_allclose(
        found, walk.offset + walk.amplitude * np.sin(0.3 * t + walk.phase), atol=1e-12
    )


def model(inputs, outputs, seed):
    rng = np.random.default_rng(seed)
    layers = (
        (rng.normal(size=(inputs, 16)), rng.normal(size=16)),
        (0.3 * rng.normal(size=(16, outputs)), 0.1 * rng.normal(size=outputs)),
    )
    return Network(
        layers,
        (np.zeros(inputs), np.ones(inputs)),
        (np.zeros(outputs), np.ones(outputs)),
        rng.normal(size=(inputs, outputs)) / 9,
    )


class Grounding(SimpleNamespace):
    """What a playground reads of an action transformation; its poster stands still."""

    def __call__(self, observations, actions, rng):
        return 0 * actions[-1]


@pytest.mark.parametrize("memory", [0, 2])
def test_the_simulator_is_grounded_as_the_paper_says(memory, visit):
    """Equation: the grey robot executes g(s, a) = α f_sim⁻¹(s, f(s, a)) + (1 − α) a,
    clipped, with f seeing earlier actions; the robot in colour executes a.
    """
    f, inverse = model(11 + 3 * (1 + memory), 11, 1), model(22, 3, 2)
    grounding = Grounding(forward=f, inverse=inverse, alpha=0.5, memory=memory)
    page = visit(make_world("hopper"), HOPPING, grounding=grounding)
    for alpha in (0.0, 0.5, 1.0):
        grey, colour = page.evaluate(
            """async (alpha) => {
               const one = document.querySelector("mujoco-playground");
               await one.prepare();
               await one.set("alpha", alpha);
               one.restart();
               const steps = one.robots.map(() => []);
               for (let t = 0; t < 25 && !one.robots[1].over; t++) {
                 const seen = one.robots.map((robot) => [...robot.seen]);
                 await one.stepN(1);
                 one.robots.forEach(({ charged, commands }, i) =>
                   steps[i].push([seen[i], [...charged], [...commands.at(-1)]]));
               }
               return steps.reverse(); }""",
            alpha,
        )
        assert len(grey) > 5
        for seen, said, done in colour:
            np.testing.assert_allclose(said, HOPPING(np.array([seen]))[0], atol=1e-9)
            np.testing.assert_allclose(done, np.clip(said, -1, 1), atol=1e-12)
        said = np.array([a for _, a, _ in grey])
        for t, (seen, a, done) in enumerate(grey):
            earlier = [
                np.clip(said[t - k], -1, 1) if t >= k else np.zeros(3)
                for k in range(1 + memory)
            ]
            s = np.array(seen)
            g = alpha * inverse(
                np.hstack([s, f(np.hstack([s, *earlier])[None])[0]])[None]
            )[0] + (1 - alpha) * np.array(a)
            np.testing.assert_allclose(done, np.clip(g, -1, 1), atol=1e-5)
