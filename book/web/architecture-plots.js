/* What <architecture-search> and <architecture-game> draw: lines against queries, and the policy of a search as a heat map. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { Painting, clamp } = RealityGap;
  if (RealityGap.Chart) return;
  const FOOT = 32; // below the axes [px]

  /** 0, 1 × step, 2 × step, …, at most five steps, and none narrower than a number. */
  function ticksTo(most, wide) {
    const step = [1, 2, 5, 10, 20, 50, 100, 250].find((one) => most / one <= Math.min(5, wide / 36)) || most;
    return Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step);
  }

  /** 1, 2 and 5 times powers of ten between two numbers. */
  function decades(low, high) {
    const found = [];
    for (let power = -4; power < 4; power++) for (const times of [1, 2, 5]) found.push(+(times * 10 ** power).toPrecision(1));
    return found.filter((one) => one >= low * 0.999 && one <= high * 1.001);
  }

  class Axes extends Painting {
    /** Match the canvas; `left` and `right` are the margins. */
    frame(left, right, top, queries) {
      if (!this.fitted()) return false;
      Object.assign(this, { left, top, wide: this.width - left - right, high: this.height - top - FOOT, queries });
      this.pen.clearRect(0, 0, this.width, this.height);
      return true;
    }

    x(query) {
      return this.left + (query / this.queries) * this.wide;
    }

    /** The query under a point of the canvas. */
    query(px) {
      return clamp(((px - this.left) / this.wide) * this.queries, 0, this.queries);
    }

    words(text, x, y, align, look = {}) {
      Object.assign(this.pen, { font: `12px ${this.font}`, textAlign: align, textBaseline: "middle", fillStyle: this.ink, globalAlpha: 0.85, ...look });
      this.pen.fillText(text, x, y);
      this.pen.globalAlpha = 1;
    }

    /** Numbers of queries below the axes, with their name. */
    foot() {
      const base = this.top + this.high;
      for (const query of ticksTo(this.queries, this.wide)) this.words(String(query), this.x(query), base + 10, "center");
      this.words("queries", this.left + this.wide, base + 24, "right");
    }

    cursor(query) {
      this.line([[this.x(query), this.top], [this.x(query), this.top + this.high]], { strokeStyle: this.ink, lineWidth: 1.5 }, 0.7);
    }
  }

  class Chart extends Axes {
    /** `scale`: {low, high, log, ticks?, title}; `lines` and `dots`: {values, colour, dashes?}; `band`: {low, high, colour}; `cursor`: a query. Points lie at the
        queries 1, 2, … */
    draw({ queries, scale, lines = [], band, dots, cursor }) {
      if (!this.frame(44, 12, 22, queries)) return;
      this.scale = scale;
      const pen = this.pen, foot = this.top + this.high;
      this.words(scale.title, 0, 8, "left");
      for (const tick of scale.ticks || decades(scale.low, scale.high)) {
        this.line([[this.left, this.y(tick)], [this.left + this.wide, this.y(tick)]], { strokeStyle: this.ink, lineWidth: 1 }, 0.13);
        this.words(String(tick), this.left - 7, this.y(tick), "right");
      }
      this.line([[this.left, this.top], [this.left, foot], [this.left + this.wide, foot]], { strokeStyle: this.ink, lineWidth: 1 }, 0.6);
      this.foot();
      pen.save();
      pen.beginPath();
      pen.rect(this.left, this.top - 3, this.wide + 4, this.high + 6);
      pen.clip();
      if (band) this.band(band);
      for (const { values, colour, dashes = [] } of lines) {
        pen.setLineDash(dashes);
        this.line(this.points(values), { strokeStyle: colour, lineWidth: dashes.length ? 1.5 : 2 });
      }
      pen.setLineDash([]);
      if (dots) for (const point of this.points(dots.values)) this.dot(point, 4, dots.colour);
      if (cursor !== undefined) this.cursor(cursor);
      pen.restore();
    }

    y(value) {
      const { low, high, log } = this.scale, bent = log ? Math.log : (one) => one;
      const part = (bent(Math.max(value, log ? low : value)) - bent(low)) / (bent(high) - bent(low));
      return this.top + this.high * (1 - part);
    }

    points(values) {
      return Array.from(values, (value, n) => [this.x(n + 1), this.y(value)]);
    }

    band({ low, high, colour }) {
      const pen = this.pen;
      pen.beginPath();
      for (const [x, y] of [...this.points(high), ...this.points(low).reverse()]) pen.lineTo(x, y);
      Object.assign(pen, { globalAlpha: 0.2, fillStyle: colour }).fill();
      pen.globalAlpha = 1;
    }
  }

  /** A row for each choice of each token, a column for each step; the darker, the more probable. */
  class HeatMap extends Axes {
    #columns = document.createElement("canvas");

    /** `marked`: the choices of a string, or nothing; `column`: the policy that is read, (rows). */
    draw({ table, search, queries, cursor, column, marked, colour }) {
      if (!this.fitted()) return;
      const widest = (texts) => Math.max(...texts.map((text) => this.pen.measureText(text).width));
      this.pen.font = `12px ${this.font}`;
      const choices = widest(table.choices.flat()), left = widest(table.names) + 10 + choices + 7;
      this.frame(left, 40, 4, queries);
      this.fill(search, table.rows, colour);
      const gap = 5, tall = (this.high - gap * (table.names.length - 1)) / table.rows, shown = Math.min(this.wide, this.width - left - 40);
      this.pen.imageSmoothingEnabled = false;
      table.firsts.forEach((first, t) => {
        const size = table.sizes[t], top = this.top + first * tall + t * gap, best = marked?.[t];
        this.pen.drawImage(this.#columns, 0, first, search.steps, size, left, top, shown, size * tall);
        Object.assign(this.pen, { strokeStyle: this.ink, globalAlpha: 0.3, lineWidth: 1 }).strokeRect(left, top, shown, size * tall);
        this.words(table.names[t], 0, top + tall / 2, "left", { globalAlpha: 1 });
        table.choices[t].forEach((choice, a) => {
          const middle = top + (a + 0.5) * tall, P = column[first + a];
          this.words(choice, left - 7, middle, "right", { font: `${a === best ? "700 " : ""}12px ${this.font}` });
          if (a === best) this.dot([left - 1, middle], 3, this.right);
          this.words(`${Math.round(100 * P)} %`, this.width, middle, "right", { globalAlpha: 0.55 + 0.45 * P });
        });
      });
      this.foot();
      this.cursor(cursor);
    }

    /** One pixel for each probability. */
    fill({ policies, steps }, rows, colour) {
      const canvas = Object.assign(this.#columns, { width: steps, height: rows }), pen = canvas.getContext("2d"), image = pen.createImageData(steps, rows);
      const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
      for (let step = 0; step < steps; step++)
        for (let row = 0; row < rows; row++) image.data.set([...rgb, 255 * policies[step * rows + row]], 4 * (row * steps + step));
      pen.putImageData(image, 0, 0);
    }
  }

  Object.assign(RealityGap, { Chart, HeatMap });
})();
