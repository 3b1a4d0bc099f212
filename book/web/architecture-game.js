/* <architecture-game>: the reader is the controller: chooses strings, pays for trainings, and sees at the end what the best string was.

   Made by lecture_code/show/architecture_game.py; the table is architecture-table.js, the drawing architecture-plots.js. The element tells data-spent,
   data-revealed, data-regret (after "Reveal") and data-seed, and can be driven by choose(place), train(), reveal() and again(seed). */
(() => {
  "use strict";
  if (customElements.get("architecture-game")) return;
  const { Chart, architecture, controls, linked, unpack, watched, whenReady } = window.RealityGap;
  const { Table, seedOf, uniforms } = architecture;
  const REGRET = 1e-5; // unit of the packed regrets
  const SEEDS = 1e6; // a link holds a seed below this
  const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}\u00a0%`;
  const points = (regret) => (100 * regret).toFixed(1);

  class ArchitectureGame extends HTMLElement {
    connectedCallback() {
      whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.unwatch?.();
    }

    build() {
      const source = this.querySelector('script[type="application/json"]'), find = (query) => this.querySelector(query);
      if (!source) return;
      if (!this.setup) {
        this.setup = JSON.parse(source.textContent);
        this.table = new Table(this.setup);
        this.rivals = this.setup.curves.map(({ values, ...rival }) => ({ ...rival, values: Array.from(unpack(values, Uint16Array), (whole) => whole * REGRET) }));
        Object.assign(this, { status: find(".rg-status"), list: find(".rg-tried ol"), trains: find(".rg-train"), reveals: find(".rg-reveal"), key: find(".rg-key") });
        this.readouts = [...this.querySelectorAll(".rg-readout")];
        this.controls = controls(this, () => {});
        for (const control of this.controls) control.disabled = false;
        this.chart = new Chart(find(".rg-regret canvas"));
        this.trains.onclick = () => this.train();
        this.reveals.onclick = () => this.reveal();
        Object.assign(find(".rg-another"), { disabled: false, onclick: () => this.again((this.seed + 1) % SEEDS) });
        for (const made of [this.trains, this.reveals]) made.disabled = false; // from here on aria-disabled, which keeps the focus
        this.again(1 + Math.floor(Math.random() * (SEEDS - 1)));
        linked(this, find(".rg-link"));
        this.dataset.ready = "true";
      }
      this.unwatch?.();
      this.unwatch = watched([this.chart.canvas], () => this.draw());
    }

    // ---- the game ----

    /** A new game: the trainings' seeds follow from this seed. */
    again(seed) {
      Object.assign(this, { seed, tries: [], revealed: false, uniforms: uniforms(seed, this.setup.queries) });
      this.list.replaceChildren();
      this.show();
      this.say(`You have ${this.setup.queries} queries. Choose a string, then train its child.`);
    }

    /** Put the buttons on a string. */
    choose(place) {
      this.table.string(place).forEach((a, t) => (this.controls[t].position = a));
    }

    get place() {
      return this.table.place(this.controls.map(({ position }) => position));
    }

    get over() {
      return this.revealed || this.tries.length >= this.setup.queries;
    }

    /** The try with the highest accuracy seen; the first of several. */
    get answer() {
      return this.tries.reduce((best, one) => (best && best.accuracy >= one.accuracy ? best : one), null);
    }

    /** One query: a training of the chosen string with the next random seed. */
    train() {
      if (this.over) return;
      const { place, table, tries } = this, spent = tries.length, before = this.answer;
      const accuracy = table.accuracy(place, seedOf(this.uniforms[spent], table.seeds));
      tries.push({ place, accuracy });
      this.list.prepend(this.line(spent, place, accuracy));
      this.show();
      const left = this.setup.queries - spent - 1, news = !before || accuracy > before.accuracy ? "the best so far" : `your best is ${percent(before.accuracy)}`;
      this.say(`Query ${spent + 1}: ${percent(accuracy)}, ${news}. ${left ? `${left} left.` : "No query is left: reveal the truth."}`);
    }

    /** A line of the list; its button puts the string back. */
    line(n, place, accuracy) {
      const line = document.createElement("li"), again = Object.assign(document.createElement("button"), { type: "button", className: "rg-quiet", textContent: this.table.words(place) });
      again.title = "Choose this string again";
      again.onclick = () => this.choose(place);
      line.value = n + 1;
      line.append(again, Object.assign(document.createElement("span"), { textContent: percent(accuracy) }));
      return line;
    }

    /** The truth, once a query has been paid for. */
    reveal() {
      const { answer, setup: { lesson, queries }, table, tries } = this;
      if (this.revealed || !answer) return;
      this.revealed = true;
      const spent = tries.length, regret = table.regret(answer.place), worse = table.worseThan(regret, spent);
      this.dataset.regret = regret;
      this.show();
      const after = spent < queries ? ` with ${spent} queries` : "";
      this.say(
        `The best string is ${table.words(table.best)}: ${percent(table.top)} on average. Your answer, ${table.words(answer.place)}, showed ${percent(answer.accuracy)}; its average is ${percent(table.values[answer.place])}. ` +
          `Your regret is ${points(regret)} points. Random search does worse in ${Math.round(100 * worse)} of 100 games${after}. ${lesson}`.trim(),
      );
    }

    /** Your regret after each query. */
    get regrets() {
      let best = null;
      return this.tries.map((one) => this.table.regret((best = best && best.accuracy >= one.accuracy ? best : one).place));
    }

    // ---- link ----

    linkState() {
      return { seed: this.seed, shown: +this.revealed, ...Object.fromEntries(this.tries.map(({ place }, n) => [n, place])) };
    }

    restore({ seed, shown, ...tried }) {
      const fits = (at, count) => Number.isInteger(at) && at >= 0 && at < count, places = Object.keys(tried).map((_, n) => tried[n]);
      if (!fits(seed, SEEDS) || !fits(shown, 2) || places.length > this.setup.queries || !places.every((place) => fits(place, this.table.count))) return;
      this.again(seed);
      for (const place of places) {
        this.choose(place);
        this.train();
      }
      if (shown) this.reveal();
    }

    // ---- drawing ----

    say(words) {
      this.status.textContent = words;
    }

    show() {
      const { answer, tries, revealed } = this;
      Object.assign(this.dataset, { spent: tries.length, revealed, seed: this.seed });
      if (!revealed) delete this.dataset.regret;
      this.trains.setAttribute("aria-disabled", this.over);
      this.reveals.setAttribute("aria-disabled", revealed || !answer);
      const last = (values) => (revealed ? points(values[tries.length - 1]) : "");
      [{ values: this.regrets }, ...this.rivals].forEach(({ values }, n) => (this.readouts[n].textContent = last(values)));
      this.draw();
    }

    draw() {
      const { chart, revealed, rivals, setup: { colour, queries, scale, accuracies }, tries } = this;
      if (!revealed) {
        const best = tries.map((_, n) => 100 * Math.max(...tries.slice(0, n + 1).map(({ accuracy }) => accuracy)));
        return chart.draw({ queries, scale: accuracies, lines: [{ values: best, colour }], dots: { values: tries.map(({ accuracy }) => 100 * accuracy), colour } });
      }
      const inPoints = (values) => values.map((regret) => 100 * regret), lines = rivals.map(({ values, ...rival }) => ({ ...rival, values: inPoints(values) }));
      const yours = inPoints(this.regrets);
      chart.draw({ queries, scale, lines: [...lines, { values: yours, colour }], dots: { values: yours, colour }, cursor: tries.length });
    }
  }
  customElements.define("architecture-game", ArchitectureGame);
})();
