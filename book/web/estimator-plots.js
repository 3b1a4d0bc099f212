/* What <choice-simplex> and <estimator-race> draw: a triangle of draws and bars; lines against steps, and the plane of θ and t. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { Painting, clamp, estimators } = RealityGap;
  if (RealityGap.Triangle) return;
  class Words extends Painting {
    cleared() {
      if (!this.fitted()) return false;
      this.pen.clearRect(0, 0, this.width, this.height);
      return true;
    }

    words(text, x, y, align = "left", look = {}) {
      Object.assign(this.pen, { font: `12px ${this.font}`, textAlign: align, textBaseline: "middle", fillStyle: this.ink, globalAlpha: 0.85, ...look });
      this.pen.fillText(text, x, y);
      this.pen.globalAlpha = 1;
    }

    wide(texts) {
      this.pen.font = `700 12px ${this.font}`;
      return Math.max(...texts.map((text) => this.pen.measureText(text).width));
    }

    rule(from, to, alpha = 0.6, width = 1) {
      this.line([from, to], { strokeStyle: this.ink, lineWidth: width }, alpha);
    }

    box(x, y, wide, high, colour, alpha = 1) {
      Object.assign(this.pen, { fillStyle: colour, globalAlpha: alpha }).fillRect(x, y, wide, high);
      this.pen.globalAlpha = 1;
    }
  }

  // ---- the triangle of <choice-simplex> ----

  const SPIRAL = Math.PI * (3 - Math.sqrt(5)); // angle from one hard draw to the next, so that they lie evenly

  class Triangle extends Words {
    /** The place of a point with the shares y. */
    at(y) {
      return [0, 1].map((axis) => this.corners.reduce((sum, corner, i) => sum + y[i] * corner[axis], 0));
    }

    /** `points`: shares, n × 3; `tokens`: (n), what each draw chose; `shown`: how many; `p`: exact probabilities; `mean`: of all points. */
    draw({ names, colours, points, tokens, shown, hard, p, mean }) {
      if (!this.cleared()) return;
      const side = Math.min(this.width - 60, (this.height - 56) / 0.866), middle = this.width / 2, top = 26, foot = top + 0.866 * side;
      this.corners = [[middle, top], [middle - side / 2, foot], [middle + side / 2, foot]];
      this.line([...this.corners, this.corners[0]], { strokeStyle: this.ink, lineWidth: 1 }, 0.6);
      names.forEach((name, i) => this.words(name, this.corners[i][0], i ? foot + 16 : top - 14, "center", { font: `600 13px ${this.font}`, globalAlpha: 1 }));
      const placed = [0, 0, 0];
      this.places = Array.from({ length: shown }, (_, n) => {
        if (!hard) return this.at(points.subarray(3 * n, 3 * n + 3));
        const b = tokens[n], k = placed[b]++, angle = k * SPIRAL, [x, y] = this.at([0, 1, 2].map((i) => (i === b ? 0.76 : 0.12)));
        return [x + 2.6 * Math.sqrt(k) * Math.cos(angle), y + 2.6 * Math.sqrt(k) * Math.sin(angle)];
      });
      this.pen.globalAlpha = 0.7;
      this.places.forEach((place, n) => this.dot(place, 2, colours[tokens[n]]));
      this.pen.globalAlpha = 1;
      this.dot(this.at(p), 7, null, this.ink, 2.5);
      if (!hard) this.cross(this.at(mean), 5, this.ink, 2.5);
    }
  }

  // ---- bars ----

  const ROW = 20, HEAD = 26;

  class Bars extends Words {
    /** `groups`: {title, low, high, log, digits, rows: {name, value, colour, tick?, faint?, strong?}}: one bar a row, a tick on it, and the value as a number. */
    draw(groups) {
      if (!this.cleared()) return;
      const left = this.wide(groups.flatMap(({ rows }) => rows.map(({ name }) => name))) + 10, right = 58, wide = this.width - left - right;
      let y = 0;
      for (const { title, low, high, log, rows, ticks, digits = 4 } of groups) {
        const bent = log ? Math.log : (one) => one;
        const x = (value) => left + wide * clamp((bent(Math.max(value, log ? low : value)) - bent(low)) / (bent(high) - bent(low)), 0, 1);
        this.words(title, 0, y + 13, "left", { font: `600 12px ${this.font}`, globalAlpha: 1 });
        for (const tick of ticks) {
          this.rule([x(tick), y + HEAD], [x(tick), y + HEAD + ROW * rows.length], 0.15);
          this.words(String(tick), x(tick), y + HEAD + ROW * rows.length + 8, "center", { font: `11px ${this.font}`, globalAlpha: 0.7 });
        }
        rows.forEach(({ name, value, colour, tick, faint, strong }, n) => {
          const middle = y + HEAD + (n + 0.5) * ROW;
          this.words(name, 0, middle, "left", { font: `${strong ? 700 : 400} 12px ${this.font}`, globalAlpha: 1 });
          this.box(left, middle - 6, Math.max(x(value) - left, 1), 12, colour, faint ? 0.35 : 1);
          if (tick !== undefined) this.rule([x(tick), middle - 9], [x(tick), middle + 9], 1, 2);
          this.words(value.toFixed(digits), this.width, middle, "right");
        });
        y += HEAD + ROW * rows.length + 20;
      }
    }
  }

  // ---- lines against steps ----

  class Lines extends Words {
    x(step) {
      return this.left + (step / this.steps) * this.across;
    }

    y(share) {
      return this.top + (1 - share) * this.high;
    }

    step(px) {
      return clamp(((px - this.left) / this.across) * this.steps, 0, this.steps);
    }

    /** `lines`: {colour, values}, shares from 0 to 1 at the steps 0, 1, …; `goal`: a share that is a dashed line; `cursor`: a step. */
    draw({ steps, lines, goal, cursor }) {
      if (!this.cleared()) return;
      Object.assign(this, { left: 36, top: 24, steps, across: this.width - 48, high: this.height - 24 - 34 });
      this.words("P(b = 1)", 0, 9);
      for (const share of [0, 0.25, 0.5, 0.75, 1]) {
        this.rule([this.left, this.y(share)], [this.left + this.across, this.y(share)], share ? 0.13 : 0.6);
        this.words(String(share), this.left - 6, this.y(share), "right");
      }
      for (let n = 0; n <= 4; n++) this.words(String((n * steps) / 4), this.x((n * steps) / 4), this.y(0) + 11, "center");
      this.words("steps", this.left + this.across, this.y(0) + 26, "right");
      this.pen.setLineDash([3, 4]);
      this.rule([this.left, this.y(goal)], [this.left + this.across, this.y(goal)], 0.8, 1.5);
      this.pen.setLineDash([]);
      for (const { colour, values } of lines) this.line(Array.from(values.subarray(0, Math.round(cursor) + 1), (share, n) => [this.x(n), this.y(share)]), { strokeStyle: colour, lineWidth: 2 });
      this.rule([this.x(cursor), this.top], [this.x(cursor), this.y(0)], 0.7, 1.5);
    }
  }

  // ---- the plane of θ and t, and one lane a racer ----

  const REACH = 5, LANE = 22, COLUMNS = 80;

  class Plane extends Words {
    x(theta) {
      return this.left + ((clamp(theta, -REACH, REACH) + REACH) / (2 * REACH)) * this.across;
    }

    y(t) {
      return this.top + (1 - t) * this.high;
    }

    /** The borders of the wrong sign at COLUMNS + 1 places from −REACH to REACH, for a τ. */
    known(tau) {
      if (this.tau === tau) return this.curves;
      this.tau = tau;
      return (this.curves = Array.from({ length: COLUMNS + 1 }, (_, n) => {
        const theta = -REACH + (2 * REACH * n) / COLUMNS;
        return { theta, ...estimators.borders(theta, tau) };
      }));
    }

    /** `racers`: {name, colour, kind: "soft", "hard" or nothing, trail: θ up to now}; `goal`: θ of the finish. */
    draw({ t, tau, racers, goal, colours }) {
      if (!this.cleared()) return;
      const curves = this.known(tau), left = this.wide(racers.map(({ name }) => name)) + 10, lanes = racers.length * LANE;
      Object.assign(this, { left, top: 24, across: this.width - left - 12, high: this.height - 24 - 40 - lanes - 14 });
      const edge = this.left + this.across, track = this.y(0) + 14;
      this.words("t", this.left - 8, 9, "right");
      this.words("shaded: wrong sign", this.left, 9);
      this.region(curves, colours.soft);
      this.border(curves, "soft", colours.soft, []);
      this.border(curves, "hard", colours.hard, [5, 4]);
      for (const share of [0, 0.5, 1]) {
        this.rule([this.left, this.y(share)], [edge, this.y(share)], 0.5);
        this.words(String(share), this.left - 6, this.y(share), "right");
      }
      this.rule([this.left, this.y(t)], [edge, this.y(t)], 0.8, 1.5);
      racers.forEach(({ name, colour, kind, trail }, n) => {
        const middle = track + (n + 0.5) * LANE, now = trail[trail.length - 1], place = this.x(now);
        this.words(name, 0, middle, "left", { globalAlpha: 1 });
        if (kind) this.wrongWay(curves, kind, t, middle - LANE / 2 + 2, colour);
        this.rule([this.left, middle], [edge, middle], 0.2);
        const recent = trail.slice(-60);
        this.line([[this.x(Math.min(...recent)), middle], [this.x(Math.max(...recent)), middle]], { strokeStyle: colour, lineWidth: 4 }, 0.4);
        this.dot([place, middle], 6, colour);
        this.dot([place, this.y(t)], 4.5, colour, this.ink, 1);
      });
      this.pen.setLineDash([3, 4]);
      this.rule([this.x(goal), track], [this.x(goal), track + lanes], 0.8, 1.5);
      this.pen.setLineDash([]);
      const foot = track + lanes + 10;
      for (const theta of [-4, -2, 0, 2, 4]) this.words(RealityGap.signed(theta, 0), this.x(theta), foot, "center");
      this.words("logit θ", edge, foot + 16, "right");
    }

    region(curves, colour) {
      const pen = this.pen;
      pen.beginPath();
      for (const { theta, soft } of curves) pen.lineTo(this.x(theta), this.y(soft));
      pen.lineTo(this.x(REACH), this.y(0.5));
      pen.lineTo(this.x(-REACH), this.y(0.5));
      Object.assign(pen, { globalAlpha: 0.25, fillStyle: colour }).fill();
      pen.globalAlpha = 1;
    }

    border(curves, kind, colour, dashes) {
      this.pen.setLineDash(dashes);
      this.line(curves.map((one) => [this.x(one.theta), this.y(one[kind])]), { strokeStyle: colour, lineWidth: 2 });
      this.pen.setLineDash([]);
    }

    /** Shade the part of a lane where the expected gradient has the wrong sign. */
    wrongWay(curves, kind, t, top, colour) {
      const step = this.across / COLUMNS;
      for (const one of curves) {
        if (!estimators.wrongSign(one[kind], t)) continue;
        const from = Math.max(this.x(one.theta) - step / 2, this.left);
        this.box(from, top, Math.min(this.x(one.theta) + step / 2, this.left + this.across) - from, LANE - 4, colour, 0.25);
      }
    }
  }

  Object.assign(RealityGap, { Bars, Lines, Plane, Triangle });
})();
