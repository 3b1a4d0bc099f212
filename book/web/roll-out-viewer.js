/* <roll-out-viewer>: the roll-outs of every prefix of a sequence, what the discriminator says of each, and Q as their mean.

   Made by lecture_code/show/roll_out_viewer.py. The element tells data-which, data-at (tokens kept), data-count (roll-outs averaged), data-q and data-error (its
   standard error), and can be driven by set(knob, position). */
(() => {
  "use strict";
  if (customElements.get("roll-out-viewer")) return;
  const { Painting, clamp, controls, linked, watched, whenReady } = window.RealityGap;
  const LEFT = 40, RIGHT = 10, TOP = 24, FOOT = 42; // margins of the chart [px]
  const made = (tag, textContent, className = "") => Object.assign(document.createElement(tag), { textContent, className });

  /** Mean and standard error of some rewards. */
  function summary(rewards) {
    const n = rewards.length, mean = rewards.reduce((sum, one) => sum + one, 0) / n;
    const variance = rewards.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(n - 1, 1);
    return { mean, error: n > 1 ? Math.sqrt(variance / n) : NaN };
  }

  class QChart extends Painting {
    x(t) {
      return LEFT + ((t - 0.5) / this.count) * (this.width - LEFT - RIGHT);
    }

    y(value) {
      return TOP + (1 - value) * (this.height - TOP - FOOT);
    }

    words(text, x, y, align, look = {}) {
      Object.assign(this.pen, { font: `12px ${this.font}`, textAlign: align, textBaseline: "middle", fillStyle: this.ink, globalAlpha: 0.85, ...look });
      this.pen.fillText(text, x, y);
      this.pen.globalAlpha = 1;
    }

    /** The place under a point of the canvas. */
    place(px) {
      return clamp(Math.round(((px - LEFT) / (this.width - LEFT - RIGHT)) * this.count + 0.5), 1, this.count);
    }

    draw({ labels, rewards, summaries, at, colour }) {
      this.count = labels.length;
      if (!this.fitted()) return;
      this.pen.clearRect(0, 0, this.width, this.height);
      this.words("reward Q: how real the discriminator finds the whole sequence", 0, 8, "left");
      for (const tick of [0, 0.5, 1]) {
        this.line([[LEFT, this.y(tick)], [this.width - RIGHT, this.y(tick)]], { strokeStyle: this.ink, lineWidth: 1 }, 0.13);
        this.words(String(tick), LEFT - 7, this.y(tick), "right");
      }
      this.line([[this.x(at), TOP], [this.x(at), this.y(0)]], { strokeStyle: this.ink, lineWidth: 14 }, 0.1);
      labels.forEach((label, n) => {
        this.words(label, this.x(n + 1), this.y(0) + 12, "center", { font: `${n + 1 === at ? "bold " : ""}14px monospace`, globalAlpha: n < at ? 1 : 0.55 });
        for (const reward of rewards[n]) this.dot([this.x(n + 1), this.y(reward)], 2, "#80858988");
      });
      this.words("token", this.width - RIGHT, this.y(0) + 32, "right");
      this.line(summaries.map(({ mean }, n) => [this.x(n + 1), this.y(mean)]), { strokeStyle: colour, lineWidth: 2 });
      summaries.forEach(({ mean, error }, n) => {
        const x = this.x(n + 1);
        if (error > 0) this.line([[x, this.y(Math.min(mean + error, 1))], [x, this.y(Math.max(mean - error, 0))]], { strokeStyle: colour, lineWidth: 2 });
        this.dot([x, this.y(mean)], n + 1 === at ? 6 : 4, colour);
      });
    }
  }

  class RollOutViewer extends HTMLElement {
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
        Object.assign(this, { status: find(".rg-status"), list: find(".rg-strings"), chart: new QChart(find(".rg-chart canvas")) });
        this.controls = controls(this, () => this.show());
        for (const control of this.controls) control.disabled = false;
        this.knobs = Object.fromEntries(this.controls.map((control) => [control.data.knob, control]));
        this.chart.canvas.onclick = ({ offsetX }) => this.set("at", this.chart.place(offsetX) - 1);
        const back = find(".rg-back");
        Object.assign(back, { disabled: false, onclick: () => this.back() });
        this.dataset.ready = "true";
        this.show();
        linked(this, find(".rg-link"));
      }
      this.unwatch?.();
      this.unwatch = watched([this.chart.canvas], () => this.draw());
    }

    set(knob, position) {
      this.knobs[knob].position = position;
      this.show();
    }

    back() {
      for (const control of this.controls) control.position = control.start;
      this.show();
    }

    get sequence() {
      return this.setup.sequences[this.knobs.which?.position ?? 0];
    }

    get at() {
      return this.knobs.at.position + 1;
    }

    get count() {
      return this.setup.counts[this.knobs.count.position];
    }

    /** The rewards of the roll-outs that are averaged, of each token. */
    get rewards() {
      return this.sequence.rewards.map((row) => row.slice(0, this.count).map((one) => one / 1000));
    }

    words(tokens) {
      const { vocabulary } = this.setup, between = vocabulary.every((word) => word.length === 1) ? "" : " ";
      return tokens.map((token) => vocabulary[token]).join(between);
    }

    show() {
      const { sequence, at, count } = this, rewards = this.rewards[at - 1], { mean, error } = summary(rewards), last = at === sequence.tokens.length;
      Object.assign(this.dataset, { which: this.knobs.which?.position ?? 0, at, count, q: mean, error });
      const kept = this.words(sequence.tokens.slice(0, at));
      const lines = last ? [["", rewards[0]]] : sequence.rest[at - 1].slice(0, count).map((rest, n) => [this.words(rest), rewards[n]]);
      this.list.replaceChildren(...lines.map(([rest, reward]) => this.line(kept, rest, reward)));
      const spread = error > 0 ? ` ± ${error.toFixed(2)}` : "";
      this.status.textContent = last
        ? `The sequence is complete: Q is the discriminator's own answer, ${mean.toFixed(2)}, and nothing is drawn.`
        : `What follows is drawn ${count} ${count === 1 ? "time" : "times"}: Q = ${mean.toFixed(2)}${spread}${spread ? " (standard error)" : ""}.`;
      this.draw();
    }

    /** A roll-out: what was kept, what was drawn, and the answer as a number and a bar. */
    line(kept, rest, reward) {
      const line = document.createElement("li"), code = document.createElement("code"), bar = made("span", "", "rg-share");
      code.append(made("b", kept), made("span", rest, "rg-drawn"));
      bar.style.setProperty("--rg-part", `${100 * reward}%`);
      line.append(code, bar, made("span", reward.toFixed(2), "rg-readout"));
      return line;
    }

    draw() {
      const { vocabulary, colour } = this.setup, rewards = this.rewards;
      const labels = this.sequence.tokens.map((token) => vocabulary[token]);
      this.chart.draw({ labels, rewards, summaries: rewards.map(summary), at: this.at, colour });
    }

    // ---- link ----

    linkState() {
      return Object.fromEntries(Object.entries(this.knobs).map(([name, { position }]) => [name, position]));
    }

    restore(state) {
      const known = Object.entries(state).every(([name, at]) => this.knobs[name] && Number.isInteger(at) && at >= 0 && at < this.knobs[name].count);
      if (!known) return;
      for (const [name, at] of Object.entries(state)) this.knobs[name].position = at;
      this.show();
    }
  }
  customElements.define("roll-out-viewer", RollOutViewer);
})();
