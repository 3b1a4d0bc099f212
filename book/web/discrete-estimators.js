/* One discrete choice, and estimates of the gradient of its expected loss: RealityGap.estimators, for <choice-simplex> and <estimator-race>.

   Python's twins: gradients/estimators.py, gradients/relaxations.py and gradients/rebar.py. Nothing here draws, and all randomness is uniforms between 0 and 1
   that the caller gives. A loss is minimised: θ ← θ − rate · g. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap;
  if (RealityGap.estimators) return;

  function sigmoid(x) {
    const e = Math.exp(-Math.abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }

  /** σ(x) (1 − σ(x)): the slope of σ, and the density of logistic noise. */
  function slope(x) {
    const e = Math.exp(-Math.abs(x));
    return e / (1 + e) ** 2;
  }

  /** n uniforms above 0 and below 1: the middles of 2³² cells. */
  const openUniforms = (seed, n) => RealityGap.uniforms(seed, n).map((u) => u + 2 ** -33);

  // ---- one choice among K tokens: logits h, loss f(y) = Σ (y_i − t_i)² ----

  /** softmax(h / τ). */
  function softmax(h, tau = 1) {
    const most = Math.max(...h), e = h.map((one) => Math.exp((one - most) / tau)), sum = e.reduce((a, b) => a + b, 0);
    return e.map((one) => one / sum);
  }

  const dot = (a, b) => a.reduce((sum, one, i) => sum + one * b[i], 0);
  const lossOf = (y, t) => y.reduce((sum, one, i) => sum + (one - t[i]) ** 2, 0);
  const oneHot = (b, K) => Array.from({ length: K }, (_, i) => +(i === b));

  /** The token b = argmax(h + g) and the point y = softmax((h + g) / τ) of the triangle, g = −log(−log u). */
  function gumbelDraw(h, tau, u) {
    const z = h.map((one, i) => one - Math.log(-Math.log(u[i])));
    return { b: z.indexOf(Math.max(...z)), y: softmax(z, tau) };
  }

  /** The exact gradient with respect to h, and the baseline that makes the total variance smallest. */
  function exactChoice(h, t) {
    const K = h.length, p = softmax(h), f = p.map((_, b) => lossOf(oneHot(b, K), t)), mean = dot(p, f);
    const size = p.map((one) => 1 - 2 * one + dot(p, p)); // |∇ log p(b)|²
    const weights = p.map((one, b) => one * size[b]);
    return { p, f, gradient: p.map((one, b) => one * (f[b] - mean)), baseline: dot(weights, f) / weights.reduce((a, b) => a + b, 0) };
  }

  const CHOICE = ["REINFORCE", "optimal baseline", "Gumbel-softmax", "straight-through Gumbel"];

  /** The estimates of one draw {b, y}, in the order of CHOICE, each (K). */
  function choiceGradients({ p, f, baseline }, t, tau, { b, y }) {
    const hard = oneHot(b, p.length), score = hard.map((one, i) => one - p[i]);
    const back = (at) => {
      const d = at.map((one, i) => 2 * (one - t[i])), mean = dot(y, d);
      return y.map((one, i) => (one * (d[i] - mean)) / tau);
    };
    return [score.map((one) => f[b] * one), score.map((one) => (f[b] - baseline) * one), back(y), back(hard)];
  }

  /** What N draws with the uniforms u, N × K, say: the exact choice, the points y, N × K, the tokens b, their frequencies, and for each estimate of CHOICE its
      mean, its bias |mean − exact|, its variance (the sum over the K logits) and the noise of the bias: what N draws of an unbiased estimate would show. */
  function measureChoice(h, t, tau, u) {
    const K = h.length, N = u.length / K, exact = exactChoice(h, t);
    const points = new Float64Array(N * K), tokens = new Uint8Array(N), counts = h.map(() => 0);
    const sums = CHOICE.map(() => h.map(() => 0)), squares = CHOICE.map(() => 0);
    for (let n = 0; n < N; n++) {
      const drawn = gumbelDraw(h, tau, u.subarray(n * K, (n + 1) * K));
      points.set(drawn.y, n * K);
      counts[(tokens[n] = drawn.b)]++;
      choiceGradients(exact, t, tau, drawn).forEach((g, m) => {
        g.forEach((one, i) => (sums[m][i] += one));
        squares[m] += dot(g, g);
      });
    }
    const estimates = CHOICE.map((name, m) => {
      const mean = sums[m].map((sum) => sum / N), off = mean.map((one, i) => one - exact.gradient[i]), variance = (squares[m] - N * dot(mean, mean)) / (N - 1);
      return { name, mean, bias: Math.sqrt(dot(off, off)), variance, noise: Math.sqrt(Math.max(variance, 0) / N) };
    });
    return { exact, points, tokens, frequencies: counts.map((count) => count / N), estimates };
  }

  // ---- one Bernoulli choice: z = θ + log u − log(1 − u), b = 1 if z > 0, and f(b) = (b − t)² ----

  const RACERS = ["REINFORCE", "constant baseline", "optimal baseline", "Gumbel-softmax", "straight-through Gumbel", "REBAR"];

  /** z̃ given b, from a uniform v, and ∂z̃/∂θ: the noise is drawn again, but so that b stays what it is. */
  function conditional(theta, b, v) {
    const odds = v / (1 - v);
    if (b) {
      const e = Math.exp(theta), sum = odds * (1 + e);
      return { z: Math.log1p(sum), slope: (odds * e) / (1 + sum) };
    }
    const e = Math.exp(-theta), sum = (1 + e) / odds;
    return { z: -Math.log1p(sum), slope: e / odds / (1 + sum) };
  }

  /** The estimates of ∂E f/∂θ from the uniforms u and v; the name of a racer chooses one. */
  const RACE = {
    "REINFORCE": ({ f, score }) => f * score,
    "constant baseline": ({ f, score, t }) => (f - (t ** 2 + (1 - t) ** 2) / 2) * score,
    "optimal baseline": ({ f, score, t, p }) => (f - p * t ** 2 - (1 - p) * (1 - t) ** 2) * score,
    "Gumbel-softmax": ({ z, t, tau }) => (2 * (sigmoid(z / tau) - t) * slope(z / tau)) / tau,
    "straight-through Gumbel": ({ z, b, t, tau }) => (2 * (b - t) * slope(z / tau)) / tau,
    "REBAR": ({ theta, z, b, f, score, t, tau, eta }, v) => {
      const again = conditional(theta, b, v), soft = sigmoid(z / tau), softAgain = sigmoid(again.z / tau);
      const path = (2 * (soft - t) * slope(z / tau)) / tau, pathAgain = ((2 * (softAgain - t) * slope(again.z / tau)) / tau) * again.slope;
      return (f - eta * (softAgain - t) ** 2) * score + eta * (path - pathAgain);
    },
  };

  function raceGradient(name, theta, { t, tau, eta }, u, v) {
    const p = sigmoid(theta), z = theta + Math.log(u) - Math.log1p(-u), b = +(z > 0);
    return RACE[name]({ theta, p, z, b, f: (b - t) ** 2, score: b - p, t, tau, eta }, v);
  }

  /** θ of every racer in every run at every step: runs × racers × (steps + 1). The noise, runs × steps × 2 (u, v), is the same for all racers. */
  function race(settings, noise, runs, steps) {
    const { theta: start, rate } = settings, paths = new Float64Array(runs * RACERS.length * (steps + 1));
    for (let r = 0, at = 0; r < runs; r++)
      for (const name of RACERS)
        for (let step = 0, theta = start; step <= steps; step++) {
          paths[at++] = theta;
          const k = 2 * (r * steps + step);
          if (step < steps) theta -= rate * raceGradient(name, theta, settings, noise[k], noise[k + 1]);
        }
    return paths;
  }

  // ---- where the expected gradient has the wrong sign ----

  const NODES = [0, 0.5384693101056831, 0.906179845938664], WEIGHTS = [0.5688888888888889, 0.47862867049936647, 0.23692688505618908]; // Gauss and Legendre, 5 points
  const PANEL = 0.25, REACH = 40;
  let grid;

  /** Nodes x from −40 to 40, with their weights times σ′(x). */
  function quadrature() {
    if (grid) return grid;
    grid = [];
    for (let n = -REACH / PANEL; n < REACH / PANEL; n++)
      for (let k = -2; k <= 2; k++) {
        const x = (n + 0.5 + (Math.sign(k) * NODES[Math.abs(k)]) / 2) * PANEL;
        grid.push({ x, s: sigmoid(x), w: (WEIGHTS[Math.abs(k)] * PANEL * slope(x)) / 2 });
      }
    return grid;
  }

  /** E ∂f/∂θ = 2 B (border − t) for Gumbel-softmax ("soft") and its straight-through form ("hard"), with E over the logistic noise. The true gradient is
      2 p (1 − p) (½ − t), so that the sign is wrong for every t between the border and ½. With x = z / τ and w(x) = σ′(x) σ′(τx − θ):
      B = ∫ w, soft = ∫ σ w / B, hard = ∫_{x > 0} w / B. */
  function borders(theta, tau) {
    let B = 0, soft = 0, hard = 0;
    for (const { x, s, w } of quadrature()) {
      const one = w * slope(tau * x - theta);
      B += one;
      soft += s * one;
      if (x > 0) hard += one;
    }
    return { B, soft: soft / B, hard: hard / B };
  }

  /** Whether t lies between a border and ½, where the expected gradient points the wrong way. */
  const wrongSign = (border, t) => (border - t) * (0.5 - t) < 0;

  /** θ at which the border is t, so that the expected gradient is zero there, for the kind "soft" or "hard"; nothing if there is none from −15 to 15. */
  function restingPlace(kind, t, tau) {
    let low = -15, high = 15;
    if (borders(low, tau)[kind] > t || borders(high, tau)[kind] < t) return null;
    while (high - low > 1e-9) {
      const middle = (low + high) / 2;
      if (borders(middle, tau)[kind] < t) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  RealityGap.estimators = { CHOICE, RACERS, borders, choiceGradients, conditional, exactChoice, gumbelDraw, measureChoice, openUniforms, race, raceGradient, restingPlace, sigmoid, softmax, wrongSign };
})();
