"""What the browser tests of the playground do to one: give it a start and recorded
noise, and step it.
"""

import numpy as np

from lecture_code.simulation import plain_rollout

# Put `knobs` on, begin at a given start, hand out recorded draws of N(0, 1), and say
# where the robots are after each of so many control steps.
DRIVE = """async ([knobs, start, draws, steps]) => {
  const one = document.querySelector("mujoco-playground");
  one.setup.starts = [start];
  one.draws = (robot, purpose) => { let n = 0; return () => draws[purpose][n++]; };
  if (!(await one.prepare())) throw new Error(one.status.textContent);
  for (const [knob, value] of Object.entries(knobs)) await one.set(knob, value);
  one.restart();
  const found = { qpos: [], controls: [], simulator: [] };
  found.returns = one.robots[0].returns;
  for (let step = 0; step < steps && !one.robots[0].over; step++) {
    await one.stepN(1);
    found.qpos.push([...one.robots[0].data.qpos]);
    found.simulator.push([...one.robots[1].data.qpos]);
    found.controls.push([...one.robots[0].data.ctrl]);
  }
  return { ...found, over: one.robots[0].over, t: +one.dataset.t, x: +one.dataset.x };
}"""


def drive(page, knobs, start, draws, steps):
    """`DRIVE`, with arrays for answers."""
    numbers = {purpose: np.ravel(values).tolist() for purpose, values in draws.items()}
    found = page.evaluate(
        DRIVE, [knobs, [np.asarray(part).tolist() for part in start], numbers, steps]
    )
    return {
        name: np.array(value) if isinstance(value, list) else value
        for name, value in found.items()
    }


def recorded(world, policy, steps, seed=0):
    """A trajectory that Python computes, its start, and the draws of N(0, 1) behind its
    noise, in their order.
    """
    trajectory = plain_rollout(world, policy, steps, np.random.default_rng(seed))
    stream = np.random.default_rng(seed).spawn(2)[1]
    _, motor, sensor = stream.spawn(3)
    draws = {
        "motor": motor.standard_normal((steps, world.action_size)),
        "sensor": sensor.standard_normal((steps + 1, world.observation_size)),
    }
    return trajectory, (trajectory.qpos[0, 0], trajectory.qvel[0, 0]), draws
