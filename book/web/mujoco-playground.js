/* <mujoco-playground>: live MuJoCo. A robot in colour, whose world the sliders change, beside the simulator's in grey.

   Drawing, playing and the bar of buttons are those of <robot-replay>; the robots are made by mujoco-robots.js. Everything visible stands in a shadow
   root, made by lecture_code/show/playground.py: sliders, poster, and the sentence that is read before the engine is there and where it cannot be.
   The engine is loaded when the reader first plays, steps or moves a slider.

   The element tells where it is in data-engine (waiting, loading, running, impossible), data-t, data-x (root of the robot in colour [m]), data-step, data-over,
   and can be driven by `prepare()`, `stepN(n)`, `set(knob, value)`, `restart()`, `play()`, `pause()`. */
(() => {
  "use strict";
  if (customElements.get("mujoco-playground")) return;
  const { Player, PlayBar, SideView, button, controls, fitCanvas, linked, plays, sceneOf, tellRobots, whenReady } = window.RealityGap;
  const BUSY = 40; // [ms] of a frame that physics may take; beyond it time goes slower
  const LATER = "Play loads the physics engine MuJoCo, 1.3 MB, once; then it runs here, in your browser.";

  /** The replay's bar without its scrub range: nobody can go back in a live simulation. */
  class LiveBar extends PlayBar {
    constructor(owner) {
      super(owner, 0);
      const [step, another] = ["Step", "Another start"].map((label) => Object.assign(button(label, "rg-icon"), { title: label }));
      this.restart.title = "Restart";
      this.box.classList.add("rg-live");
      step.onclick = () => owner.stepN(1);
      another.onclick = () => owner.again(1);
      this.box.replaceChildren(this.playing, this.restart, step, another, this.time, this.speed);
    }

    /** Until the engine is here, or for good. */
    disable(reason) {
      for (const part of this.box.querySelectorAll("button, select")) part.disabled = Boolean(reason);
    }
  }

  /** The side view with the ways that the robots have come, and with the forces of the ground. */
  class LiveView extends SideView {
    draw(scene) {
      super.draw(scene);
      if (scene.trails) for (const robot of scene.robots) this.way(robot);
      for (const force of scene.forces || []) this.force(force);
      this.pen.globalAlpha = 1;
    }

    way({ trail, colour, ghost }) {
      const pen = this.pen;
      Object.assign(pen, { globalAlpha: ghost ? 0.5 : 0.8, strokeStyle: colour, lineWidth: 1.5, lineJoin: "round" });
      pen.beginPath();
      trail.forEach((place, i) => pen[i ? "lineTo" : "moveTo"](...this.at(...place)));
      pen.stroke();
    }

    /** A fifth of a metre for the robot's own weight, at most a metre. */
    force([x, z, fx, fz]) {
      const size = Math.hypot(fx, fz), length = Math.min(0.2 * size, 1);
      if (size < 0.02) return;
      const [a, b] = [this.at(x, z), this.at(x + (length * fx) / size, z + (length * fz) / size)], pen = this.pen;
      const turn = Math.atan2(b[1] - a[1], b[0] - a[0]), wing = (side) => [b[0] - 8 * Math.cos(turn + side), b[1] - 8 * Math.sin(turn + side)];
      Object.assign(pen, { globalAlpha: 0.85, strokeStyle: this.ink, lineWidth: 2 });
      pen.beginPath();
      pen.moveTo(...a);
      pen.lineTo(...b);
      pen.moveTo(...wing(0.5));
      pen.lineTo(...b);
      pen.lineTo(...wing(-0.5));
      pen.stroke();
    }
  }

  /** Return against time, the robot in colour in front. */
  function sparkline(canvas, robots, seconds) {
    const { pen, width, height } = fitCanvas(canvas) || {};
    if (!pen) return;
    pen.clearRect(0, 0, width, height);
    const all = robots.flatMap(({ returns }) => [Math.min(...returns), Math.max(...returns)]), span = Math.max(seconds, 4);
    const low = Math.min(0, ...all), high = Math.max(low + 1, ...all), room = width - 16;
    const at = (t, value) => [8 + (t / span) * room, height - 6 - ((value - low) / (high - low)) * (height - 26)];
    Object.assign(pen, { strokeStyle: getComputedStyle(canvas).color, fillStyle: getComputedStyle(canvas).color, globalAlpha: 0.35, lineWidth: 1 });
    pen.beginPath();
    pen.moveTo(...at(0, 0));
    pen.lineTo(...at(span, 0));
    pen.stroke();
    Object.assign(pen, { globalAlpha: 0.78, font: "12px system-ui, sans-serif", textBaseline: "top" });
    pen.fillText("return so far", 8, 3);
    for (const { returns, colour, ghost, dt } of [...robots].reverse()) {
      const every = Math.max(1, Math.floor(returns.length / width)), last = returns.length - 1;
      Object.assign(pen, { strokeStyle: colour, fillStyle: colour, globalAlpha: ghost ? 0.55 : 1, lineWidth: 2, lineJoin: "round" });
      pen.beginPath();
      for (let i = 0; i <= last; i += every) pen[i ? "lineTo" : "moveTo"](...at(i * dt, returns[i]));
      pen.lineTo(...at(last * dt, returns[last]));
      pen.stroke();
      pen.beginPath();
      pen.arc(...at(last * dt, returns[last]), 3, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  class MujocoPlayground extends HTMLElement {
    #loading = null;
    player = new Player(this);
    attempt = 0;
    ticks = 0;
    part = 1; // of the way from the last physics step but one to the last

    connectedCallback() {
      whenReady(this, () => this.build());
    }

    build() {
      const source = this.querySelector('script[type="application/json"]'), template = this.querySelector("template[shadowrootmode]");
      if (!source) return;
      this.setup ||= JSON.parse(source.textContent);
      if (!this.shadowRoot) this.attachShadow({ mode: "open" }).append(document.importNode(template.content, true)); // a browser or a notebook that has left that to us
      const find = (query) => this.shadowRoot.querySelector(query);
      this.status = find(".rg-status");
      this.spark = find(".rg-spark");
      this.values ||= { ...this.setup.robots[0].values };
      this.high = this.setup.high;
      this.player.furnish(this.shadowRoot, new LiveBar(this), (canvas) => new LiveView(canvas));
      find(".rg-room")?.remove();
      this.connect();
      const reason = window.RealityGap.whyNot();
      this.dataset.engine = reason ? "impossible" : this.robots ? "running" : "waiting";
      if (reason) this.refuse(reason);
      else if (!this.robots) this.say(LATER);
    }

    /** Sliders and menus; the page's own events that must stop the simulation. */
    connect() {
      this.controls = controls(this.shadowRoot, (control) => this.turn(control));
      for (const box of this.shadowRoot.querySelectorAll("[data-show]")) Object.assign(box, { disabled: false, oninput: () => this.draw() });
      const reset = this.shadowRoot.querySelector(".rg-back");
      reset.disabled = false;
      reset.onclick = () => this.home();
      linked(this, this.shadowRoot.querySelector(".rg-link"));
      this.hide = () => this.pause();
      window.addEventListener("pagehide", this.hide);
      this.seen = new IntersectionObserver(([entry]) => entry.isIntersecting || this.pause());
      this.seen.observe(this);
    }

    disconnectedCallback() {
      this.player.leave();
      window.removeEventListener("pagehide", this.hide);
      this.seen?.disconnect();
      for (const robot of this.robots || []) robot.delete();
      this.robots = null;
      this.#loading = null;
      this.started = false;
    }

    say(words) {
      if (this.status.textContent !== words) this.status.textContent = words;
    }

    refuse(reason) {
      this.say(`The simulation cannot run here: ${reason}. The picture shows what it would have begun with.`);
      this.bar.disable(reason);
      for (const control of this.controls) control.disabled = true;
      for (const input of this.shadowRoot.querySelectorAll("[data-show], .rg-back, .rg-link")) input.disabled = true;
      this.stage.onclick = null;
    }

    // ---- the engine and the robots ----

    /** Load the engine and make the robots, once; whether they are there. */
    prepare() {
      return (this.#loading ||= this.load().catch((error) => {
        this.dataset.engine = "waiting";
        this.#loading = null;
        this.say(`The physics engine could not be started: ${error.message}. Play tries again.`);
        return false;
      }));
    }

    async load() {
      if (this.dataset.engine === "impossible") return false;
      this.dataset.engine = "loading";
      this.say("Loading the physics engine …");
      const began = performance.now(), M = await window.RealityGap.engine(this.setup.engine, this);
      if (!this.isConnected) return false;
      const { body, robots, policies, grounding } = this.setup;
      this.robots = robots.map(({ values }, i) => new window.RealityGap.LiveRobot(M, body, i ? values : this.knobs()));
      this.policies = policies.map(window.RealityGap.makePolicy);
      this.ground = grounding && window.RealityGap.grounded(grounding);
      this.loadedIn = performance.now() - began; // [ms]
      this.version = M.mj_versionString();
      this.started = true;
      this.restart();
      this.dataset.engine = "running";
      return true;
    }

    /** The knobs of the world in colour, without what is not a knob of a world. */
    knobs() {
      const { policy, alpha, ...knobs } = this.values;
      return knobs;
    }

    /** To the start of this attempt: both robots meet the same start and the same noise. */
    restart() {
      const { starts } = this.setup, [qpos, qvel] = starts[this.attempt % starts.length];
      this.robots.forEach((robot, i) => {
        const draws = (purpose) => this.draws?.(i, purpose) || window.RealityGap.normals(2 * this.attempt + (purpose === "motor" ? 1 : 2));
        robot.reset({ qpos, qvel, draws });
      });
      Object.assign(this, { ticks: 0, part: 1, t: 0, high: this.setup.high });
      this.say(`MuJoCo ${this.version} is running in this page.`);
      this.show();
    }

    get over() {
      return this.robots.every((robot) => robot.over);
    }

    tick() {
      this.robots.forEach((robot, i) => robot.tick(this.policies[this.values.policy], i ? this.ground : null, this.values.alpha));
      this.ticks += 1;
    }

    /** Tell of what has ended; whether there is more to come. */
    settle() {
      const { robots } = this.setup, at = this.robots.findIndex((robot) => robot.over === "diverged");
      if (at >= 0) {
        const end = this.t.toFixed(2);
        this.restart();
        this.say(`The simulation of ${robots[at].name} diverged after ${end} s: its numbers left the range that makes sense. It is back at the start.`);
        return false;
      }
      const { over, step, dt } = this.robots[0];
      if (over && !this.dataset.over) this.say(`${over === "fell" ? "It fell" : "Its time is up"} after ${(step * dt).toFixed(2)} s. Restart, or move a slider: it tries again.`);
      this.dataset.over = over;
      return !this.over;
    }

    // ---- playing ----

    async play() {
      if (this.playing || this.dataset.engine === "loading" || !(await this.prepare()) || this.playing) return;
      this.player.play();
    }

    rewind() {
      if (this.robots[0].over) this.restart();
    }

    advance(seconds) {
      const [{ timestep }] = this.robots, until = this.t + seconds, began = performance.now();
      while (this.ticks * timestep < until && !this.over && performance.now() - began < BUSY) this.tick();
      this.t = Math.min(until, this.ticks * timestep);
      this.part = 1 - (this.ticks * timestep - this.t) / timestep;
      this.cost = performance.now() - began; // [ms]
      return this.settle();
    }

    /** So many whole control steps, at once. */
    async stepN(n) {
      this.pause();
      if (!(await this.prepare())) return;
      this.rewind();
      const [robot] = this.robots;
      for (let left = n * robot.skip - robot.part; left > 0 && !this.over; left--) this.tick();
      this.t = this.ticks * robot.timestep;
      this.part = 1;
      this.settle();
      this.show();
    }

    /** For the restart button; a live simulation has no other place to go back to. */
    async seekTime() {
      if (await this.prepare()) this.restart();
    }

    /** Another start and other luck. */
    async again(more) {
      this.attempt += more;
      if (await this.prepare()) this.restart();
    }

    // ---- sliders ----

    turn(control) {
      const { knob, values } = control.data;
      this.set(knob, values ? JSON.parse(values)[control.position] : control.position);
    }

    /** Set a knob of the world in colour, "policy" (its number) or "alpha". Physics changes at once; a new policy, or a robot that has ended, starts anew. */
    async set(knob, value) {
      this.values[knob] = value;
      const ready = Boolean(this.robots);
      if (!(await this.prepare()) || !this.robots) return;
      if (knob in this.setup.body.nominal) this.robots[0].set(this.knobs());
      const over = this.robots[0].over;
      if (!ready || knob === "policy" || over) this.restart();
      if (over && !this.playing) this.play();
      this.show();
    }

    /** All sliders back to where they began. */
    home() {
      this.go((control) => control.start);
    }

    /** Move every control to the position that `where` gives for it. */
    go(where) {
      for (const control of this.controls) {
        const at = where(control);
        if (control.position === at) continue;
        control.position = at;
        this.turn(control);
      }
    }

    linkState() {
      const positions = this.controls.map((control) => [control.data.knob, control.position]);
      return Object.fromEntries([...positions, ["start", this.attempt]]);
    }

    restore(state) {
      const fits = this.controls.every(({ data, count }) => Number.isInteger(state[data.knob]) && state[data.knob] >= 0 && state[data.knob] < count);
      if (!fits || this.dataset.engine === "impossible") return;
      this.attempt = Math.max(0, Math.trunc(state.start || 0));
      this.go(({ data }) => state[data.knob]);
    }

    // ---- drawing ----

    get scenery() {
      const { low, reach, target, ground } = this.setup;
      return { low, high: this.high, reach: reach || [-Infinity, Infinity], target, ground };
    }

    get duration() {
      return Infinity;
    }

    poses() {
      const still = Boolean(this.setup.reach);
      return this.setup.robots.map(({ name, colour, ghost }, i) => {
        const live = this.robots?.[i];
        if (!live) return { name, colour, ghost, x: 0, gained: null, capsules: [], trail: [], returns: [0] };
        const { over, step, gained, trail, returns, dt } = live;
        return { name, colour, ghost, still, over, frame: step, x: live.data.qpos[0], capsules: live.pose(this.part), gained, trail, returns, dt };
      });
    }

    show() {
      const poses = this.poses();
      Object.assign(this.dataset, { t: this.t, x: poses[0].x, frame: poses[0].frame, playing: this.playing });
      this.bar?.show(this);
      if (this.started) tellRobots(this.shadowRoot, poses);
      this.draw(poses);
      if (this.robots) Object.assign(this.dataset, { step: this.robots[0].step, over: this.robots[0].over });
    }

    draw(poses = this.poses()) {
      if (!this.view) return;
      const tops = poses.flatMap(({ capsules }) => capsules.map(([, z, angle, radius, half]) => z + Math.abs(Math.sin(angle)) * half + radius));
      this.high = Math.max(this.high, ...tops.map((top) => (top < 20 ? top + 0.1 : 0))); // who jumps high stays in view
      const wanted = (what) => this.shadowRoot.querySelector(`[data-show="${what}"]`)?.checked;
      if (this.player.unveil(this.scenery)) {
        const scene = sceneOf(this.view, this.scenery, poses);
        this.view.draw({ ...scene, trails: wanted("trails"), forces: wanted("forces") && this.robots?.[0].forces() });
      }
      if (this.spark) sparkline(this.spark, poses, this.t);
    }
  }
  plays(MujocoPlayground);
  customElements.define("mujoco-playground", MujocoPlayground);
})();
