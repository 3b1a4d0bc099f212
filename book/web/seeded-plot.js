/* An element with sliders, a seed and canvases, which computes once it is seen: RealityGap.SeededPlot, for <architecture-search>, <choice-simplex> and <estimator-race>. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { controls, linked, watched, whenReady } = RealityGap;
  if (RealityGap.SeededPlot) return;
  const SEEDS = 1e6; // a link holds a seed below this

  /** A kind of it has prepare(), compute(), show() and draw(), and names in `reads` the knobs that change only what is
      read. Nothing is computed before the element is seen. It can be driven by set(knob, position) and renew(seed). */
  class SeededPlot extends HTMLElement {
    connectedCallback() {
      whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.unwatch?.();
      this.seen?.disconnect();
    }

    build() {
      const source = this.querySelector('script[type="application/json"]'), find = (query) => this.querySelector(query);
      if (!source) return;
      if (!this.setup) {
        this.setup = JSON.parse(source.textContent);
        Object.assign(this, { seed: this.setup.seed, status: find(".rg-status"), readouts: [...this.querySelectorAll(".rg-readout")] });
        this.controls = controls(this, () => this.changed());
        this.positions = this.controls.map(({ position }) => position);
        for (const control of this.controls) control.disabled = false;
        Object.assign(find(".rg-another"), { disabled: false, onclick: () => this.renew((this.seed + 1) % SEEDS) });
        Object.assign(find(".rg-back"), { disabled: false, onclick: () => this.reset() });
        this.prepare(find);
        linked(this, find(".rg-link"));
        this.dataset.ready = "true";
      }
      this.unwatch?.();
      this.unwatch = watched([...this.querySelectorAll("canvas")], () => this.started && this.draw());
      this.seen = new IntersectionObserver(([entry]) => entry.isIntersecting && this.wake());
      this.seen.observe(this);
    }

    /** From here on the reader sees what is computed, and not the still picture. */
    wake() {
      if (this.started) return;
      this.started = true;
      this.dataset.started = "true";
      this.recompute();
    }

    recompute() {
      this.dataset.seed = this.seed;
      this.compute();
      this.show();
    }

    knob(name) {
      return this.controls.find(({ data }) => data.knob === name);
    }

    /** The value of a slider. */
    value(name) {
      return this.setup.sliders[name][this.knob(name).position];
    }

    /** A control has moved: compute anew, or only show something else. */
    changed() {
      const before = this.positions, now = (this.positions = this.controls.map(({ position }) => position));
      const anew = this.controls.some(({ data }, n) => !this.reads.includes(data.knob) && now[n] !== before[n]);
      if (!this.started) this.wake();
      else if (anew) this.recompute();
      else this.show();
    }

    set(name, position) {
      this.knob(name).position = position;
      this.changed();
    }

    renew(seed) {
      this.seed = seed;
      this.noise = null;
      if (this.started) this.recompute();
      else this.wake();
    }

    reset() {
      for (const control of this.controls) control.position = control.start;
      this.positions = this.controls.map(({ position }) => position);
      this.renew(this.setup.seed);
    }

    say(words) {
      if (this.status.textContent !== words) this.status.textContent = words;
    }

    linkState() {
      return { ...Object.fromEntries(this.controls.map(({ data, position }) => [data.knob, position])), seed: this.seed };
    }

    /** Has the state of a link a place for each control, and a seed? */
    fits(state) {
      const whole = (at, count) => Number.isInteger(at) && at >= 0 && at < count;
      return this.controls.every(({ data, count }) => whole(state[data.knob], count)) && whole(state.seed, SEEDS);
    }

    restore(state) {
      if (!this.fits(state)) return;
      for (const control of this.controls) control.position = state[control.data.knob];
      this.positions = this.controls.map(({ position }) => position);
      this.renew(state.seed);
    }
  }
  RealityGap.SeededPlot = SeededPlot;
})();
