/* What <corridor-flight> draws: the map from above, and the bars of Q under the picture. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { Painting, clamp } = RealityGap;
  if (RealityGap.MapView) return;
  const MARGIN = 0.25; // of wall around what is free [m]
  const ARM = 34; // from the robot to the ring that turns it [px]
  const NEAR = 22; // a finger hits what is so near [px]
  const SKY = "86, 180, 233"; // what the robot sees
  const [DEAD, HALF, ALIVE] = [[213, 94, 0], [230, 159, 0], [0, 158, 115]];

  /** From vermillion, nothing survived, to green, every step. */
  function colourOf(share) {
    const [from, to, part] = share < 0.5 ? [DEAD, HALF, 2 * share] : [HALF, ALIVE, 2 * share - 1];
    return `rgb(${from.map((value, k) => Math.round(value + part * (to[k] - value))).join()})`;
  }

  /** The free part of a map, with a margin: {left, right, low, high} [m]. */
  function boundsOf({ walls, rows, columns, cell }) {
    const box = { left: columns, right: 0, low: rows, high: 0 };
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        if (walls[r * columns + c]) continue;
        Object.assign(box, { left: Math.min(box.left, c), right: Math.max(box.right, c + 1), low: Math.min(box.low, r), high: Math.max(box.high, r + 1) });
      }
    return { left: box.left * cell - MARGIN, right: box.right * cell + MARGIN, low: box.low * cell - MARGIN, high: box.high * cell + MARGIN };
  }

  /** The map from above: y points up, as headings are counted. */
  class MapView extends Painting {
    fit(world) {
      if (!this.fitted()) return false;
      const { left, right, low, high } = (world.bounds ||= boundsOf(world));
      this.scale = Math.min(this.width / (right - left), this.height / (high - low)); // [px/m]
      this.x0 = this.width / 2 - ((left + right) / 2) * this.scale;
      this.y0 = this.height / 2 + ((low + high) / 2) * this.scale;
      return true;
    }

    at(x, y) {
      return [this.x0 + x * this.scale, this.y0 - y * this.scale];
    }

    place(px, py) {
      return [(px - this.x0) / this.scale, (this.y0 - py) / this.scale];
    }

    /** Where the ring is that turns the robot. */
    ring({ x, y, heading }) {
      const [px, py] = this.at(x, y);
      return [px + ARM * Math.cos(heading), py - ARM * Math.sin(heading)];
    }

    /** What is under a point of the canvas: "turn", "move" or nothing. */
    grip(px, py, pose) {
      const far = ([x, y]) => Math.hypot(px - x, py - y), [ring, robot] = [far(this.ring(pose)), far(this.at(pose.x, pose.y))];
      return Math.min(ring, robot) > NEAR ? null : ring < robot ? "turn" : "move";
    }

    draw(scene) {
      this.pen.clearRect(0, 0, this.width, this.height);
      this.floor(scene.world);
      this.sight(scene);
      this.line(scene.trail.map(([x, y]) => this.at(x, y)), { strokeStyle: this.wrong, lineWidth: 1.5 }, 0.65);
      this.arm(scene);
      if (scene.fan) this.fan(scene.fan);
      if (scene.goal) this.goal(scene.goal);
      this.robot(scene);
    }

    floor({ walls, rows, columns, cell }) {
      const pen = this.pen;
      pen.beginPath();
      for (let r = 0; r < rows; r++)
        for (let c = 0, first = -1; c <= columns; c++) {
          const free = c < columns && !walls[r * columns + c];
          if (free && first < 0) first = c;
          if (free || first < 0) continue;
          const [x, y] = this.at(first * cell, (r + 1) * cell);
          pen.rect(x, y - 0.25, (c - first) * cell * this.scale, cell * this.scale + 0.5); // no seams between rows
          first = -1;
        }
      pen.fillStyle = this.paper;
      pen.fill();
    }

    /** The part of the map that is in the picture. */
    sight({ pose, look, distances }) {
      const pen = this.pen, [x, y] = this.at(pose.x, pose.y), far = Math.max(...distances) * this.scale;
      const glow = pen.createRadialGradient(x, y, 0, x, y, Math.min(far, 9 * this.scale));
      glow.addColorStop(0, `rgba(${SKY}, .42)`);
      glow.addColorStop(1, `rgba(${SKY}, .12)`);
      pen.beginPath();
      pen.moveTo(x, y);
      look.offsets.forEach((offset, i) => pen.lineTo(...this.at(pose.x + distances[i] * Math.cos(pose.heading + offset), pose.y + distances[i] * Math.sin(pose.heading + offset))));
      pen.closePath();
      pen.fillStyle = glow;
      pen.fill();
    }

    /** Where each aim would lead: {horizon, branches} with the way and the steps survived of each. */
    fan({ horizon, branches }) {
      for (const { way, survived, crashed } of branches) {
        const steps = Math.min(survived, horizon), ended = crashed && survived < horizon, colour = colourOf(steps / horizon);
        const points = way.slice(0, steps + 1 + ended).map(([x, y]) => this.at(x, y)), last = points.at(-1);
        this.line(points, { strokeStyle: colour, lineWidth: 1.75 }, 0.85);
        if (ended) this.cross(last, 2.3, colour, 1.5);
        else this.dot(last, 2.5, colour);
      }
    }

    goal({ x, y }) {
      const [px, py] = this.at(x, y);
      this.dot([px, py], 7, this.paper, this.right, 2.5);
      this.dot([px, py], 2.5, this.right);
    }

    /** The line ahead and the ring at its end, by which the robot is turned. */
    arm({ pose, crashed }) {
      const [x, y] = this.at(pose.x, pose.y), ring = this.ring(pose), colour = crashed ? this.ink : this.wrong;
      this.line([[x, y], [x + (1 - 6 / ARM) * (ring[0] - x), y + (1 - 6 / ARM) * (ring[1] - y)]], { strokeStyle: colour, lineWidth: 1.5 }, 0.6);
      this.dot(ring, 5.5, this.paper, colour, 1.75);
    }

    robot({ pose, crashed, focused }) {
      const pen = this.pen, place = this.at(pose.x, pose.y), body = Math.max(RealityGap.corridor.RADIUS * this.scale, 5);
      const corner = (turn, far) => [place[0] + far * body * Math.cos(pose.heading + turn), place[1] - far * body * Math.sin(pose.heading + turn)];
      if (focused) this.dot(place, body + 5, null, "#56b4e9", 3);
      this.dot(place, body + 1.5, this.paper);
      this.dot(place, body, crashed ? this.ink : this.wrong);
      if (crashed) return this.cross(place, 0.45 * body, this.paper, 1.5);
      pen.beginPath();
      pen.moveTo(...corner(0, 0.72));
      pen.lineTo(...corner(2.4, 0.62));
      pen.lineTo(...corner(-2.4, 0.62));
      pen.fillStyle = this.paper;
      pen.fill();
    }
  }

  /** A bar for each aim, under the column of the picture at which it points. */
  class BarsView extends Painting {
    draw({ Q, aim, look, exact, goal }) {
      if (!this.fitted()) return;
      const { pen, width, height } = this, { SLOPE } = RealityGap.corridor, [top, foot] = [12, height - 12];
      const narrow = SLOPE / Math.tan(look.view / 2), column = (u) => ((1 + u * narrow) * width) / 2, wide = (narrow * width) / 15;
      const at = (a) => column((2 * a + 1) / 15 - 1), level = (value) => foot - value * (foot - top);
      pen.clearRect(0, 0, width, height);
      Object.assign(pen, { font: `11px ${this.font}`, textBaseline: "middle", textAlign: "right", fillStyle: this.ink });
      for (const value of [0, 0.5, 1]) {
        this.line([[column(-1) - 3, level(value)], [column(1) + 3, level(value)]], { strokeStyle: this.ink, lineWidth: 1 }, value ? 0.12 : 0.45);
        pen.globalAlpha = 0.75;
        if (value !== 0.5) pen.fillText(value ? "Q 1" : "0", column(-1) - 7, level(value));
      }
      for (let a = 0; a < 15; a++) {
        const chosen = a === aim, value = Q ? Q[a] : +chosen;
        Object.assign(pen, { globalAlpha: chosen ? 1 : 0.8, fillStyle: chosen ? this.wrong : this.accent });
        if (Q) pen.fillRect(at(a) - 0.4 * wide, level(value), 0.8 * wide, foot - level(value));
        if (chosen) this.tip(at(a), 1, 5);
        if (exact) this.line([[at(a) - 0.4 * wide, level(exact[a])], [at(a) + 0.4 * wide, level(exact[a])]], { strokeStyle: this.ink, lineWidth: 2.5 });
      }
      pen.globalAlpha = 1;
      if (goal === null) return;
      const inside = Math.abs(goal) < 1.2 ? clamp(((1 - Math.tan(goal) / Math.tan(look.view / 2)) * width) / 2, 6, width - 6) : goal > 0 ? 6 : width - 6;
      this.dot([inside, height - 5.5], 3.5, null, this.right);
    }

    /** A small triangle under the picture, at the column of the chosen aim. */
    tip(x, y, size) {
      const pen = this.pen;
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + size, y + 1.4 * size);
      pen.lineTo(x - size, y + 1.4 * size);
      pen.fill();
    }
  }

  Object.assign(RealityGap, { BarsView, MapView });
})();
