/* <flip-book>: a grid of frames drawn beforehand and the controls that turn its pages.

   The first frame is in the page; the others wait in <template data-key="0,3">, the key being the position of each control. What a replay was
   doing (playing, time, speed) goes on in the replay of the next frame. The element tells its place in data-key. */
(() => {
  "use strict";
  if (customElements.get("flip-book")) return;
  const RealityGap = window.RealityGap;

  const PLAYERS = "robot-replay, tetris-board";

  /** Put `next` in the place of what `stage` shows; replays carry on. */
  RealityGap.turn = (stage, ...next) => {
    const states = [...stage.querySelectorAll(PLAYERS)].map((replay) => replay.state);
    stage.replaceChildren(...next);
    stage.querySelectorAll(PLAYERS).forEach((replay, index) => states[index] && (replay.state = states[index]));
  };

  class FlipBook extends HTMLElement {
    connectedCallback() {
      RealityGap.whenReady(this, () => this.build());
    }

    build() {
      if (this.controls) return;
      this.stage = this.querySelector(".rg-frame");
      this.controls = RealityGap.controls(this.querySelector(".rg-sliders"), (control) => this.turn(control));
      this.frames = new Map([[this.key, [...this.stage.childNodes]]]);
      this.dataset.key = this.key;
      const reset = this.querySelector(".rg-back");
      if (reset) Object.assign(reset, { disabled: false, onclick: () => this.go(this.controls.map((control) => control.start)) });
      RealityGap.linked(this, this.querySelector(".rg-link"));
      this.dataset.ready = "true";
    }

    get key() {
      return this.controls.map((control) => control.position).join();
    }

    turn(moved) {
      const alone = "oneAtATime" in this.dataset;
      this.go(this.controls.map((control) => (alone && control !== moved ? control.start : control.position)));
    }

    /** Show the frame of these positions. */
    go(positions) {
      this.controls.forEach((control, index) => (control.position = positions[index]));
      RealityGap.turn(this.stage, ...this.frame(this.key));
      this.dataset.key = this.key;
    }

    /** The nodes of a frame, made from its template the first time and kept. */
    frame(key) {
      if (!this.frames.has(key)) {
        const template = this.querySelector(`template[data-key="${key}"]`);
        this.frames.set(key, [...document.importNode(template.content, true).childNodes]);
      }
      return this.frames.get(key);
    }

    linkState() {
      return Object.fromEntries(this.controls.map((control, index) => [index, control.position]));
    }

    restore(state) {
      const positions = this.controls.map((control, index) => state[index]), key = positions.join();
      if (this.frames.has(key) || this.querySelector(`template[data-key="${CSS.escape(key)}"]`)) this.go(positions);
    }
  }
  customElements.define("flip-book", FlipBook);
})();
