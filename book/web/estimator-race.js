/* <estimator-race>: six learners minimise E(b − t)² over one logit, from the same start and with the same noise; beside them the plane of θ and t, with the exact
   region where the expected Gumbel-softmax gradient has the wrong sign.

   Made by lecture_code/show/estimator_race.py; the learners are discrete-estimators.js, the drawing estimator-plots.js. The element tells data-seed, data-step
   (where the cursor is), data-theta (of each racer in the first run, at the cursor), data-arrived (in how many runs each racer has arrived by then) and data-playing,
   and can be driven by set(knob, position), renew(seed), read(step), play() and pause(). */
(() => {
  "use strict";
  if (customElements.get("estimator-race")) return;
  const { Lines, Plane, SeededPlot, clamp, estimators, face } = window.RealityGap;
  const { RACERS, openUniforms, race, sigmoid } = estimators;
  const SECONDS = 6; // of a race that is played
  const KINDS = { "Gumbel-softmax": "soft", "straight-through Gumbel": "hard" };

  class EstimatorRace extends SeededPlot {
    reads = ["at"];

    prepare(find) {
      this.lines = new Lines(find(".rg-regret canvas"));
      this.plane = new Plane(find(".rg-plane canvas"));
      this.button = find(".rg-play");
      Object.assign(this.button, { disabled: false, onclick: () => (this.playing ? this.pause() : this.play()) });
      face(this.button, "Play", true);
      const { canvas } = this.lines, go = (event) => this.lines.steps && this.read(this.lines.step(event.clientX - canvas.getBoundingClientRect().left));
      canvas.onpointerdown = go;
      canvas.onpointermove = (event) => event.buttons && go(event);
    }

    disconnectedCallback() {
      super.disconnectedCallback();
      if (this.setup) this.pause();
    }

    get settings() {
      const start = this.value("start");
      return { theta: Math.log(start / (1 - start)), t: this.value("t"), tau: this.value("tau"), rate: this.value("rate"), eta: this.setup.eta };
    }

    /** The step that the cursor reads. */
    get at() {
      const { count, position } = this.knob("at");
      return Math.round((position * this.setup.steps) / (count - 1));
    }

    /** Put the cursor near a step. */
    read(step) {
      const { count } = this.knob("at");
      this.set("at", clamp(Math.round((step / this.setup.steps) * (count - 1)), 0, count - 1));
    }

    compute() {
      const { runs, steps } = this.setup;
      this.noise ||= openUniforms(this.seed, 2 * runs * steps);
      this.paths = race(this.settings, this.noise, runs, steps);
      const { right, settings: { t, tau } } = this;
      this.rest = estimators.restingPlace("soft", t, tau);
      this.shares = RACERS.map((_, m) => this.path(0, m).map(sigmoid));
      this.arrivals = RACERS.map((_, m) => Array.from({ length: runs }, (_, r) => this.path(r, m).findIndex((theta) => sigmoid(right ? theta : -theta) >= this.setup.goal)));
    }

    /** θ of a racer in a run, at every step. */
    path(run, racer) {
      const long = this.setup.steps + 1, from = (run * RACERS.length + racer) * long;
      return this.paths.subarray(from, from + long);
    }

    /** Whether b = 1 is the better choice. */
    get right() {
      return this.value("t") > 0.5;
    }

    // ---- playing ----

    play() {
      if (!this.started) this.wake();
      const { count, position } = this.knob("at");
      if (position === count - 1) this.set("at", 0);
      const from = this.knob("at").position;
      let begun;
      this.playing = true;
      const turn = (now) => {
        if (!this.playing) return;
        begun ??= now;
        const place = Math.min(from + Math.floor(((now - begun) / 1000 / SECONDS) * (count - 1)), count - 1);
        if (place !== this.knob("at").position) this.set("at", place);
        if (place === count - 1) this.pause();
        else this.frame = requestAnimationFrame(turn);
      };
      this.frame = requestAnimationFrame(turn);
      this.playable();
    }

    pause() {
      this.playing = false;
      cancelAnimationFrame(this.frame);
      this.playable();
    }

    playable() {
      face(this.button, this.playing ? "Pause" : "Play", true);
      this.dataset.playing = Boolean(this.playing);
    }

    reset() {
      this.pause();
      super.reset();
    }

    // ---- drawing ----

    show() {
      this.draw();
      this.tell();
    }

    draw() {
      const { at, setup: { colours, goal, short, steps }, settings: { t, tau } } = this, aim = this.right ? goal : 1 - goal;
      this.lines.draw({ steps, goal: aim, cursor: at, lines: RACERS.map((name, m) => ({ colour: colours[name], values: this.shares[m] })) });
      const racers = RACERS.map((name, m) => ({ name: short[name], colour: colours[name], kind: KINDS[name], trail: this.path(0, m).subarray(0, at + 1) }));
      this.plane.draw({ t, tau, racers, goal: Math.log(aim / (1 - aim)), colours: { soft: colours["Gumbel-softmax"], hard: colours["straight-through Gumbel"] } });
    }

    /** The race in words, and the numbers beside the key. */
    tell() {
      const { arrivals, at, right, setup: { goal, runs }, settings: { t, tau } } = this;
      const arrived = arrivals.map((steps) => steps.filter((step) => step >= 0 && step <= at).length), thetas = RACERS.map((_, m) => this.path(0, m)[at]);
      this.readouts.forEach((readout, m) => (readout.textContent = `${this.shares[m][at].toFixed(2)} · ${arrived[m]}/${runs}`));
      Object.assign(this.dataset, { step: at, theta: thetas.join(" "), arrived: arrived.join(" ") });
      const stop = sigmoid(this.rest), place = stop < 0.01 ? "below 0.01" : stop > 0.99 ? "above 0.99" : `= ${stop.toFixed(2)}`;
      const rest = this.rest === null ? "has the right sign near the finish" : `is zero at P(b = 1) ${place}, and has the wrong sign ${right ? "above" : "below"} it`;
      this.say(
        `Step ${at}. The better choice is b = ${+right}. Beside each name: P(b = 1) in the first run, and in how many of ${runs} runs P(b = ${+right}) has reached ${goal}. ` +
          `With t = ${t} and τ = ${tau} the expected Gumbel-softmax gradient ${rest}.`,
      );
    }
  }
  customElements.define("estimator-race", EstimatorRace);
})();
