/* What <robot-replay>, <tetris-board> and <mujoco-playground> have in common: a clock that plays, a canvas over a poster, and a bar of buttons.

   An element *has* a Player and tells it what is its own: `duration`, `show()` and `draw()`; `advance(seconds)` and `rewind()` where time is
   not that of a recording. `RealityGap.plays(Class)` gives the element the player's methods under the same names. */
(() => {
  "use strict";
  const RealityGap = window.RealityGap, { button, clamp, face } = RealityGap;
  if (RealityGap.Player) return;

  class Player {
    #request = 0;
    t = 0;
    speed = 1;
    playing = false;
    started = false; // false: the poster is what the reader sees

    constructor(host) {
      this.host = host;
    }

    /** Canvas and bar, and an eye on size and theme. */
    furnish(scene, bar, makeView) {
      this.scene = scene;
      if (!this.view) {
        const canvas = document.createElement("canvas");
        canvas.setAttribute("aria-hidden", "true"); // the stage carries the words
        canvas.hidden = true;
        this.stage = scene.querySelector(".rg-stage") || scene.appendChild(Object.assign(document.createElement("div"), { className: "rg-stage" }));
        this.stage.append(canvas);
        this.stage.onclick = () => this.host.toggle();
        this.view = makeView(canvas, this.stage);
      }
      this.bar?.box.remove();
      this.bar = bar;
      this.stage.after(bar.box);
      this.unwatch();
      this.resized = new ResizeObserver(() => this.host.draw());
      this.resized.observe(this.stage);
      this.themed = new MutationObserver(() => this.host.draw());
      for (const page of [document.documentElement, document.body]) this.themed.observe(page, { attributes: true });
      this.host.show();
      if (bar.link) RealityGap.linked(this.host, bar.link);
      this.host.dataset.ready = "true";
    }

    /** The element has left the page. */
    leave() {
      this.pause();
      this.unwatch();
    }

    unwatch() {
      this.resized?.disconnect();
      this.themed?.disconnect();
    }

    /** What a flip-book carries over from one element to the next. */
    get state() {
      return { t: this.t, speed: this.speed, playing: this.playing, started: this.started };
    }

    set state({ t, speed, playing, started }) {
      this.speed = speed;
      if (!started) return void this.host.show();
      this.host.seekTime(t);
      if (playing && t < this.host.duration && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.host.play();
    }

    linkState() {
      return { t: this.t, speed: this.speed };
    }

    restore({ t, speed }) {
      if (!(t >= 0)) return;
      this.pause();
      this.speed = speed > 0 ? speed : 1;
      this.host.seekTime(t);
    }

    play() {
      if (this.playing) return;
      this.host.rewind();
      this.playing = this.started = true;
      let before = performance.now();
      const tick = (now) => {
        this.playing = this.host.advance((clamp(now - before, 0, 100) / 1000) * this.speed);
        before = now;
        if (this.playing) this.#request = requestAnimationFrame(tick);
        this.host.show();
        if (!this.playing) this.host.dispatchEvent(new CustomEvent("ended"));
      };
      this.#request = requestAnimationFrame(tick);
      this.host.show();
    }

    pause() {
      cancelAnimationFrame(this.#request);
      if (!this.playing) return;
      this.playing = false;
      this.host.show();
    }

    toggle() {
      this.playing ? this.pause() : this.host.play();
    }

    /** At the end, playing begins anew. */
    rewind() {
      if (this.t >= this.host.duration) this.t = 0;
    }

    /** Go on by so many seconds; whether there is more to come. */
    advance(seconds) {
      this.t = Math.min(this.t + seconds, this.host.duration);
      return this.t < this.host.duration;
    }

    seekTime(t) {
      this.t = clamp(t, 0, this.host.duration);
      this.started = true;
      this.host.show();
    }

    /** The canvas in place of the poster once it has started; whether there is something to draw on. */
    unveil(bounds) {
      if (!this.view) return false;
      const poster = this.scene.querySelector(".rg-poster");
      this.view.canvas.hidden = !this.started;
      if (poster) poster.style.visibility = this.started ? "hidden" : "";
      return this.started && this.view.fit(bounds);
    }
  }
  RealityGap.Player = Player;

  /** Give the elements of a class the player's state and methods, but for those that the class has itself. */
  RealityGap.plays = (Class) => {
    const own = Class.prototype;
    for (const name of ["t", "speed", "playing", "started", "state"])
      if (!(name in own)) Object.defineProperty(own, name, { configurable: true, get() { return this.player[name]; }, set(value) { this.player[name] = value; } });
    for (const name of ["view", "bar", "stage"])
      if (!(name in own)) Object.defineProperty(own, name, { configurable: true, get() { return this.player[name]; } });
    for (const name of ["play", "pause", "toggle", "rewind", "advance", "seekTime", "linkState", "restore"])
      if (!(name in own)) own[name] = function (...given) { return this.player[name](...given); };
  };

  // ---- controls ----

  /** Play, restart, scrub and speed; tells its owner by toggle(), seekTime(t) and the property speed. */
  class PlayBar {
    constructor(owner, duration) {
      this.duration = duration;
      this.box = document.createElement("div");
      this.box.className = "rg-bar";
      this.playing = button("Play", "rg-primary rg-play");
      this.restart = button("Restart", "rg-restart");
      this.scrub = Object.assign(document.createElement("input"), { type: "range", min: 0, max: duration, step: "any", value: 0, className: "rg-range" });
      this.scrub.setAttribute("aria-label", "Time");
      this.time = Object.assign(document.createElement("span"), { className: "rg-time" });
      this.speed = Object.assign(document.createElement("select"), { className: "rg-speed" });
      this.speed.setAttribute("aria-label", "Speed");
      this.speed.innerHTML = [0.1, 0.25, 0.5, 1, 2].map((times) => `<option value="${times}"${times === 1 ? " selected" : ""}>${times}×</option>`).join("");
      this.box.append(this.playing, this.restart, this.scrub, this.time, this.speed);
      this.playing.onclick = () => owner.toggle();
      this.restart.onclick = () => owner.seekTime(0);
      this.scrub.oninput = () => owner.seekTime(+this.scrub.value);
      this.scrub.onkeydown = (event) => this.step(event, owner);
      if (owner.dataset.link && !owner.closest("flip-book")) this.box.append((this.link = Object.assign(button("Copy link", "rg-icon rg-link"), { title: "Copy link" })));
      this.speed.onchange = () => (owner.speed = +this.speed.value);
    }

    /** On the scrub range, space plays and the arrows move a fiftieth of the whole; Home and End are the browser's. */
    step(event, owner) {
      const move = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 }[event.key];
      if (event.key === " ") owner.toggle();
      else if (move) owner.seekTime(clamp(+this.scrub.value + (move * this.duration) / 50, 0, this.duration));
      else return;
      event.preventDefault();
    }

    show({ t, playing, speed }) {
      this.scrub.value = t;
      this.scrub.style.setProperty("--rg-fill", `${(100 * t) / (this.duration || 1)}%`);
      this.scrub.setAttribute("aria-valuetext", `${t.toFixed(2)} seconds`);
      this.time.textContent = `${t.toFixed(2)} s`;
      this.speed.value = speed;
      const label = playing ? "Pause" : "Play";
      if (this.playing.getAttribute("aria-label") !== label) face(this.playing, label, true);
    }
  }
  RealityGap.PlayBar = PlayBar;
})();
