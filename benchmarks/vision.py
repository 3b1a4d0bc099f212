"""How fast is a camera?

Images of an arm and its target a second, 32 × 32 × 3, in one run on one core.

    python benchmarks/vision.py [--images 64] [--repeats 5]

The gate of the book: 5 000 images/s. Beside it: the parts (shapes without noise), a
plain rasteriser in NumPy that draws one image at a time, and `mujoco.Renderer` in
software, where it runs, with a plane and three capsules. Set `MUJOCO_GL=egl` or
`osmesa` for it on a machine without a display.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from _speeds import best_speeds

from lecture_code.vision import Appearance, Camera, Eye, Shapes, rasterise
from lecture_code.vision.plain import plain_rasterise

GATE = 5_000
PALETTE = {
    "background": (0.9, 0.9, 0.9),
    "target": (0.8, 0.2, 0.2),
    "upper arm": (0.2, 0.3, 0.7),
    "forearm": (0.2, 0.6, 0.7),
}
ARM = """
<mujoco>
  <worldbody>
    <light pos="0 0 3"/>
    <camera name="above" pos="0 0 3" fovy="45"/>
    <geom type="plane" size="2 2 .1" rgba=".9 .9 .9 1"/>
    <geom type="capsule" fromto="0 0 .1 .5 0 .1" size=".07" rgba=".2 .3 .7 1"/>
    <geom type="capsule" fromto=".5 0 .1 .5 .5 .1" size=".06" rgba=".2 .6 .7 1"/>
    <geom type="sphere" pos="-.4 .4 .1" size=".13" rgba=".8 .2 .2 1"/>
  </worldbody>
</mujoco>
"""


def main() -> None:
    """Print the table and the gate's verdict; exit code 1 below the gate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    contenders = our_contenders(options.images)
    renderer = mujoco_renderer()
    if renderer is not None:
        contenders["mujoco.Renderer"] = renderer
    speeds = best_speeds(contenders, options.repeats)
    ours = speeds["ours, with noise"]
    for name, speed in speeds.items():
        print(
            f"{name:25s} {speed:12,.0f} images/s   ours, with noise / this = "
            f"{ours / speed:9.2f}"
        )
    print(f"gate: {ours:,.0f} images/s on one core (at least {GATE:,})")
    raise SystemExit(ours < GATE)


def arms(n: int, rng: np.random.Generator) -> tuple[Shapes, ...]:
    """n arms in random poses, with their targets."""
    shoulders = np.zeros((n, 2))
    first, second = rng.uniform(-np.pi, np.pi, (2, n))
    elbows = 0.55 * np.column_stack([np.cos(first), np.sin(first)])
    hands = elbows + 0.55 * np.column_stack([np.cos(second), np.sin(second)])
    return (
        Shapes.discs("target", rng.uniform(-0.8, 0.8, (n, 2)), 0.13),
        Shapes.capsules("upper arm", shoulders, elbows, 0.07),
        Shapes.capsules("forearm", elbows, hands, 0.06),
    )


def our_contenders(n: int) -> dict[str, Callable[[], int]]:
    """Name -> a function that draws images and gives their number."""
    rng = np.random.default_rng(0)
    camera = Camera()
    appearance = Appearance(PALETTE, texture=0.1, noise=0.05)
    eye = Eye(camera, appearance, rng)
    scene = arms(n, rng)
    names = [shapes.colour for shapes in scene]
    colours = np.array([PALETTE[name] for name in names], np.float32)
    background = appearance.background(camera)
    return {
        "ours, with noise": lambda: len(eye.look(scene, rng)),
        "ours, shapes alone": lambda: len(
            rasterise(scene, colours, camera, background)
        ),
        "plain, shapes alone": lambda: len(
            plain_rasterise(scene, colours, camera, background)
        ),
    }


def mujoco_renderer() -> Callable[[], int] | None:
    """Draws one image with MuJoCo; None where it cannot."""
    try:
        import mujoco

        model = mujoco.MjModel.from_xml_string(ARM)
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        renderer = mujoco.Renderer(model, 32, 32)
    except Exception as error:  # a missing library or display has many forms
        print(f"mujoco.Renderer does not run here, and is left out: {error}")
        return None

    def render() -> int:
        for _ in range(8):
            renderer.update_scene(data, camera="above")
            renderer.render()
        return 8

    return render


if __name__ == "__main__":
    main()
