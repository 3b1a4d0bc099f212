/* A space of strings whose every value is known, and what searches it: RealityGap.architecture, for <architecture-search> and <architecture-game>.

   Python's twins: gradients/token_space.py (strings), gradients/logit_controller.py (the controller). Nothing here draws, and all randomness is uniforms
   that the caller gives, T + 1 for each query: one for each token, and one for the seed of the training. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { uniforms } = RealityGap;
  if (RealityGap.architecture) return;

  /** Which of S seeds a uniform chooses. */
  const seedOf = (u, S) => Math.floor(u * S);

  class Table {
    /** `counts`: right answers among `images` for each string, the last token fastest, and each of `seeds` seeds. */
    constructor({ names, choices, seeds, images, counts }) {
      Object.assign(this, { names, choices, seeds, images });
      this.sizes = choices.map((list) => list.length);
      this.firsts = this.sizes.map((_, t) => this.sizes.slice(0, t).reduce((sum, size) => sum + size, 0)); // row of the first choice of each token
      this.rows = this.sizes.reduce((sum, size) => sum + size, 0);
      this.right = RealityGap.unpack(counts, Uint16Array);
      this.count = this.right.length / seeds;
      this.values = Float64Array.from({ length: this.count }, (_, place) => {
        let sum = 0;
        for (let s = 0; s < seeds; s++) sum += this.right[place * seeds + s];
        return sum / seeds / images;
      });
      this.top = Math.max(...this.values);
      this.best = this.values.indexOf(this.top);
    }

    place(string) {
      return string.reduce((place, a, t) => place * this.sizes[t] + a, 0);
    }

    string(place) {
      const string = [];
      for (let t = this.sizes.length - 1; t >= 0; t--) {
        string[t] = place % this.sizes[t];
        place = Math.floor(place / this.sizes[t]);
      }
      return string;
    }

    /** The choices of a string, as the reader sees them. */
    words(place) {
      return this.string(place).map((a, t) => this.choices[t][a]).join("\u00a0· ");
    }

    accuracy(place, seed) {
      return this.right[place * this.seeds + seed] / this.images;
    }

    regret(place) {
      return this.top - this.values[place];
    }

    /** What a training can give, worst first: the share of trainings up to this accuracy, and the regrets behind the accuracy. */
    get outcomes() {
      if (this.known) return this.known;
      const groups = new Map();
      this.right.forEach((right, n) => {
        if (!groups.has(right)) groups.set(right, []);
        groups.get(right).push(this.regret(Math.floor(n / this.seeds)));
      });
      let seen = 0;
      return (this.known = [...groups].sort(([a], [b]) => a - b).map(([, regrets]) => {
        seen += regrets.length;
        return { share: seen / this.right.length, regrets };
      }));
    }

    /** In which share of its games of so many queries random search does worse than a regret. */
    worseThan(regret, queries) {
      let sum = 0, before = 0;
      for (const { share, regrets } of this.outcomes) {
        const reached = share ** queries, worse = regrets.filter((one) => one > regret + 1e-12).length;
        sum += ((reached - before) * worse) / regrets.length;
        before = reached;
      }
      return sum;
    }
  }

  // ---- REINFORCE with logits only ----

  /** P of every choice of every token, the logarithm of the sum of each token's exponentials, and the entropy of each token. */
  function policyOf({ firsts, sizes }, { logits, P, L, H }) {
    for (let t = 0; t < sizes.length; t++) {
      const first = firsts[t], last = first + sizes[t];
      let most = logits[first], sum = 0, mean = 0;
      for (let i = first + 1; i < last; i++) if (logits[i] > most) most = logits[i];
      for (let i = first; i < last; i++) sum += P[i] = Math.exp(logits[i] - most);
      for (let i = first; i < last; i++) mean += (P[i] /= sum) * logits[i];
      L[t] = most + Math.log(sum);
      H[t] = L[t] - mean;
    }
  }

  class Controller {
    /** `decay`: of the average of past rewards, or null: no baseline; `rate`; `entropy`: weight of the bonus; `m`: strings in a step. */
    constructor(table, settings) {
      Object.assign(this, { table, settings, n: 0, average: 0 });
      for (const name of ["logits", "P", "gradient"]) this[name] = new Float64Array(table.rows);
      for (const name of ["L", "H"]) this[name] = new Float64Array(table.sizes.length);
      policyOf(table, this);
    }

    /** The average of the rewards of past steps; the division takes out that it began at 0. */
    get baseline() {
      const { decay } = this.settings;
      return decay === null || !this.n ? 0 : this.average / (1 - decay ** this.n);
    }

    /** One update: m strings from uniforms u[from] on. `seen(place, reward)` hears of every query. */
    step(u, from, seen) {
      const { table: { firsts, sizes, seeds }, settings: { decay, rate, entropy, m }, P, L, H, gradient, logits, baseline } = this, T = sizes.length;
      gradient.fill(0);
      let total = 0;
      for (let k = 0, at = from; k < m; k++, at += T + 1) {
        let place = 0;
        for (let t = 0; t < T; t++) place = place * sizes[t] + this.choose(t, u[at + t]);
        const R = this.table.accuracy(place, seedOf(u[at + T], seeds)) ** 3;
        this.credit(place, R - baseline);
        total += R;
        seen(place, R);
      }
      const advantage = total - m * baseline;
      for (let t = 0; t < T; t++)
        for (let i = firsts[t]; i < firsts[t] + sizes[t]; i++) {
          const bonus = -P[i] * (logits[i] - L[t] + H[t]);
          logits[i] += rate * ((gradient[i] - P[i] * advantage) / m + entropy * bonus);
        }
      this.average = decay === null ? 0 : decay * this.average + (1 - decay) * (total / m);
      this.n++;
      policyOf(this.table, this);
    }

    /** The choice of token t: the first one at which the sum of P is above u. */
    choose(t, u) {
      const first = this.table.firsts[t], last = this.table.sizes[t] - 1;
      let a = 0;
      for (let sum = this.P[first]; a < last && u >= sum; sum += this.P[first + a]) a++;
      return a;
    }

    /** One-hot vectors of a string's choices, times its advantage. */
    credit(place, advantage) {
      const { firsts, sizes } = this.table;
      for (let t = sizes.length - 1; t >= 0; t--) {
        this.gradient[firsts[t] + (place % sizes[t])] += advantage;
        place = Math.floor(place / sizes[t]);
      }
    }
  }

  /** Repeats of a search: the regret of the answer after every query, repeats × queries; the mean regret of what was written, (queries); the places of
      the first repeat; and its policies, one a step and the last one, (steps + 1) × rows. */
  function search(table, settings, u, repeats, queries) {
    const steps = queries / settings.m, wide = table.sizes.length + 1, { rows } = table;
    const regrets = new Float64Array(repeats * queries), written = new Float64Array(queries), places = new Uint16Array(queries), policies = new Float64Array((steps + 1) * rows);
    let controller;
    for (let r = 0, at = 0; r < repeats; r++) {
      let highest = -1, answer = 0;
      const seen = (place, R) => {
        if (!r) places[at] = place;
        written[at % queries] += table.regret(place) / repeats;
        if (R > highest) [highest, answer] = [R, table.regret(place)];
        regrets[at++] = answer;
      };
      const one = new Controller(table, settings);
      if (!r) controller = one;
      for (let step = 0; step < steps; step++) {
        if (!r) policies.set(one.P, step * rows);
        one.step(u, at * wide, seen);
      }
      if (!r) policies.set(one.P, steps * rows);
    }
    return { regrets, written, places, policies, steps, logits: controller.logits };
  }

  RealityGap.architecture = { Table, search, seedOf, uniforms };
})();
