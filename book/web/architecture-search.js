/* <architecture-search>: REINFORCE with logits only, on a space whose every value is known; sliders change the search, which is computed anew in the page.

   Made by lecture_code/show/architecture_search.py. The search is architecture-table.js, the drawing architecture-plots.js. Nothing is computed before the
   element is seen. The element tells data-seed, data-queries (where the cursor is), data-regret (mean after the last query) and data-string (the place of
   the most probable string at the cursor), and can be driven by set(knob, position), renew(seed) and read(query). */
(() => {
  "use strict";
  if (customElements.get("architecture-search")) return;
  const { Chart, HeatMap, SeededPlot, architecture, clamp, unpack } = window.RealityGap;
  const { Table, search, uniforms } = architecture;
  const REGRET = 1e-5; // unit of the packed regrets
  const WINDOW = 20; // queries over which the mean of what is written is taken
  const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}\u00a0%`;
  const points = (regret) => (100 * regret).toFixed(2);

  class ArchitectureSearch extends SeededPlot {
    reads = ["at"];

    prepare(find) {
      this.marking = find("[data-knob=best]");
      this.chart = new Chart(find(".rg-regret canvas"));
      this.map = new HeatMap(find(".rg-policy canvas"));
      Object.assign(this.marking, { disabled: false, oninput: () => this.show() });
      for (const view of [this.chart, this.map]) this.pointed(view);
    }

    /** What the sliders say: {decay, rate, entropy, m}. */
    get settings() {
      return Object.fromEntries(Object.keys(this.setup.sliders).map((name) => [name, this.value(name)]));
    }

    /** The query that the cursor reads. */
    get at() {
      return (this.knob("at").position * this.setup.queries) / (this.knob("at").count - 1);
    }

    reset() {
      this.marking.checked = false;
      super.reset();
    }

    /** Put the cursor near a query. */
    read(query) {
      const { count } = this.knob("at");
      this.set("at", clamp(Math.round((query / this.setup.queries) * (count - 1)), 0, count - 1));
    }

    compute() {
      const { curves, repeats, queries } = this.setup;
      this.table ||= new Table(this.setup);
      this.curves ||= curves.map(({ values, ...curve }) => ({ ...curve, values: Array.from(unpack(values, Uint16Array), (whole) => whole * REGRET) }));
      this.noise ||= uniforms(this.seed, repeats * queries * (this.table.sizes.length + 1));
      this.search = search(this.table, this.settings, this.noise, repeats, queries);
      this.summary = this.summarise(this.search, repeats, queries);
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
      return { ...super.linkState(), best: +this.marking.checked };
    }

    fits(state) {
      return super.fits(state) && [0, 1].includes(state.best);
    }

    restore(state) {
      if (this.fits(state)) this.marking.checked = state.best === 1;
      super.restore(state);
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
      Object.assign(this.dataset, { queries: at, regret: mean[queries - 1], string: place });
      const words = `After ${at} queries: mean regret ${points(mean[q])} points in ${repeats} repeats; the strings that it writes have ${points(recent[q])}. In the first repeat the most probable string is ${table.words(place)}: P = ${percent(P)}, regret ${points(table.regret(place))} points.`;
      this.say(words);
    }
  }
  customElements.define("architecture-search", ArchitectureSearch);
})();
