"""What must hold of the way MuJoCo is imported, and of the files it reads."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import lecture_code
from lecture_code.simulation import ROBOTS, make_world
from lecture_code.simulation import robots as robots_module

PACKAGE = Path(lecture_code.__file__).parent
WITHOUT_GL = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("OpenGL", "glfw") or name in {broken!r}:
            raise AttributeError("no graphics library on this machine")
sys.meta_path.insert(0, Missing())
"""
HOP = """
import os
import numpy as np
from lecture_code.simulation import make_world, rollout
still = lambda s, rng: np.zeros((len(s), 3))
batch = rollout(make_world("hopper"), still, 3, np.random.default_rng(0))
print(os.environ.get("MUJOCO_GL"), batch.returns[0])
"""


def run(code, **variables):
    path = os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="osmesa is Linux's")
def test_a_simulation_needs_no_graphics_library():
    """Conformance: with `MUJOCO_GL` naming a library that is not there, a simulation
    runs as it does without, and the variable stays what it was.
    """
    plain = run(HOP, MUJOCO_GL="disable")
    broken = run(WITHOUT_GL.format(broken=()) + HOP, MUJOCO_GL="osmesa")
    unknown = run(HOP, MUJOCO_GL="crayons")
    _, earned = plain.stdout.split()
    assert (broken.stdout.split(), broken.stderr) == (["osmesa", earned], "")
    assert (unknown.stdout.split(), unknown.stderr) == (["crayons", earned], "")


def test_the_set_up_has_no_graphics_library():
    """Negative control: in the set-up of the test above, MuJoCo alone cannot be
    imported.
    """
    failed = run(WITHOUT_GL.format(broken=()) + "import mujoco", MUJOCO_GL="osmesa")
    assert failed.returncode != 0
    assert "no graphics library" in failed.stderr


def test_another_fault_of_the_import_is_not_hidden():
    """Errors of MuJoCo that have nothing to do with graphics are shown as they are."""
    failed = run(WITHOUT_GL.format(broken=("mujoco._structs",)) + HOP)
    assert failed.returncode != 0 and "AttributeError" in failed.stderr


def test_everybody_imports_mujoco_from_one_module():
    """Invariance: no other module of the package imports MuJoCo by itself."""
    importers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                imported = [node.module or ""]
            else:
                continue
            if "mujoco" in [name.split(".")[0] for name in imported]:
                importers.add(path.relative_to(PACKAGE).as_posix())
    assert importers == {"simulation/mujoco_import.py"}


@pytest.mark.parametrize("name", ["hopper", "half_cheetah", "walker2d", "humanoid"])
def test_a_robot_is_read_from_any_folder(name, tmp_path, monkeypatch):
    """Invariance: where the path to Gymnasium has letters beyond ASCII, the robot is
    the same, and MuJoCo is never asked to open a path.
    """
    nominal = make_world(name).model
    package = tmp_path / "Übung – シミュレーション"
    assets = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets"
    shutil.copytree(assets, package / "envs" / "mujoco" / "assets")
    monkeypatch.setattr(gymnasium, "__file__", str(package / "__init__.py"))

    def refuse(*paths):
        raise AssertionError(f"MuJoCo was asked to open {paths}")

    monkeypatch.setattr(robots_module.mujoco.MjSpec, "from_file", refuse)
    model = ROBOTS[name].load().compile()
    for field in ("body_mass", "body_inertia", "geom_size", "dof_damping"):
        assert np.array_equal(getattr(model, field), getattr(nominal, field))
