/* The world of <corridor-flight>: what a robot sees in a map of walls, what a network says of the picture, and where a control step ends.

   Everything here is also in Python, with the same names: lecture_code/vision (grid_map.py, raycaster.py, corridor_looks.py) and
   lecture_code/observations (corridor_flight.py, cad2rl.py). Pictures have no pixel noise. A world is {walls, rows, columns, cell}. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap;
  if (RealityGap.corridor) return;

  const HEIGHT = 32, WIDTH = 64, SIZE = 16; // of a picture, and of a texture [pixels]
  const NEAREST = 1e-3, MIXING = 4;
  const STEP = 0.8, CHECKS = 8, RADIUS = 0.2; // [m], and checks in a step
  const N_AIMS = 15, SLOPE = Math.tan((50 * Math.PI) / 180);
  const AIMS = Array.from({ length: N_AIMS }, (_, a) => -Math.atan(((2 * a + 1) / N_AIMS - 1) * SLOPE)); // aim 0 is left [rad]

  // ---- the map ----

  /** Whether a disc reaches into a wall. */
  function touches({ walls, rows, columns, cell }, x, y, radius = RADIUS) {
    const column = Math.trunc(x / cell), row = Math.trunc(y / cell);
    for (let r = row - 1; r < row + 2; r++)
      for (let c = column - 1; c < column + 2; c++) {
        if (r >= 0 && r < rows && c >= 0 && c < columns && !walls[r * columns + c]) continue;
        const dx = Math.max(c * cell - x, 0, x - (c + 1) * cell), dy = Math.max(r * cell - y, 0, y - (r + 1) * cell);
        if (dx * dx + dy * dy < radius * radius) return true;
      }
    return false;
  }

  /** How far a ray goes, and where it meets a wall: fills `hit`. */
  function cast({ walls, columns, cell }, x, y, angle, hit) {
    const dx = Math.cos(angle), dy = Math.sin(angle), px = x / cell, py = y / cell;
    let column = Math.trunc(px), row = Math.trunc(py), distance = 0, side = 0;
    const everyX = dx ? Math.abs(1 / dx) : Infinity, everyY = dy ? Math.abs(1 / dy) : Infinity;
    let nextX = dx ? (column + (dx > 0 ? 1 : 0) - px) / dx : Infinity, nextY = dy ? (row + (dy > 0 ? 1 : 0) - py) / dy : Infinity;
    while (!walls[row * columns + column]) {
      side = nextX < nextY ? 0 : 1;
      if (side) {
        distance = nextY;
        nextY += everyY;
        row += dy > 0 ? 1 : -1;
      } else {
        distance = nextX;
        nextX += everyX;
        column += dx > 0 ? 1 : -1;
      }
    }
    const across = side ? px + distance * dx : py + distance * dy;
    let along = across - Math.floor(across);
    if (side ? dy < 0 : dx > 0) along = 1 - along; // from left to right, for somebody who looks at the face
    Object.assign(hit, { distance: distance * cell, along, row, column, side });
  }

  /** Where a control step ends: {x, y, heading, flown, crashed}. The robot turns, then flies straight on. */
  function fly(world, pose, angle) {
    const heading = pose.heading + angle, dx = (Math.cos(heading) * STEP) / CHECKS, dy = (Math.sin(heading) * STEP) / CHECKS;
    const after = { x: pose.x, y: pose.y, heading, flown: 0, crashed: false };
    for (let part = 0; part < CHECKS && !after.crashed; part++) {
      after.x += dx;
      after.y += dy;
      after.flown = ((part + 1) * STEP) / CHECKS;
      after.crashed = touches(world, after.x, after.y);
    }
    return after;
  }

  // ---- the picture ----

  /** Angles of the picture's columns from the heading, left is positive [rad]. */
  const offsets = (view) => Array.from({ length: WIDTH }, (_, i) => -Math.atan(((2 * i + 1) / WIDTH - 1) * Math.tan(view / 2)));

  function paintFloorAndCeiling(image, look, mixing) {
    const { colours, focal, low, high, horizon, light, fade } = look;
    for (let j = 0; j < HEIGHT; j++) {
      const below = j + 0.5 - 0.5 * HEIGHT - horizon, depth = ((below > 0 ? low : high - low) * focal) / Math.max(Math.abs(below), 1e-6);
      const near = Math.exp(-depth / mixing), brightness = light * Math.exp(-fade * depth), first = below > 0 ? 0 : 2;
      for (let k = 0; k < 3; k++) {
        const value = brightness * (near * colours[first][k] + (1 - near) * colours[first + 1][k]);
        for (let i = 0; i < WIDTH; i++) image[(j * WIDTH + i) * 3 + k] = value;
      }
    }
  }

  /** The columns of wall over floor and ceiling; `distances` are those of the rays. */
  function paintWalls(world, pose, look, image, distances) {
    const { focal, low, high, horizon, light, fade } = look, hit = {}, middle = 0.5 * HEIGHT + horizon;
    look.offsets.forEach((offset, i) => {
      const angle = pose.heading + offset;
      cast(world, pose.x, pose.y, angle, hit);
      distances[i] = hit.distance;
      const depth = Math.max(hit.distance * Math.cos(offset), NEAREST);
      const top = middle - ((high - low) * focal) / depth, bottom = middle + (low * focal) / depth;
      const slant = hit.side ? Math.sin(angle) : Math.cos(angle), brightness = light * Math.exp(-fade * depth) * (0.8 + 0.2 * Math.abs(slant));
      const steps = Math.abs(2 * hit.row + 1 - world.rows) + Math.abs(2 * hit.column + 1 - world.columns);
      const texture = look.textures[(steps >> 1) % 3], u = Math.min(Math.trunc(hit.along * SIZE), SIZE - 1);
      const last = Math.min(Math.ceil(bottom - 0.5), HEIGHT);
      for (let j = Math.max(Math.ceil(top - 0.5), 0); j < last; j++) {
        const v = Math.min(Math.trunc(((j + 0.5 - top) / (bottom - top)) * SIZE), SIZE - 1);
        for (let k = 0; k < 3; k++) image[(j * WIDTH + i) * 3 + k] = brightness * texture[(v * SIZE + u) * 3 + k];
      }
    });
  }

  /** The picture through the lens of its family: clipped, darker tones, dark corners, blur. */
  function through({ gamma, vignette, blur }, image) {
    const power = Math.fround(gamma);
    for (let n = 0; n < image.length; n++) {
      const value = RealityGap.clamp(image[n], 0, 1);
      image[n] = gamma === 1 ? value : value ** power;
    }
    if (vignette)
      for (let j = 0, n = 0; j < HEIGHT; j++)
        for (let i = 0; i < WIDTH; i++) {
          const row = (2 * j + 1) / HEIGHT - 1, column = (2 * i + 1) / WIDTH - 1, shade = Math.fround(1 - (vignette * (row * row + column * column)) / 2);
          for (let k = 0; k < 3; k++, n++) image[n] *= shade;
        }
    if (!blur) return;
    const line = 3 * WIDTH, source = image.slice(), mixed = new Float32Array(line);
    for (let j = 0; j < HEIGHT; j++) {
      const above = Math.max(j - 1, 0) * line, here = j * line, below = Math.min(j + 1, HEIGHT - 1) * line;
      for (let n = 0; n < line; n++) mixed[n] = 0.25 * (source[above + n] + 2 * source[here + n] + source[below + n]);
      for (let n = 0; n < line; n++) image[here + n] = 0.25 * (mixed[n < 3 ? n : n - 3] + 2 * mixed[n] + mixed[n < line - 3 ? n + 3 : n]);
    }
  }

  /** Room for a picture, and for the rays behind it. */
  const emptyPicture = () => ({ image: new Float32Array(HEIGHT * WIDTH * 3), distances: new Float64Array(WIDTH) });

  /** What the robot sees: {image, distances}; the image is HEIGHT × WIDTH × 3, between 0 and 1. `seen` is written over. */
  function see(world, pose, look, seen = emptyPicture()) {
    paintFloorAndCeiling(seen.image, look, MIXING * world.cell);
    paintWalls(world, pose, look, seen.image, seen.distances);
    through(look, seen.image);
    return seen;
  }

  // ---- the network ----

  // channels out and in, kernel, stride, padding and dilation; pairs are rows and columns
  const LAYERS = [
    [16, 3, [5, 5], [2, 2], [2, 2], 1],
    [32, 16, [3, 3], [2, 2], [1, 0], 1],
    [32, 32, [3, 3], [2, 1], [1, 1], 1],
    [48, 32, [4, 3], [1, 1], [0, 1], 1],
    [48, 48, [1, 5], [1, 1], [0, 4], 2],
    [1, 48, [1, 1], [1, 1], [0, 0], 1],
  ];

  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  /** Numbers of 8 bits from letters: the upper six bits of all, then the lower two bits of three numbers at a time. */
  function fromLetters(text) {
    const codes = new Uint8Array(128), count = Math.floor((3 * text.length) / 4), numbers = new Int8Array(count);
    [...LETTERS].forEach((letter, code) => (codes[letter.charCodeAt(0)] = code));
    const code = (place) => codes[text.charCodeAt(place)];
    for (let n = 0; n < count; n++) numbers[n] = (code(n) << 2) | ((code(count + Math.floor(n / 3)) >> (2 * (n % 3))) & 3);
    return numbers;
  }

  /** One layer: `run` reads `padded`, the input with a border of zeros. */
  class Convolution {
    constructor([out, channels, kernel, stride, padding, dilation], [rows, columns], take) {
      const each = channels * kernel[0] * kernel[1], scales = take("scales", out), weights = take("weights", out * each);
      Object.assign(this, { out, channels, kernel, stride, padding, dilation, biases: take("biases", out) });
      this.weights = new Float32Array(out * each); // those of one input and all outputs side by side
      weights.forEach((value, n) => (this.weights[(n % each) * out + Math.floor(n / each)] = value * scales[Math.floor(n / each)]));
      this.padded = { rows: rows + 2 * padding[0], columns: columns + 2 * padding[1] };
      this.padded.values = new Float32Array(channels * this.padded.rows * this.padded.columns);
      this.rows = Math.floor((this.padded.rows - kernel[0]) / stride[0]) + 1;
      this.columns = Math.floor((this.padded.columns - dilation * (kernel[1] - 1) - 1) / stride[1]) + 1;
      this.sums = new Float64Array(out);
    }

    /** Hand the outputs of each place, of all channels, to `put(sums, row, column)`. */
    run(put) {
      for (let r = 0; r < this.rows; r++)
        for (let i = 0; i < this.columns; i++) {
          this.add(r * this.stride[0], i * this.stride[1]);
          put(this.sums, r, i);
        }
    }

    /** The sums where the kernel begins at this place of the input; zeros, of which ReLU leaves many, add nothing. */
    add(row, column) {
      const { out, channels, weights, sums, dilation } = this, [high, wide] = this.kernel, { values, rows, columns } = this.padded;
      sums.set(this.biases);
      for (let c = 0, w = 0; c < channels; c++)
        for (let ky = 0; ky < high; ky++)
          for (let kx = 0, from = (c * rows + row + ky) * columns + column; kx < wide; kx++, from += dilation, w += out) {
            const value = values[from];
            if (value) for (let o = 0; o < out; o++) sums[o] += value * weights[w + o];
          }
    }

    /** Place of an input in `padded`. */
    place(channel, row, column) {
      return (channel * this.padded.rows + row + this.padding[0]) * this.padded.columns + column + this.padding[1];
    }
  }

  /** Q of all aims in a picture: six layers, with ReLU between them and a sigmoid at the end. */
  class Network {
    /** Network `at` of several whose numbers stand in rows, of each kind one. */
    constructor(rows, at, several) {
      const used = Object.fromEntries(Object.entries(rows).map(([kind, numbers]) => [kind, (at * numbers.length) / several]));
      const take = (kind, count) => rows[kind].subarray(used[kind], (used[kind] += count));
      let size = [HEIGHT, WIDTH];
      this.layers = LAYERS.map((form) => {
        const layer = new Convolution(form, size, take);
        size = [layer.rows, layer.columns];
        return layer;
      });
    }

    /** Several networks from their packed JSON. */
    static all({ count, weights, scales, biases }) {
      const rows = { weights: fromLetters(weights), scales: RealityGap.unpack(scales, Float32Array), biases: RealityGap.unpack(biases, Float32Array) };
      return Array.from({ length: count }, (_, at) => new Network(rows, at, count));
    }

    values(image) {
      const [first] = this.layers, Q = new Float64Array(N_AIMS);
      for (let j = 0, n = 0; j < HEIGHT; j++)
        for (let i = 0; i < WIDTH; i++) for (let k = 0; k < 3; k++, n++) first.padded.values[first.place(k, j, i)] = image[n];
      this.layers.forEach((layer, n) => {
        const next = this.layers[n + 1];
        layer.run((sums, r, i) => {
          if (!next) Q[i] = 1 / (1 + Math.exp(-sums[0]));
          else sums.forEach((value, o) => (next.padded.values[next.place(o, r, i)] = Math.max(value, 0)));
        });
      });
      return Q;
    }
  }

  /** The first of the largest values. */
  const largest = (values) => values.reduce((best, value, a) => (value > values[best] ? a : best), 0);

  RealityGap.corridor = { AIMS, HEIGHT, Network, RADIUS, SLOPE, STEP, WIDTH, emptyPicture, fly, largest, offsets, see, touches };
})();
