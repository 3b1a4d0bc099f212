/* <architecture-search>: REINFORCE with logits only, on a space whose every value is known; sliders change the search, which is computed anew in the page.

   Made by lecture_code/show/architecture_search.py. The search is architecture-table.js, the drawing architecture-plots.js. Nothing is computed before the
   element is seen. The element tells data-seed, data-queries (where the cursor is), data-regret (mean after the last query) and data-string (the place of
   the most probable string at the cursor), and can be driven by set(knob, position), renew(seed) and read(query). */
(() => {
  "use strict";
  if (customElements.get("architecture-search")) return;
  const { Chart, HeatMap, architecture, clamp, controls, linked, unpack, watched, whenReady } = window.RealityGap;
  const { Table, search, uniforms } = architecture;
  const REGRET = 1e-5; // unit of the packed regrets
  const WINDOW = 20; // queries over which the mean of what is written is taken
  const SEEDS = 1e6; // a link holds a seed below this
  const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}\u00a0%`;
  const points = (regret) => (100 * regret).toFixed(2);

  class ArchitectureSearch extends HTMLElement {
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
        Object.assign(this, { seed: this.setup.seed, status: find(".rg-status"), marking: find("[data-knob=best]"), readouts: [...this.querySelectorAll(".rg-readout")] });
        this.controls = controls(this, () => this.changed());
        this.positions = this.controls.map(({ position }) => position);
        for (const control of this.controls) control.disabled = false;
        this.chart = new Chart(find(".rg-regret canvas"));
        this.map = new HeatMap(find(".rg-policy canvas"));
        Object.assign(this.marking, { disabled: false, oninput: () => this.show() });
        Object.assign(find(".rg-another"), { disabled: false, onclick: () => this.renew((this.seed + 1) % SEEDS) });
        Object.assign(find(".rg-back"), { disabled: false, onclick: () => this.reset() });
        for (const view of [this.chart, this.map]) this.pointed(view);
        linked(this, find(".rg-link"));
        this.dataset.ready = "true";
      }
      this.unwatch?.();
      this.unwatch = watched([this.chart.canvas, this.map.canvas], () => this.started && this.draw());
      this.seen = new IntersectionObserver(([entry]) => entry.isIntersecting && this.wake());
      this.seen.observe(this);
    }

    /** From here on the reader sees what is computed, and not the still picture. */
    wake() {
      if (this.started) return;
      this.started = true;
      this.dataset.started = "true";
      this.table = new Table(this.setup);
      this.curves = this.setup.curves.map(({ values, ...curve }) => ({ ...curve, values: Array.from(unpack(values, Uint16Array), (whole) => whole * REGRET) }));
      this.compute();
    }

    knob(name) {
      return this.controls.find(({ data }) => data.knob === name);
    }

    /** What the sliders say: {decay, rate, entropy, m}. */
    get settings() {
      const { sliders } = this.setup;
      return Object.fromEntries(Object.keys(sliders).map((name) => [name, sliders[name][this.knob(name).position]]));
    }

    /** The query that the cursor reads. */
    get at() {
      return (this.knob("at").position * this.setup.queries) / (this.knob("at").count - 1);
    }

    /** A control has moved: a new search, or only another place to read. */
    changed() {
      const before = this.positions, now = (this.positions = this.controls.map(({ position }) => position));
      const anew = this.controls.some(({ data }, n) => data.knob !== "at" && now[n] !== before[n]);
      if (!this.started) this.wake();
      else if (anew) this.compute();
      else this.show();
    }

    set(name, position) {
      this.knob(name).position = position;
      this.changed();
    }

    renew(seed) {
      this.seed = seed;
      this.uniforms = null;
      if (this.started) this.compute();
      else this.wake();
    }

    reset() {
      for (const control of this.controls) control.position = control.start;
      this.marking.checked = false;
      this.positions = [];
      this.renew(this.setup.seed);
    }

    /** Put the cursor near a query. */
    read(query) {
      const { count } = this.knob("at");
      this.set("at", clamp(Math.round((query / this.setup.queries) * (count - 1)), 0, count - 1));
    }

    compute() {
      const { repeats, queries } = this.setup, wide = this.table.sizes.length + 1;
      this.uniforms ||= uniforms(this.seed, repeats * queries * wide);
      this.search = search(this.table, this.settings, this.uniforms, repeats, queries);
      this.summary = this.summarise(this.search, repeats, queries);
      this.show();
    }

    /** Mean, and the band that leaves out a tenth of the repeats at each end; and the mean of what was written in the last queries. */
    summarise({ regrets, written }, repeats, queries) {
      const out = Math.floor(repeats / 10), [mean, low, high, recent] = [0, 0, 0, 0].map(() => new Float64Array(queries)), one = new Float64Array(repeats);
      for (let q = 0, sum = 0; q < queries; q++) {
        sum += written[q] - (q < WINDOW ? 0 : written[q - WINDOW]);
        recent[q] = sum / Math.min(q + 1, WINDOW);
      }
      for (let q = 0; q < queries; q++) {
        let sum = 0;
        for (let r = 0; r < repeats; r++) sum += one[r] = regrets[r * queries + q];
        one.sort();
        [mean[q], low[q], high[q]] = [sum / repeats, one[out], one[repeats - 1 - out]];
      }
      return { mean, low, high, recent };
    }

    // ---- link ----

    linkState() {
      return { ...Object.fromEntries(this.controls.map(({ data, position }) => [data.knob, position])), best: +this.marking.checked, seed: this.seed };
    }

    restore(state) {
      const fits = (at, count) => Number.isInteger(at) && at >= 0 && at < count;
      if (!this.controls.every(({ data, count }) => fits(state[data.knob], count)) || !fits(state.best, 2) || !fits(state.seed, SEEDS)) return;
      for (const control of this.controls) control.position = state[control.data.knob];
      this.marking.checked = state.best === 1;
      this.positions = this.controls.map(({ position }) => position);
      this.renew(state.seed);
    }

    // ---- drawing ----

    /** The pointer puts the cursor where it is. */
    pointed(view) {
      const { canvas } = view, go = (event) => view.queries && this.read(view.query(event.clientX - canvas.getBoundingClientRect().left));
      canvas.onpointermove = go;
      canvas.onpointerdown = go;
    }

    show() {
      this.draw();
      this.tell();
    }

    /** The first repeat's policy at the cursor, (rows). */
    get column() {
      const { search: { policies, steps }, table: { rows } } = this, step = Math.min(Math.floor(this.at / this.settings.m), steps);
      return policies.subarray(step * rows, (step + 1) * rows);
    }

    draw() {
      const { at, chart, column, map, search: found, setup: { colour, queries, scale }, summary, table } = this;
      const lines = [...this.curves, { colour, values: summary.recent, dashes: [5, 4] }, { colour, values: summary.mean }], band = { ...summary, colour }, inPoints = (values) => Array.from(values, (regret) => 100 * regret);
      const shown = lines.map((line) => ({ ...line, values: inPoints(line.values) }));
      chart.draw({ queries, scale, cursor: at, lines: shown, band: { low: inPoints(band.low), high: inPoints(band.high), colour } });
      map.draw({ table, search: found, queries, cursor: at, column, colour, marked: this.marking.checked && table.string(table.best) });
    }

    /** The search in words, and the numbers beside the key. */
    tell() {
      const { at, column, curves, setup: { queries, repeats }, summary: { mean, recent }, table } = this, q = Math.max(at, 1) - 1;
      [mean, recent, ...curves.map(({ values }) => values)].forEach((values, n) => (this.readouts[n].textContent = points(values[q])));
      const string = table.sizes.map((size, t) => column.subarray(table.firsts[t], table.firsts[t] + size)).map((P) => P.indexOf(Math.max(...P)));
      const place = table.place(string), P = string.reduce((product, a, t) => product * column[table.firsts[t] + a], 1);
      Object.assign(this.dataset, { seed: this.seed, queries: at, regret: mean[queries - 1], string: place });
      const words = `After ${at} queries: mean regret ${points(mean[q])} points in ${repeats} repeats; the strings that it writes have ${points(recent[q])}. In the first repeat the most probable string is ${table.words(place)}: P = ${percent(P)}, regret ${points(table.regret(place))} points.`;
      if (this.status.textContent !== words) this.status.textContent = words;
    }
  }
  customElements.define("architecture-search", ArchitectureSearch);
})();
