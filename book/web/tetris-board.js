/* <tetris-board>: a recorded game, drawn on a canvas, with what the player saw of the board after each move.

   What it plays is the JSON inside it, written by lecture_code/show/board.py: the moves, four cells each, from which the boards follow. Time
   counts moves; at a whole t the board waits for move t. The element tells where it is in data-t, data-frame (moves made) and data-lines, and
   is driven as a <robot-replay> is: both have a Player. */
(() => {
  "use strict";
  if (customElements.get("tetris-board")) return;
  const { Player, PlayBar, button, fitCanvas, plays, unpack, whenReady } = window.RealityGap;

  /** The board after a piece has landed: `drawn` with it, `full` rows marked, `next` without them. Cells hold 0, or 1 + what filled them. */
  function land(board, cells, kind, width, rows) {
    const drawn = board.slice(), next = new Uint8Array(board.length);
    for (const cell of cells) if (cell < drawn.length) drawn[cell] = kind;
    const full = [];
    let to = 0;
    for (let row = 0; row < rows; row++) {
      const line = drawn.subarray(row * width, (row + 1) * width);
      if (line.every(Boolean)) full.push(row);
      else next.set(line, width * to++);
    }
    return { drawn, full, next };
  }

  /** The JSON with its columns as typed arrays, and every board of the game. */
  function decode(json) {
    const rows = json.height + 4, moves = unpack(json.moves, Uint16Array), seen = unpack(json.seen, Int16Array);
    const count = moves.length / 5, first = new Uint8Array(rows * json.width);
    for (const cell of json.start) first[cell] = json.pieces.length + 1;
    const boards = [first], landed = [], lines = [0];
    for (let m = 0; m < count; m++) {
      const [kind, ...cells] = moves.subarray(5 * m, 5 * m + 5);
      landed.push({ kind, cells, ...land(boards[m], cells, kind + 1, json.width, rows) });
      boards.push(landed[m].next);
      lines.push(lines[m] + landed[m].full.length);
    }
    return { ...json, rows, seen, count, boards, landed, lines };
  }

  /** A number with its decimals, a true minus sign, and no minus before zero. */
  function signed(number, digits) {
    const shown = number.toFixed(digits);
    return (Number(shown) ? shown : (0).toFixed(digits)).replace("-", "−");
  }

  /** Paints a board: cells as squares, four rows above it where pieces appear. */
  class Painter {
    constructor(canvas) {
      this.canvas = canvas;
      this.pen = canvas.getContext("2d");
    }

    fit({ width, rows }) {
      const box = fitCanvas(this.canvas);
      if (!box) return false;
      this.size = Math.min(box.width / (width + 1), box.height / (rows + 0.5)); // [px] a cell
      this.left = (box.width - width * this.size) / 2;
      this.floor = rows * this.size;
      this.ink = getComputedStyle(this.canvas).color;
      return true;
    }

    square(cell, width, raised = 0) {
      const x = this.left + (cell % width) * this.size, y = this.floor - (Math.floor(cell / width) + 1 + raised) * this.size;
      return [x + 0.05 * this.size, y + 0.05 * this.size, 0.9 * this.size, 0.9 * this.size];
    }

    draw({ board, full, piece, goal }, { width, height, colours, grey }) {
      const pen = this.pen, paint = [...colours, grey];
      pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
      pen.globalAlpha = 1;
      board.forEach((kind, cell) => {
        if (!kind) return;
        pen.fillStyle = full.includes(Math.floor(cell / width)) ? this.ink : paint[kind - 1];
        pen.fillRect(...this.square(cell, width));
      });
      if (goal) {
        pen.strokeStyle = this.ink;
        pen.lineWidth = 1.5;
        pen.setLineDash([3, 2]);
        for (const cell of goal) pen.strokeRect(...this.square(cell, width));
        pen.setLineDash([]);
      }
      if (piece) {
        pen.fillStyle = paint[piece.kind];
        for (const cell of piece.cells) pen.fillRect(...this.square(cell, width, piece.raised));
      }
      pen.globalAlpha = 0.6;
      pen.strokeStyle = this.ink;
      pen.lineWidth = 1.5;
      pen.beginPath();
      pen.moveTo(this.left - 1, this.floor - height * this.size);
      pen.lineTo(this.left - 1, this.floor + 1);
      pen.lineTo(this.left + width * this.size + 1, this.floor + 1);
      pen.lineTo(this.left + width * this.size + 1, this.floor - height * this.size);
      pen.stroke();
    }
  }

  /** Arrows go move by move; a button takes one step; speed counts moves a second. */
  class MoveBar extends PlayBar {
    constructor(owner, count) {
      super(owner, count);
      this.scrub.setAttribute("aria-label", "Move");
      this.speed.innerHTML = [1, 2, 5, 20].map((rate) => `<option value="${rate}">${rate}/s</option>`).join("");
      this.speed.setAttribute("aria-label", "Moves a second");
      const next = button("Step", "rg-step");
      next.onclick = () => this.move(owner, 1);
      this.restart.before(next);
    }

    move(owner, by) {
      owner.pause();
      owner.seekTime((by > 0 ? Math.floor(owner.t) : Math.ceil(owner.t)) + by);
    }

    step(event, owner) {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (event.key === " ") owner.toggle();
      else if (by) this.move(owner, by);
      else return;
      event.preventDefault();
    }

    show(owner) {
      super.show(owner);
      const made = Math.floor(owner.t);
      this.scrub.setAttribute("aria-valuetext", `move ${made} of ${this.duration}`);
      this.time.textContent = `${made}/${this.duration}`;
    }
  }

  class TetrisBoard extends HTMLElement {
    player = Object.assign(new Player(this), { speed: 2 }); // moves a second

    connectedCallback() {
      whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.player.leave();
    }

    build() {
      this.recording ||= decode(JSON.parse(this.querySelector('script[type="application/json"]').textContent));
      this.player.furnish(this, new MoveBar(this, this.duration), (canvas, stage) => this.makeView(canvas, stage));
    }

    /** The board, and beside it the table of what the player sees. */
    makeView(canvas, stage) {
      stage.style.aspectRatio = `${this.recording.width + 1} / ${this.recording.rows + 0.5}`;
      const list = Object.assign(document.createElement("table"), { className: "rg-seen" });
      list.innerHTML = "<thead><tr><th>after the move</th><th>φ</th><th>w</th><th>w·φ</th></tr></thead>";
      const body = list.createTBody();
      this.cells = this.recording.names.map((name, k) => {
        const row = body.insertRow();
        row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: name }));
        const value = row.insertCell();
        row.insertCell().textContent = signed(this.recording.weights[k], 1);
        return { value, share: row.insertCell() };
      });
      const sum = list.createTFoot().insertRow();
      sum.append(Object.assign(document.createElement("th"), { scope: "row", textContent: "V, the sum" }));
      this.value = Object.assign(sum.insertCell(), { colSpan: 3 });
      stage.after(list);
      return new Painter(canvas);
    }

    get duration() {
      return this.recording.count;
    }

    /** Where the game is: moves made, and how far the next piece has come down. */
    get moment() {
      const game = this.recording, made = Math.min(Math.floor(this.t), game.count), part = this.t - made;
      if (made === game.count) return { made, seen: made - 1, board: game.boards[made], full: [] };
      const { kind, cells, drawn, full } = game.landed[made];
      if (part > 0.7) return { made, seen: made, kind, board: drawn, full };
      const top = Math.max(...cells.map((cell) => Math.floor(cell / game.width)));
      const raised = Math.max(0, (game.rows - 1 - top) * (1 - part / 0.6)), falling = raised > 0 || part === 0;
      return { made, seen: made, kind, board: game.boards[made], full: [], piece: { kind, cells, raised }, goal: falling && cells };
    }

    show() {
      const { made, seen, kind } = this.moment, game = this.recording, d = this.cells.length;
      Object.assign(this.dataset, { t: this.t, frame: made, lines: game.lines[made], playing: this.playing });
      this.bar?.show(this);
      this.cells.forEach(({ value, share }, k) => {
        const phi = game.seen[seen * d + k] / 2;
        value.textContent = String(phi).replace("-", "−");
        share.textContent = signed(game.weights[k] * phi, 0);
      });
      this.value.textContent = game.values[seen];
      if (this.started) {
        const what = made === game.count ? (game.over ? "game over" : "end of the recording") : `piece ${game.pieces[kind]}`;
        this.querySelector(".rg-told").textContent = `${what} · ${made} placed · ${game.lines[made]} lines`;
      }
      this.draw();
    }

    draw() {
      if (this.player.unveil(this.recording)) this.view.draw(this.moment, this.recording);
    }

    seek(frame) {
      this.pause();
      this.seekTime(frame);
    }
  }
  plays(TetrisBoard);
  customElements.define("tetris-board", TetrisBoard);
})();
