/* <robot-replay>: recorded robots, drawn from the side on a canvas.

   What it plays is the JSON inside it, written by lecture_code/show/replay.py: positions of the root as float32 (exact), capsules as int16
   relative to it. Until the reader asks for movement, the poster in the page stays. The element tells where it is in data-t, data-x (root
   of the first robot [m]) and data-frame, and can be driven by `seek(frame)`, `play()`, `pause()` and `recording`.

   RealityGap.{decode, SideView, tellRobots, sceneOf} are for elements that draw robots from another source. */
(() => {
  "use strict";
  if (customElements.get("robot-replay")) return;
  const RealityGap = window.RealityGap, { clamp, fitCanvas, signed, unpack } = RealityGap;

  // ---- the recording ----

  /** The JSON of a recording with its base64 columns as typed arrays: x (T), pose (T × G × 3), gained (T). */
  RealityGap.decode = (json) => ({
    ...json,
    robots: json.robots.map((robot) => {
      const x = unpack(robot.x, Float32Array), pose = unpack(robot.pose, Int16Array), gained = robot.gained && unpack(robot.gained, Float32Array);
      return { ...robot, x, pose, gained, still: x.every((place) => place === x[0]) };
    }),
  });

  /** The frame before time t [s] and the part of the way to the next. Frames are `step` apart; the last one may come sooner. */
  function frameAt(robot, t, step) {
    const last = robot.x.length - 1;
    if (t >= robot.duration) return [last, 0];
    const frame = clamp(Math.floor(t / step + 1e-9), 0, last - 1);
    const next = frame + 1 === last ? robot.duration : (frame + 1) * step;
    return [frame, clamp((t - frame * step) / (next - frame * step), 0, 1)];
  }

  /** A robot at time t: root x [m], capsules [x, z, angle, radius, half length], return so far. */
  function poseAt(robot, t, recording) {
    const [frame, part] = frameAt(robot, t, recording.step);
    const parts = robot.radius.length, here = frame * parts * 3, there = part ? here + parts * 3 : here;
    const mix = (a, b) => a + (b - a) * part;
    const x = part ? mix(robot.x[frame], robot.x[frame + 1]) : robot.x[frame];
    const halves = Array.isArray(robot.half[0]) && robot.half; // by frame, of a robot that turns out of the plane
    const capsules = robot.radius.map((radius, g) => {
      const [i, j] = [here + 3 * g, there + 3 * g];
      const turn = ((robot.pose[j + 2] - robot.pose[i + 2]) << 16) >> 16; // the short way round
      return [
        x + mix(robot.pose[i], robot.pose[j]) * recording.resolution,
        mix(robot.pose[i + 1], robot.pose[j + 1]) * recording.resolution,
        ((robot.pose[i + 2] + turn * part) * Math.PI) / 32768,
        radius,
        halves ? mix(halves[frame][g], halves[part ? frame + 1 : frame][g]) : robot.half[g],
      ];
    });
    const gained = robot.gained && (part ? mix(robot.gained[frame], robot.gained[frame + 1]) : robot.gained[frame]);
    const { name, colour, ghost, still } = robot, over = robot.fell !== null && t >= robot.fell;
    return { name, colour, ghost, still, over, frame, x, capsules, gained };
  }

  // ---- drawing ----

  /** Paints robots on a canvas, metres to pixels. `bounds` = {low, high} are the heights [m] that must be in view. */
  class SideView {
    constructor(canvas) {
      this.canvas = canvas;
      this.pen = canvas.getContext("2d");
    }

    /** Match the canvas to its box and the screen's pixels, and choose the scale; false while it has no size. */
    fit({ low, high }) {
      const { width, height } = fitCanvas(this.canvas) || {};
      if (!width) return false;
      Object.assign(this, { width, height, floor: height - 26, low });
      this.scale = Math.min((this.floor - 14) / (high - low), width / Math.max(2.2, high - low)); // [px/m]
      return true;
    }

    get span() {
      return this.width / this.scale; // [m] in view
    }

    at(x, z) {
      return [(x - this.left) * this.scale, this.floor - (z - this.low) * this.scale];
    }

    /** `centre` [m] is the x in the middle of the view; `robots` as from poseAt, the first in front. */
    draw({ centre, robots, target, ground }) {
      const pen = this.pen;
      this.left = centre - this.span / 2;
      this.ink = getComputedStyle(this.canvas).color;
      pen.clearRect(0, 0, this.width, this.height);
      for (const robot of [...robots].reverse()) this.robot(robot);
      this.ruler(ground);
      if (target) this.target(...this.at(...target));
      for (const robot of robots) this.pointer(robot);
      pen.globalAlpha = 1;
    }

    /** Limbs are thick lines with round ends; a thin gap is cut around each, so that it stands out from what is behind it. */
    robot({ capsules, colour, ghost, over }) {
      const pen = this.pen;
      pen.lineCap = "round";
      pen.strokeStyle = colour;
      for (const [x, z, angle, radius, half] of capsules) {
        const [a, b] = [Math.cos(angle) * half, Math.sin(angle) * half];
        pen.beginPath();
        pen.moveTo(...this.at(x - a, z - b));
        pen.lineTo(...this.at(x + a + 1e-6, z + b)); // a ball has no length, and a line without length is not drawn
        const width = Math.max(2 * radius * this.scale, 3);
        this.stroke("destination-out", 1, width + 3);
        this.stroke("source-over", (ghost ? 0.75 : 1) * (over ? 0.6 : 1), width);
      }
    }

    stroke(mode, alpha, width) {
      this.pen.globalCompositeOperation = mode;
      this.pen.globalAlpha = alpha;
      this.pen.lineWidth = width;
      this.pen.stroke();
    }

    /** The ground, or without one the lower edge, with a scale in metres. */
    ruler(ground) {
      const pen = this.pen, y = this.floor + 0.5;
      const step = [0.1, 0.2, 0.5, 1, 2, 5, 10].find((metres) => metres * this.scale >= 64) || 20;
      pen.globalAlpha = 0.6;
      pen.strokeStyle = pen.fillStyle = this.ink;
      pen.lineWidth = ground ? 1.5 : 0.75;
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(this.width, y);
      pen.stroke();
      pen.lineWidth = 1;
      pen.font = "12px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.textBaseline = "top";
      for (let n = Math.floor(this.left / step); n * step <= this.left + this.span + step; n++) {
        const x = Math.round((n * step - this.left) * this.scale) + 0.5;
        pen.globalAlpha = 0.6;
        pen.fillRect(x - 0.5, y, 1, 5);
        pen.fillRect(x - 0.5 + (step * this.scale) / 2, y, 1, 3);
        pen.globalAlpha = 0.85;
        if (x > 18 && x < this.width - 18) pen.fillText(`${signed(n * step, step < 1 ? 1 : 0)} m`, x, y + 8);
        pen.globalAlpha = 0.07; // a faint upright each step, so that the eye sees the world pass
        pen.fillRect(x - 0.5, 0, 1, this.floor);
      }
    }

    target(x, y) {
      const pen = this.pen;
      pen.globalAlpha = 0.9;
      pen.strokeStyle = this.ink;
      pen.lineWidth = 1.5;
      pen.beginPath();
      pen.arc(x, y, 7, 0, 2 * Math.PI);
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        pen.moveTo(x + 3 * dx, y + 3 * dy);
        pen.lineTo(x + 11 * dx, y + 11 * dy);
      }
      pen.stroke();
    }

    /** Where a robot is that has left the view. */
    pointer({ name, colour, x }) {
      const beyond = x < this.left ? this.left - x : x - this.left - this.span;
      if (beyond <= 0) return;
      const pen = this.pen, right = x > this.left;
      pen.globalAlpha = 0.9;
      pen.fillStyle = this.ink;
      pen.textAlign = right ? "right" : "left";
      pen.textBaseline = "middle";
      const text = `${name}, ${signed(beyond, 1)} m`;
      pen.fillText(right ? `${text} →` : `← ${text}`, right ? this.width - 22 : 22, 18);
      pen.fillStyle = colour;
      pen.fillRect(right ? this.width - 16 : 6, 13, 10, 10);
    }
  }
  RealityGap.SideView = SideView;

  // ---- what robots have in common, recorded or alive ----

  /** The numbers beside the names; before the start they are those of the whole recording, from the page. */
  RealityGap.tellRobots = (scene, poses) => {
    const places = scene.querySelectorAll(".rg-readout");
    poses.forEach((pose, index) => {
      if (!places[index]) return;
      const words = pose.still ? [] : [`${signed(pose.x, 1)} m`]; // an arm goes nowhere
      if (pose.gained !== null) words.push(`return ${signed(pose.gained, 0)}`);
      if (pose.over) words.push(pose.over === true ? "fell" : pose.over);
      places[index].textContent = words.join(" · ");
    });
  };

  /** The scene that a view paints. The camera stands still where everything fits, and follows the first robot where it does not. */
  RealityGap.sceneOf = (view, { reach: [left, right], target, ground }, robots) => {
    const margin = 0.25 * view.span, [{ x }] = robots;
    const centre = right - left < view.span - margin ? (left + right) / 2 : x + 0.1 * view.span;
    return { centre, robots, target, ground };
  };

  // ---- the element ----

  class RobotReplay extends HTMLElement {
    #recording = null;
    player = new RealityGap.Player(this);

    connectedCallback() {
      RealityGap.whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.player.leave();
    }

    /** Read the recording, then put everything in place. */
    build() {
      const source = this.querySelector('script[type="application/json"]');
      if (!this.#recording && source) this.#recording = RealityGap.decode(JSON.parse(source.textContent));
      if (this.#recording) this.player.furnish(this, new RealityGap.PlayBar(this, this.duration), (canvas) => new SideView(canvas));
    }

    get recording() {
      return this.#recording;
    }

    /** A decoded recording, or the JSON that `decode` takes. */
    set recording(next) {
      this.#recording = typeof next.robots[0].x === "string" ? RealityGap.decode(next) : next;
      this.t = clamp(this.t, 0, this.duration);
      if (this.isConnected) this.build();
    }

    get duration() {
      return Math.max(...this.#recording.robots.map((robot) => robot.duration));
    }

    /** Go to a recorded frame of the first robot, exactly. */
    seek(frame) {
      const main = this.#recording.robots[0];
      this.pause();
      this.seekTime(frame >= main.x.length - 1 ? main.duration : frame * this.#recording.step);
    }

    /** The robots now. */
    poses() {
      return this.#recording.robots.map((robot) => poseAt(robot, this.t, this.#recording));
    }

    /** Bring everything the reader sees, and what a test reads, up to the present time. */
    show() {
      const poses = this.poses();
      Object.assign(this.dataset, { t: this.t, x: poses[0].x, frame: poses[0].frame, playing: this.playing });
      this.bar?.show(this);
      if (this.started) RealityGap.tellRobots(this, poses);
      this.draw(poses);
    }

    draw(poses = this.poses()) {
      const recording = this.#recording;
      if (this.player.unveil(recording)) this.view.draw(RealityGap.sceneOf(this.view, recording, poses));
    }
  }
  RealityGap.plays(RobotReplay);
  customElements.define("robot-replay", RobotReplay);
})();
