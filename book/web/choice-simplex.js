/* <choice-simplex>: one choice among three tokens. The draws of the Gumbel-softmax on the triangle, how often each token is drawn, and bias and variance of the
   estimates of one gradient.

   Made by lecture_code/show/choice_simplex.py; the draws are discrete-estimators.js, the drawing estimator-plots.js. The element tells data-seed, data-hard,
   data-bias and data-variance (one number for each estimate), and can be driven by set(knob, position) and renew(seed). */
(() => {
  "use strict";
  if (customElements.get("choice-simplex")) return;
  const { Bars, SeededPlot, Triangle, estimators } = window.RealityGap;
  const { CHOICE, measureChoice, openUniforms } = estimators;
  const SHOWN = 400; // draws on the triangle

  class ChoiceSimplex extends SeededPlot {
    reads = ["hard"];

    prepare(find) {
      this.triangle = new Triangle(find(".rg-triangle canvas"));
      this.bars = new Bars(find(".rg-measures canvas"));
    }

    /** The logits that the sliders say. */
    get logits() {
      return this.setup.names.map((_, i) => this.value(`logit${i}`));
    }

    get hard() {
      return this.knob("hard").position === 1;
    }

    compute() {
      const { draws, names, target } = this.setup;
      this.noise ||= openUniforms(this.seed, draws * names.length);
      this.found = measureChoice(this.logits, target, this.value("tau"), this.noise);
      const { points } = this.found, K = names.length;
      this.mean = names.map((_, i) => points.reduce((sum, y, n) => (n % K === i ? sum + y : sum), 0) / draws);
    }

    show() {
      this.draw();
      this.tell();
    }

    draw() {
      const { found: { exact, estimates, frequencies, points, tokens }, hard, setup: { colours, draws, methods, names } } = this;
      this.triangle.draw({ names, colours, points, tokens, shown: Math.min(SHOWN, draws), hard, p: exact.p, mean: this.mean });
      const strong = hard ? "straight-through Gumbel" : "Gumbel-softmax";
      const row = ({ name }) => ({ name, colour: methods[name], strong: name === strong });
      const decades = { log: true, low: 1e-4, ticks: [1e-3, 0.1] };
      this.bars.draw([
        { title: "probability; the mark is the frequency", low: 0, high: 1, ticks: [0, 0.5, 1], digits: 3, rows: names.map((name, i) => ({ name, value: exact.p[i], colour: colours[i], tick: frequencies[i] })) },
        { ...decades, title: "bias of the gradient; the mark is noise", high: 3, rows: estimates.map((one) => ({ ...row(one), value: one.bias, tick: one.noise, faint: one.bias < 2 * one.noise })) },
        { ...decades, title: "variance of one draw", high: 30, rows: estimates.map((one) => ({ ...row(one), value: one.variance })) },
      ]);
    }

    tell() {
      const { found: { estimates, exact, frequencies }, hard, setup: { draws, names } } = this, used = estimates[CHOICE.indexOf(hard ? "straight-through Gumbel" : "Gumbel-softmax")];
      const off = Math.max(...frequencies.map((share, i) => Math.abs(share - exact.p[i])));
      const seen = used.bias < 2 * used.noise ? "a bias that the noise hides" : `a bias of ${used.bias.toFixed(3)}`, size = Math.sqrt(exact.gradient.reduce((sum, one) => sum + one ** 2, 0));
      Object.assign(this.dataset, { hard, bias: estimates.map(({ bias }) => bias).join(" "), variance: estimates.map(({ variance }) => variance).join(" ") });
      this.say(
        `${draws} draws: no frequency is further than ${off.toFixed(3)} from its probability. The exact gradient has length ${size.toFixed(3)}. With τ = ${this.value("tau")} the ${used.name} estimate has ` +
          `${seen} and variance ${used.variance.toFixed(3)}. The most probable token is ${names[exact.p.indexOf(Math.max(...exact.p))]}.`,
      );
    }
  }
  customElements.define("choice-simplex", ChoiceSimplex);
})();
