/* The robot of <corridor-flight>: where it is, what it decides, and where each aim would lead it. Nothing here draws. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { clamp, corridor, unpack } = RealityGap;
  if (RealityGap.Flight) return;
  const { AIMS, Network, STEP, emptyPicture, fly, largest, offsets, see } = corridor;
  const RATE = 2; // control steps a second
  const TURNING = 0.3; // the part of a step in which the robot is seen to turn
  const AHEAD = (AIMS.length - 1) / 2;

  /** The JSON of the element, with its columns as typed arrays; networks stay packed. */
  function decode(json) {
    const { rows, columns, cell } = json;
    const maps = json.maps.map(({ walls, start, goal }) => {
      const bits = unpack(walls, Uint8Array);
      return { start, goal, world: { rows, columns, cell, walls: Uint8Array.from({ length: rows * columns }, (_, n) => (bits[n >> 3] >> (7 - (n & 7))) & 1) } };
    });
    const textures = json.textures.map(({ low, span, values }) => Float32Array.from(unpack(values, Uint16Array), (value) => low + (span * value) / 65535));
    const families = json.families.map(({ gamma, vignette, blur, looks }) =>
      looks.map((look) => ({ ...look, gamma, vignette, blur, textures: look.walls.map((n) => textures[n]), offsets: offsets(look.view) })),
    );
    return { ...json, maps, families };
  }

  /** Every aim, and then the policy: grows step by step, as deep as it is asked for. */
  class Fan {
    constructor(world, pose, key) {
      Object.assign(this, { world, key });
      this.branches = AIMS.map((_, aim) => ({ pose, aim, way: [[pose.x, pose.y]], survived: 0, crashed: false }));
    }

    /** The branches that are not so deep yet. */
    left(horizon) {
      return this.branches.filter(({ crashed, survived }) => !crashed && survived < horizon);
    }

    /** One more step of a branch; `choose` is the policy: from a pose to an aim. */
    grow(branch, choose) {
      const after = fly(this.world, branch.pose, AIMS[branch.survived ? choose(branch.pose) : branch.aim]);
      branch.way.push([after.x, after.y]);
      Object.assign(branch, { pose: after, crashed: after.crashed, survived: branch.survived + !after.crashed });
    }

    /** Share of the steps that each aim survives: its label. */
    labels(horizon) {
      return this.branches.map(({ survived }) => Math.min(survived, horizon) / horizon);
    }
  }

  class Flight {
    #scratch = emptyPicture(); // of decisions and roll-outs
    #picture = emptyPicture(); // that is shown

    /** `values` are the positions of the controls, and the number of the look. */
    constructor(json, values) {
      Object.assign(this, { setup: decode(json), values });
      this.enter();
    }

    // ---- the world, as the controls have it ----

    get world() {
      return this.setup.maps[this.values.map].world;
    }

    get look() {
      const looks = this.setup.families[this.values.family];
      return looks[this.values.look % looks.length];
    }

    /** The chosen network, or nothing: straight ahead. */
    get network() {
      const { network } = this.setup.policies[this.values.policy];
      return network === null ? null : (this.networks ||= Network.all(this.setup.networks))[network];
    }

    /** Weight of the goal. */
    get beta() {
      return this.setup.betas[this.values.beta];
    }

    get horizon() {
      return this.values.horizon + 1;
    }

    // ---- one look, one decision ----

    /** Q of all aims at a pose, or nothing where the policy does not look. */
    think(pose, seen = this.#scratch) {
      const { image, distances } = see(this.world, pose, this.look, seen);
      return { Q: this.network && this.network.values(image), image, distances };
    }

    /** What changes a thought. */
    #key(pose) {
      const { map, policy, family, look } = this.values;
      return [pose.x, pose.y, pose.heading, map, policy, family, look].join();
    }

    /** What is seen and thought where the robot is shown, computed once. */
    get sensed() {
      const key = this.#key(this.shown);
      if (this.thought?.key !== key) this.thought = { key, ...this.think(this.shown, this.#picture) };
      return this.thought;
    }

    /** Q at the pose where the next step begins; it is often known from the picture that is shown. */
    get decision() {
      return this.thought?.key === this.#key(this.pose) ? this.thought.Q : this.think(this.pose).Q;
    }

    /** Angle from the heading to the goal, left is positive, or nothing [rad]. */
    bearing({ x, y, heading }) {
      if (!this.goal) return null;
      const turn = Math.atan2(this.goal.y - y, this.goal.x - x) - heading;
      return Math.atan2(Math.sin(turn), Math.cos(turn));
    }

    /** The aim that is flown: argmax Q + β cos(angle from the aim to the goal). */
    choose(Q, pose) {
      if (!Q) return AHEAD;
      const bearing = this.bearing(pose);
      return largest(bearing === null ? Q : Q.map((value, a) => value + this.beta * Math.cos(bearing - AIMS[a])));
    }

    // ---- flying ----

    /** A new flight from {x, y, heading}. */
    place(pose) {
      Object.assign(this, { pose, began: pose.heading, metres: 0, crashed: false, trail: [[pose.x, pose.y]], leg: null, part: 0 });
    }

    /** The map has been chosen: its start, and its goal if it has one. */
    enter() {
      const { goal } = this.setup.maps[this.values.map];
      this.goal = goal && { x: goal[0], y: goal[1] };
      this.home();
    }

    home() {
      const [x, y, heading] = this.setup.maps[this.values.map].start;
      this.place({ x, y, heading });
    }

    /** The leg is where the next control step ends. */
    decide() {
      const aim = this.choose(this.decision, this.pose);
      this.leg = { aim, ...fly(this.world, this.pose, AIMS[aim]) };
    }

    /** The control step is over. */
    arrive() {
      const { x, y, heading, flown, crashed } = this.leg;
      Object.assign(this, { pose: { x, y, heading }, metres: this.metres + flown, crashed, leg: null, part: 0 });
      this.trail.push([x, y]);
    }

    /** One control step; a crashed robot stays where it is. */
    step() {
      if (this.crashed) return;
      if (!this.leg) this.decide();
      this.arrive();
    }

    /** Fly on for so many seconds; whether there is more to come. */
    advance(seconds) {
      this.part += seconds * RATE;
      while (!this.crashed) {
        if (!this.leg) this.decide();
        const over = this.part - this.leg.flown / STEP;
        if (over < 0) break;
        this.arrive();
        this.part = this.crashed || this.arrived ? 0 : over;
        if (this.arrived) return false;
      }
      return !this.crashed;
    }

    /** Whether a step has just ended near a goal that the policy knows. */
    get arrived() {
      const { beta, crashed, goal, leg, metres, pose } = this;
      return Boolean(goal && metres && beta && !leg && !crashed && this.network && Math.hypot(goal.x - pose.x, goal.y - pose.y) < STEP);
    }

    /** Forget a step that has been begun. */
    hold() {
      if (this.leg) this.trail.push([this.shown.x, this.shown.y]);
      Object.assign(this, { metres: this.flown, pose: this.shown, leg: null, part: 0 });
    }

    /** Where the robot is seen: on its way, it turns and flies on. */
    get shown() {
      if (!this.leg) return this.pose;
      const along = clamp((this.part * STEP) / this.leg.flown, 0, 1), turned = Math.min(this.part / TURNING, 1), { x, y, heading } = this.pose;
      return { x: x + along * (this.leg.x - x), y: y + along * (this.leg.y - y), heading: heading + turned * (this.leg.heading - heading) };
    }

    /** Metres of this flight so far. */
    get flown() {
      return this.metres + (this.leg ? Math.min(this.part * STEP, this.leg.flown) : 0);
    }

    // ---- roll-outs ----

    /** The fan at the pose where is decided, as deep as it has grown. */
    get fan() {
      const key = this.#key(this.pose);
      if (this.grown?.key !== key) this.grown = new Fan(this.world, this.pose, key);
      return this.grown;
    }

    /** Let the fan grow for so many milliseconds. */
    grow(milliseconds) {
      const until = performance.now() + milliseconds, { fan } = this;
      const follow = (pose) => {
        const { Q } = this.think(pose);
        return Q ? largest(Q) : AHEAD;
      };
      for (let left = fan.left(this.horizon); left.length && performance.now() < until; left = fan.left(this.horizon))
        fan.grow(left.reduce((least, branch) => (branch.survived < least.survived ? branch : least)), follow);
    }
  }
  RealityGap.Flight = Flight;
})();
