/* Robots that MuJoCo moves in the page: the engine, a world and its knobs, tasks, policies, noise.

   What a robot is comes as JSON from lecture_code/show/playground.py: MJCF, what each knob writes into the compiled model, the task's numbers, the
   policies. A knob means here what lecture_code/simulation/parameters.py says it means; tests hold the two together.

   window.RealityGap.{engine(), LiveRobot, makePolicy, normals, whyNot} are for mujoco-playground.js. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { clamp, unpack } = RealityGap;
  if (RealityGap.LiveRobot) return;
  const here = document.currentScript?.src; // beside it lies the engine; in a notebook there is no address, and the kernel hands it out
  const MOST = 1e10; // MuJoCo's own bound for a number that makes sense

  // ---- the engine, loaded on first use, once for all playgrounds of a page ----

  /** Why this browser or page cannot run the engine, or nothing. */
  RealityGap.whyNot = () => {
    if (typeof WebAssembly !== "object") return "this browser has no WebAssembly, or it is switched off";
    if (typeof DecompressionStream !== "function") return "this browser is too old: it needs Chrome 80, Firefox 113 or Safari 16.4";
    try {
      new Function("return 0");
    } catch {
      return "the security policy of this page forbids it (the engine needs script-src 'unsafe-eval')";
    }
    return "";
  };

  const loadScript = (address) =>
    new Promise((done, failed) => {
      const script = Object.assign(document.createElement("script"), { src: address, onload: done });
      script.onerror = () => failed(new Error("its file, mujoco-engine.js, could not be fetched"));
      document.head.append(script);
    });

  const fromPage = (version) => loadScript(new URL(`mujoco-engine.js?v=${version}`, here));

  /** How the engine's script gets here: from beside this one, or, in a notebook, from the kernel of the view that holds `element`. */
  function wayFor(element) {
    for (let place = element; place; place = place.parentNode || place.host) if (place.fetchEngine) return place.fetchEngine;
    return fromPage;
  }
  RealityGap.loadScript = loadScript;

  async function start(version, fetchEngine) {
    if (!RealityGap.packed) await fetchEngine(version);
    const { load, wasm } = RealityGap.packed;
    const packed = Uint8Array.from(atob(wasm), (letter) => letter.charCodeAt(0));
    const unpacked = new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")));
    const quiet = () => {}; // a simulation that blows up is told by the playground, not by the console
    return load({ wasmBinary: new Uint8Array(await unpacked.arrayBuffer()), print: quiet, printErr: quiet });
  }

  const waiting = new Map(); // a promise for each way
  let running = null;
  /** The engine (a promise) for an element. One runs for all; until it does, each notebook's view relies on its own kernel alone. */
  RealityGap.engine = (version, element) => {
    if (running) return running;
    const way = wayFor(element);
    if (!waiting.has(way)) {
      const mine = start(version, way).then((engine) => (running ||= Promise.resolve(engine)));
      waiting.set(way, mine.finally(() => waiting.delete(way)));
    }
    return waiting.get(way);
  };

  // ---- chance ----

  /** Draws of N(0, 1) from a seed: Box and Muller's transform of Mulberry32. */
  RealityGap.normals = (seed) => {
    let state = (seed * 0x9e3779b9) >>> 0, spare = null;
    const uniform = () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
    return () => {
      if (spare !== null) {
        const kept = spare;
        spare = null;
        return kept;
      }
      const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    };
  };

  /** AR(1) noise of standard deviation 1 at every step, whatever its correlation c: n = c n + √(1 − c²) e, from n = e. */
  class CorrelatedNoise {
    constructor(size, draw) {
      Object.assign(this, { now: new Float64Array(size), draw, first: true });
    }

    next(c) {
      const fresh = Math.sqrt(1 - c * c);
      for (let i = 0; i < this.now.length; i++) this.now[i] = this.first ? this.draw() : c * this.now[i] + fresh * this.draw();
      this.first = false;
      return this.now;
    }
  }
  RealityGap.CorrelatedNoise = CorrelatedNoise;

  // ---- what decides: a policy, or a model of the dynamics ----

  const floats = (text) => unpack(text, Float32Array);
  const NONLINEAR = { tanh: Math.tanh, relu: (x) => Math.max(x, 0) };

  /** y = x W + b for W (k, m), row after row. */
  function affine(W, b, x) {
    const m = b.length, y = Float64Array.from(b);
    for (let i = 0, at = 0; i < x.length; i++) for (let j = 0; j < m; j++) y[j] += x[i] * W[at++];
    return y;
  }

  const KINDS = {
    /** a = M (s − mean) / std. */
    linear: ({ matrix, mean, std }) => (s) => {
      const z = mean.map((middle, i) => (s[i] - middle) / std[i]);
      return Float64Array.from(matrix, (row) => row.reduce((sum, weight, i) => sum + weight * z[i], 0));
    },
    /** Dense layers between standardised inputs and outputs, with a linear skip connection where there is one. */
    network({ layers, skip, inputs, targets, activation }) {
      const inside = layers.map(([W, b]) => [floats(W), floats(b)]), beside = skip && floats(skip);
      const [middle, spread] = inputs.map(floats), [mean, std] = targets.map(floats), bend = NONLINEAR[activation];
      const none = new Float64Array(mean.length);
      return (s) => {
        const x = Float64Array.from(s, (value, i) => (value - middle[i]) / spread[i]);
        let hidden = x;
        inside.forEach(([W, b], depth) => {
          hidden = affine(W, b, hidden);
          if (depth < inside.length - 1) hidden = hidden.map(bend);
        });
        const straight = beside ? affine(beside, none, x) : none;
        return Float64Array.from(mean, (m, i) => m + std[i] * (hidden[i] + straight[i]));
      };
    },
    /** Sines by the clock: what was seen does not matter. */
    walk: ({ turn, amplitude, phase, offset }) => (s, t) => Float64Array.from(offset, (o, j) => o + amplitude[j] * Math.sin(turn * t + phase[j])),
  };

  /** A policy or a model as a function (Float64Array, control step) → Float64Array. */
  RealityGap.makePolicy = (json) => KINDS[json.kind](json);

  /** g(s, a) = α f_sim⁻¹(s, f(s, a)) + (1 − α) a; f sees `memory` actions before the last as well. */
  function grounded({ forward, inverse, memory }) {
    const [f, back] = [forward, inverse].map(RealityGap.makePolicy);
    return (s, said, t, alpha, [low, high]) => {
      const seen = [...s];
      for (let k = 0; k <= memory; k++) for (let j = 0; j < low.length; j++) seen.push(t < k ? 0 : clamp(said(t - k)[j], low[j], high[j]));
      const change = alpha ? back([...s, ...f(seen)]) : said(t);
      return said(t).map((a, j) => alpha * change[j] + (1 - alpha) * a);
    };
  }

  // ---- tasks, as in lecture_code/simulation/tasks.py ----

  const squares = (a) => a.reduce((sum, x) => sum + x * x, 0);

  const TASKS = {
    Locomotion: (task) => ({
      observe: (q, v) => Float64Array.of(...q.subarray(1), ...v.map((x) => clamp(x, -task.speed_limit, task.speed_limit))),
      fell(q, v) {
        if (!task.height) return false;
        const [low, high] = task.height, [down, up] = task.pitch, inside = (x) => Math.abs(x) < task.bound;
        const upright = low < q[1] && q[1] < high && down < q[2] && q[2] < up;
        return !(upright && q.subarray(2).every(inside) && v.every(inside));
      },
      reward: (x, a, q, fell, dt) => (q[0] - x) / dt + (fell ? 0 : task.survival) - task.control_cost * squares(a),
      mark: (q, capsules) => capsules[0].slice(0, 2),
    }),
    Reach: (task) => {
      const hand = (q) => {
        const [one, two] = task.links;
        return [one * Math.sin(q[0]) + two * Math.sin(q[0] + q[1]), -one * Math.cos(q[0]) - two * Math.cos(q[0] + q[1])];
      };
      const away = (q) => hand(q).map((place, i) => place - task.target[i]);
      return {
        observe: (q, v) => Float64Array.of(...q.map(Math.cos), ...q.map(Math.sin), ...v, ...away(q)),
        fell: () => false,
        reward: (x, a, q) => -Math.hypot(...away(q)) - task.control_cost * squares(a),
        mark: hand,
      };
    },
  };

  // ---- one robot in one world ----

  /** A robot that MuJoCo moves. `body` is the JSON of the nominal robot, `values` the knobs; `start` = {qpos, qvel, draws(purpose)}. */
  class LiveRobot {
    constructor(M, body, values) {
      Object.assign(this, { M, body, task: TASKS[body.task.kind](body.task), skip: body.task.frame_skip });
      this.model = M.MjModel.from_xml_string(body.mjcf);
      for (const [field, exact] of Object.entries(body.exact)) this.field(field).set(exact);
      this.data = new M.MjData(this.model);
      const touched = Object.values(body.writes).flat().map(([field]) => field);
      this.pristine = Object.fromEntries(touched.map((field) => [field, Float64Array.from(this.field(field))]));
      const range = this.model.actuator_ctrlrange, motors = Array.from({ length: this.model.nu }, (_, j) => j);
      this.limits = [0, 1].map((end) => Float64Array.from(motors, (j) => range[2 * j + end]));
      this.limbs = [...this.model.geom_type].flatMap((type, g) => (type === M.mjtGeom.mjGEOM_CAPSULE.value ? [g] : []));
      const size = Float64Array.from(this.model.geom_size);
      this.sizes = this.limbs.map((g) => [size[3 * g], size[3 * g + 1]]);
      this.timestep = this.model.opt.timestep;
      this.dt = this.timestep * this.skip;
      this.weight = this.model.body_mass.reduce((sum, mass) => sum + mass, 0) * 9.81; // [N], the measure of forces on the page
      this.set(values);
    }

    /** An array of the model, "opt.gravity" for one of its options; fetched anew each time, for the engine's memory may move. */
    field(name) {
      return name.split(".").reduce((value, part) => value[part], this.model);
    }

    /** Turn the knobs: always from the nominal robot, and everything that follows from them anew. */
    set(values) {
      this.values = values;
      for (const [field, numbers] of Object.entries(this.pristine)) this.field(field).set(numbers);
      for (const [knob, writes] of Object.entries(this.body.writes)) {
        const value = values[knob], share = value / this.body.nominal[knob];
        for (const [field, places, law] of writes) {
          const array = this.field(field);
          for (const place of places) array[place] = law === "value" ? value : array[place] * share;
        }
      }
      const scratch = new this.M.MjData(this.model); // mj_setConst leaves its own state behind
      this.M.mj_setConst(this.model, scratch);
      scratch.delete();
      const inertias = this.model.dof_M0;
      this.model.stat.meaninertia = inertias.reduce((sum, inertia) => sum + inertia, 0) / inertias.length;
    }

    /** Back to a start, with everything forgotten. */
    reset({ qpos, qvel, draws }) {
      const { M, model, data } = this;
      M.mj_resetData(model, data);
      data.qpos.set(qpos);
      data.qvel.set(qvel);
      M.mj_forward(model, data);
      this.noise = new CorrelatedNoise(model.nu, draws("motor"));
      this.sensor = draws("sensor");
      Object.assign(this, { step: 0, part: 0, over: "", gained: 0, commands: [], motor: new Float64Array(model.nu), returns: [0], trail: [] });
      this.look();
      this.drawn = this.before = this.capsules();
    }

    /** What the policy sees. */
    look() {
      const seen = this.task.observe(this.data.qpos, this.data.qvel), blur = this.values.observation_noise || 0;
      this.seen = blur ? seen.map((value) => value + blur * this.sensor()) : seen;
    }

    /** At the beginning of a control step: ask the policy, and let the wires between it and the motors do what they do. */
    decide(policy, ground, alpha) {
      const { values, limits: [low, high], step } = this;
      const said = (t) => this.said[t];
      if (step === 0) this.said = [];
      const action = (this.said[step] = policy(this.seen, step));
      this.charged = action;
      const meant = ground ? ground(this.seen, said, step, alpha, this.limits) : action;
      this.commands[step] = meant.map((a, j) => clamp(a, low[j], high[j]));
      const asked = this.commands[step - (values.action_delay || 0)] || new Float64Array(low.length), play = values.backlash || 0;
      this.motor = this.motor.map((u, j) => clamp(u, asked[j] - play, asked[j] + play));
      const noise = this.noise.next(values.motor_noise_correlation || 0), std = values.motor_noise || 0;
      this.data.ctrl.set(this.motor.map((u, j) => u + std * noise[j]));
      this.x = this.data.qpos[0];
    }

    /** One physics step; the episode may end with it. */
    tick(policy, ground, alpha) {
      if (this.over) return;
      if (this.part === 0) this.decide(policy, ground, alpha);
      this.before = this.drawn;
      try {
        this.M.mj_step(this.model, this.data);
      } catch {
        return void (this.over = "diverged");
      }
      const q = this.data.qpos, v = this.data.qvel, sane = (x) => Math.abs(x) < MOST;
      if (!q.every(sane) || !v.every(sane)) return void (this.over = "diverged");
      this.drawn = this.capsules();
      this.part = (this.part + 1) % this.skip;
      if (this.part === 0) this.conclude(q, v);
    }

    conclude(q, v) {
      const fell = this.task.fell(q, v);
      this.gained += this.task.reward(this.x, this.charged, q, fell, this.dt);
      this.step += 1;
      this.look();
      this.returns.push(this.gained);
      this.trail.push(this.task.mark(q, this.drawn));
      if (fell) this.over = "fell";
      else if (this.step >= this.body.horizon) this.over = "time is up";
    }

    /** Where its limbs are: [x, z, angle, radius, half length] of each. */
    capsules() {
      this.M.mj_kinematics(this.model, this.data);
      const places = this.data.geom_xpos, turns = this.data.geom_xmat;
      return this.limbs.map((g, i) => [places[3 * g], places[3 * g + 2], Math.atan2(turns[9 * g + 8], turns[9 * g + 2]), ...this.sizes[i]]);
    }

    /** The limbs a part of the way from the last physics step but one to the last. */
    pose(part) {
      return this.drawn.map(([x, z, angle, ...size], g) => {
        const [x0, z0, angle0] = this.before[g], turn = Math.atan2(Math.sin(angle - angle0), Math.cos(angle - angle0));
        return [x0 + part * (x - x0), z0 + part * (z - z0), angle0 + part * turn, ...size];
      });
    }

    /** Forces from the ground: [x, z, Fx, Fz] with forces in units of the robot's weight. */
    forces() {
      const { M, model, data } = this, buffer = new M.DoubleBuffer(6), contacts = data.contact, found = [];
      for (let i = 0; i < data.ncon; i++) {
        const contact = contacts.get(i), [a, b, c] = [0, 3, 6].map((at) => contact.frame.slice(at, at + 3));
        M.mj_contactForce(model, data, i, buffer);
        const [normal, along, across] = buffer.GetView();
        const force = (k) => (a[k] * normal + b[k] * along + c[k] * across) / this.weight;
        found.push([contact.pos[0], contact.pos[2], force(0), force(2)]);
        contact.delete();
      }
      contacts.delete();
      buffer.delete();
      return found;
    }

    /** The engine's memory is not collected: give it back. */
    delete() {
      for (const part of [this.data, this.model]) part.delete();
    }
  }
  RealityGap.LiveRobot = LiveRobot;
  RealityGap.grounded = grounded;
})();
