/* <robot-replay>: recorded robots, drawn from the side on a canvas.

   What it plays is the JSON inside it, written by lecture_code/show/replay.py: positions of the root as float32 (exact), capsules as int16
   relative to it. Until the reader asks for movement, the poster in the page stays. The element tells where it is in data-t, data-x (root
   of the first robot [m]) and data-frame, and can be driven by `seek(frame)`, `play()`, `pause()` and `recording`.

   RealityGap.{decode, SideView, PlayBar, RobotReplay} are for elements that draw the same way from another source: they override
   `advance`, `poses` and `scenery`, or `decode`, `makeView` and `controls`. */
(() => {
  "use strict";
  if (customElements.get("robot-replay")) return;
  const RealityGap = window.RealityGap, { button, clamp, face, fitCanvas, signed, unpack } = RealityGap;

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
    const capsules = robot.radius.map((radius, g) => {
      const [i, j] = [here + 3 * g, there + 3 * g];
      const turn = ((robot.pose[j + 2] - robot.pose[i + 2]) << 16) >> 16; // the short way round
      return [
        x + mix(robot.pose[i], robot.pose[j]) * recording.resolution,
        mix(robot.pose[i + 1], robot.pose[j + 1]) * recording.resolution,
        ((robot.pose[i + 2] + turn * part) * Math.PI) / 32768,
        radius,
        robot.half[g],
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
        this.stroke("source-over", (ghost ? 0.4 : 1) * (over ? 0.6 : 1), width);
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

  // ---- controls ----

  /** Play, restart, scrub and speed; tells its owner by toggle(), seekTime(t) and the property speed. */
  class PlayBar {
    constructor(owner, duration) {
      this.duration = duration;
      this.box = document.createElement("div");
      this.box.className = "rg-bar";
      this.playing = button("Play", "rg-primary rg-play");
      this.restart = button("Restart", "rg-restart");
      this.scrub = Object.assign(document.createElement("input"), { type: "range", min: 0, max: duration, step: "any", value: 0, className: "rg-range" });
      this.scrub.setAttribute("aria-label", "Time");
      this.time = Object.assign(document.createElement("span"), { className: "rg-time" });
      this.speed = Object.assign(document.createElement("select"), { className: "rg-speed" });
      this.speed.setAttribute("aria-label", "Speed");
      this.speed.innerHTML = [0.1, 0.25, 0.5, 1, 2].map((times) => `<option value="${times}"${times === 1 ? " selected" : ""}>${times}×</option>`).join("");
      this.box.append(this.playing, this.restart, this.scrub, this.time, this.speed);
      this.playing.onclick = () => owner.toggle();
      this.restart.onclick = () => owner.seekTime(0);
      this.scrub.oninput = () => owner.seekTime(+this.scrub.value);
      this.scrub.onkeydown = (event) => this.step(event, owner);
      if (owner.dataset.link && !owner.closest("flip-book")) this.box.append((this.link = Object.assign(button("Copy link", "rg-icon rg-link"), { title: "Copy link" })));
      this.speed.onchange = () => (owner.speed = +this.speed.value);
    }

    /** On the scrub range, space plays and the arrows move a fiftieth of the whole; Home and End are the browser's. */
    step(event, owner) {
      const move = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 }[event.key];
      if (event.key === " ") owner.toggle();
      else if (move) owner.seekTime(clamp(+this.scrub.value + (move * this.duration) / 50, 0, this.duration));
      else return;
      event.preventDefault();
    }

    show({ t, playing, speed }) {
      this.scrub.value = t;
      this.scrub.style.setProperty("--rg-fill", `${(100 * t) / (this.duration || 1)}%`);
      this.scrub.setAttribute("aria-valuetext", `${t.toFixed(2)} seconds`);
      this.time.textContent = `${t.toFixed(2)} s`;
      this.speed.value = speed;
      const label = playing ? "Pause" : "Play";
      if (this.playing.getAttribute("aria-label") !== label) face(this.playing, label, true);
    }
  }
  RealityGap.PlayBar = PlayBar;

  // ---- the element ----

  class RobotReplay extends HTMLElement {
    #recording = null;
    #request = 0;
    t = 0;
    speed = 1;
    playing = false;
    started = false; // false: the poster is what the reader sees

    connectedCallback() {
      RealityGap.whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.pause();
      this.unwatch();
    }

    unwatch() {
      this.resized?.disconnect();
      this.themed?.disconnect();
    }

    /** Read the recording, then put everything in place. */
    build() {
      const source = this.querySelector('script[type="application/json"]');
      if (!this.#recording && source) this.#recording = this.decode(JSON.parse(source.textContent));
      if (this.#recording) this.furnish(this.controls());
    }

    /** Canvas and bar, and an eye on size and theme. */
    furnish(bar) {
      if (!this.view) {
        const canvas = document.createElement("canvas");
        canvas.setAttribute("aria-hidden", "true"); // the stage carries the words
        canvas.hidden = true;
        this.stage = this.scene.querySelector(".rg-stage") || this.scene.appendChild(Object.assign(document.createElement("div"), { className: "rg-stage" }));
        this.stage.append(canvas);
        this.stage.onclick = () => this.toggle();
        this.view = this.makeView(canvas);
      }
      this.bar?.box.remove();
      this.bar = bar;
      this.stage.after(bar.box);
      this.unwatch();
      this.resized = new ResizeObserver(() => this.draw());
      this.resized.observe(this.stage);
      this.themed = new MutationObserver(() => this.draw());
      for (const page of [document.documentElement, document.body]) this.themed.observe(page, { attributes: true });
      this.show();
      if (bar.link) RealityGap.linked(this, bar.link);
      this.dataset.ready = "true";
    }

    decode(json) {
      return RealityGap.decode(json);
    }

    controls() {
      return new PlayBar(this, this.duration);
    }

    makeView(canvas) {
      return new SideView(canvas);
    }

    /** Where canvas and controls are. */
    get scene() {
      return this.shadowRoot || this;
    }

    /** Heights {low, high} and places `reach` that must be in view, the target, and whether there is a ground. */
    get scenery() {
      return this.#recording;
    }

    get recording() {
      return this.#recording;
    }

    /** A decoded recording, or the JSON that `decode` takes. */
    set recording(next) {
      this.#recording = typeof next.robots[0].x === "string" ? this.decode(next) : next;
      this.t = clamp(this.t, 0, this.duration);
      if (this.isConnected) this.build();
    }

    get duration() {
      return Math.max(...this.#recording.robots.map((robot) => robot.duration));
    }

    /** What a flip-book carries over from one replay to the next. */
    get state() {
      return { t: this.t, speed: this.speed, playing: this.playing, started: this.started };
    }

    set state({ t, speed, playing, started }) {
      this.speed = speed;
      if (!started) return void this.show();
      this.seekTime(t);
      if (playing && t < this.duration && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
    }

    linkState() {
      return { t: this.t, speed: this.speed };
    }

    restore({ t, speed }) {
      if (!(t >= 0)) return;
      this.pause();
      this.speed = speed > 0 ? speed : 1;
      this.seekTime(t);
    }

    play() {
      if (this.playing) return;
      this.rewind();
      this.playing = this.started = true;
      let before = performance.now();
      const tick = (now) => {
        this.playing = this.advance((clamp(now - before, 0, 100) / 1000) * this.speed);
        before = now;
        if (this.playing) this.#request = requestAnimationFrame(tick);
        this.show();
        if (!this.playing) this.dispatchEvent(new CustomEvent("ended"));
      };
      this.#request = requestAnimationFrame(tick);
      this.show();
    }

    /** At the end, playing begins anew. */
    rewind() {
      if (this.t >= this.duration) this.t = 0;
    }

    /** Go on by so many seconds; whether there is more to come. */
    advance(seconds) {
      this.t = Math.min(this.t + seconds, this.duration);
      return this.t < this.duration;
    }

    pause() {
      cancelAnimationFrame(this.#request);
      if (!this.playing) return;
      this.playing = false;
      this.show();
    }

    toggle() {
      this.playing ? this.pause() : this.play();
    }

    seekTime(t) {
      this.t = clamp(t, 0, this.duration);
      this.started = true;
      this.show();
    }

    /** Go to a recorded frame of the first robot, exactly. */
    seek(frame) {
      const main = this.#recording.robots[0];
      this.pause();
      this.seekTime(frame >= main.x.length - 1 ? main.duration : frame * this.#recording.step);
    }

    /** The robots now; an element with another source of movement overrides this. */
    poses() {
      return this.#recording.robots.map((robot) => poseAt(robot, this.t, this.#recording));
    }

    /** Bring everything the reader sees, and what a test reads, up to the present time. */
    show() {
      const poses = this.poses();
      Object.assign(this.dataset, { t: this.t, x: poses[0].x, frame: poses[0].frame, playing: this.playing });
      this.bar?.show(this);
      if (this.started) this.tell(poses);
      this.draw(poses);
    }

    /** The numbers beside the names; before the start they are those of the whole recording, from the page. */
    tell(poses) {
      const places = this.scene.querySelectorAll(".rg-readout");
      poses.forEach((pose, index) => {
        if (!places[index]) return;
        const words = pose.still ? [] : [`${signed(pose.x, 2)} m`]; // an arm goes nowhere
        if (pose.gained !== null) words.push(`return ${signed(pose.gained, 0)}`);
        if (pose.over) words.push(pose.over === true ? "fell" : pose.over);
        places[index].textContent = words.join(" · ");
      });
    }

    draw(poses = this.poses()) {
      if (!this.view) return;
      const { canvas } = this.view, poster = this.scene.querySelector(".rg-poster"), { target, ground } = this.scenery;
      canvas.hidden = !this.started;
      if (poster) poster.style.visibility = this.started ? "hidden" : "";
      if (!this.started || !this.view.fit(this.scenery)) return;
      this.paint({ centre: this.centre(poses[0].x), robots: poses, target, ground });
    }

    paint(scene) {
      this.view.draw(scene);
    }

    /** The camera stands still where everything fits, and follows the first robot where it does not. */
    centre(x) {
      const [left, right] = this.scenery.reach, margin = 0.25 * this.view.span;
      return right - left < this.view.span - margin ? (left + right) / 2 : x + 0.1 * this.view.span;
    }
  }
  RealityGap.RobotReplay = RobotReplay;
  customElements.define("robot-replay", RobotReplay);
})();
