"""Does MuJoCo in the page keep up?

A playground of each running robot in a headless browser, beside the same physics in
Python.

    python benchmarks/playground.py [--seconds 5] [--repeats 3]

Gates of the book, with two robots in view: simulated time ≥ 0.99 × the clock's, and ≤ 2
ms of script in a frame. Beside them: start-up, memory, bytes that travel, and the speed
of a robot with its policy as a share of the plain rollout's in Python on the same
machine.

It needs the built engine (`make build`) and a browser: Chromium or Google Chrome, or
Playwright's own.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from lecture_code.experiments import load_policy
from lecture_code.show import playground
from lecture_code.show.assets import SCRIPTS, STYLE_SHEET, WEB, engine_source
from lecture_code.simulation import make_world, plain_rollout

REAL_TIME, SCRIPT = 0.99, 2.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Browsers that are used if they are installed; else Playwright's own."""
WATCH = """
  const begin = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...what) => {
    const made = await begin(...what);
    const parts = Object.values((made.instance || made).exports);
    window.engineMemory = parts.find((part) => part instanceof WebAssembly.Memory);
    return made;
  };
"""
PLAY = """async (seconds) => {
  const one = document.querySelector("mujoco-playground"), spent = [];
  await one.prepare();
  const { advance, show } = one;
  let cost = 0;
  one.advance = (more) => {
    const began = performance.now(), go = advance.call(one, more);
    cost = performance.now() - began;
    return go;
  };
  one.show = () => {
    const began = performance.now();
    show.call(one);
    spent.push(cost + performance.now() - began);
  };
  one.restart();
  await one.play();
  const t = one.t, began = performance.now();
  spent.length = 0;
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  const factor = (1000 * (one.t - t)) / (performance.now() - began);
  one.pause();
  spent.sort((a, b) => a - b);
  return {
    factor, frames: spent.length / seconds, script: spent[spent.length >> 1],
    worst: spent[Math.floor(spent.length * 0.95)], start: one.loadedIn,
  };
}"""
RACE = """async (steps) => {
  const one = document.querySelector("mujoco-playground"), [robot] = one.robots;
  one.restart();
  const began = performance.now();
  for (let k = 0; k < steps * robot.skip && !robot.over; k++)
    robot.tick(one.policies[0], null, 0);
  return (1000 * robot.step) / (performance.now() - began);
}"""


def main() -> None:
    """Print the table and the gates' verdict; exit code 1 below a gate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    os.environ["BOOK_BUILD"] = "1"  # markup is wanted, no widgets
    engine = engine_source()
    print(
        f"engine: {len(engine) / 1e6:.2f} MB, "
        f"{len(gzip.compress(engine, 9)) / 1e6:.2f} MB gzip"
    )
    passed = [
        measure(name, seed, options)
        for name, seed in (("hopper", 3), ("half_cheetah", 1))
    ]
    raise SystemExit(not all(passed))


def measure(name: str, seed: int, options: argparse.Namespace) -> bool:
    """One robot's line; whether it passes the gates."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        address = write_page(Path(folder), name, seed)
        program = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        played, raced = [], []
        for _ in range(options.repeats):
            page = browser.new_page()
            page.add_init_script(WATCH)
            page.goto(address)
            page.wait_for_selector("mujoco-playground[data-ready]")
            played.append(page.evaluate(PLAY, options.seconds))
            raced.append(page.evaluate(RACE, 500))
            session = page.context.new_cdp_session(page)
            session.send("HeapProfiler.collectGarbage")
            heap = session.send("Runtime.getHeapUsage")["usedSize"]
            memory = page.evaluate("window.engineMemory.buffer.byteLength")
            page.close()
        browser.close()
    best = {
        key: pick(run[key] for run in played)
        for key, pick in (
            ("factor", max),
            ("frames", max),
            ("script", min),
            ("worst", min),
            ("start", min),
        )
    }
    ratio = max(raced) / native(name, seed)
    print(
        f"{name:13s} real-time factor {best['factor']:.3f} at {best['frames']:.0f} "
        f"frames/s; script {best['script']:.2f} ms a frame "
        f"(95 of 100 within {best['worst']:.2f}); start-up {best['start'] / 1000:.2f} "
        f"s; memory {heap / 1e6:.0f} MB of JavaScript and "
        f"{memory / 1e6:.0f} MB of engine; speed {max(raced):,.0f} control steps/s, "
        f"{ratio:.2f} × plain native"
    )
    return best["factor"] >= REAL_TIME and best["script"] <= SCRIPT


def write_page(folder: Path, name: str, seed: int) -> str:
    """A page with one playground and all that it needs beside it; its address."""
    for name_of_file in (*SCRIPTS, STYLE_SHEET):
        shutil.copy(WEB / name_of_file, folder)
    (folder / "mujoco-engine.js").write_bytes(engine_source())
    shown = playground(
        make_world(name),
        load_policy(name, seed=seed),
        {"gravity": (-16, -4)},
        title=name,
        horizon=100_000,
    )
    scripts = "".join(f'<script defer src="{script}"></script>' for script in SCRIPTS)
    page = folder / "page.html"
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><link rel="stylesheet" '
        f'href="{STYLE_SHEET}">{scripts}{shown.html()}',
        encoding="utf-8",
    )
    return page.as_uri()


def native(name: str, seed: int) -> float:
    """Control steps a second of the plain rollout in Python, one robot, the best of
    three.
    """
    speeds = []
    for _ in range(3):
        began = time.perf_counter()
        steps = plain_rollout(
            make_world(name),
            load_policy(name, seed=seed),
            500,
            np.random.default_rng(0),
        ).lengths[0]
        speeds.append(steps / (time.perf_counter() - began))
    return max(speeds)


if __name__ == "__main__":
    main()
