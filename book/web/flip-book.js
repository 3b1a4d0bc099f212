/* <flip-book>: a grid of frames drawn beforehand and the sliders that turn its pages.

   The first frame is in the page; the others wait in <template data-key="0,3">, the key being the position of each slider. What a replay was
   doing (playing, time, speed) goes on in the replay of the next frame. The element tells its place in data-key. */
(() => {
  "use strict";
  if (customElements.get("flip-book")) return;
  const RealityGap = (window.RealityGap ||= {});

  const PLAYERS = "robot-replay, tetris-board";

  /** Put `next` in the place of what `stage` shows; replays carry on. */
  RealityGap.turn = (stage, ...next) => {
    const states = [...stage.querySelectorAll(PLAYERS)].map((replay) => replay.state);
    stage.replaceChildren(...next);
    stage.querySelectorAll(PLAYERS).forEach((replay, index) => states[index] && (replay.state = states[index]));
  };

  class FlipBook extends HTMLElement {
    connectedCallback() {
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.build(), { once: true });
      else this.build();
    }

    build() {
      if (this.ranges) return;
      this.stage = this.querySelector(".rg-frame");
      this.ranges = [...this.querySelectorAll(".rg-slider input")];
      this.start = this.ranges.map((range) => range.defaultValue);
      this.ranges.forEach((range, index) => (range.value = this.start[index])); // a reload may bring old positions back
      this.frames = new Map([[this.key, [...this.stage.childNodes]]]);
      for (const range of this.ranges) {
        range.disabled = false;
        range.addEventListener("input", () => this.turn(range));
        this.label(range);
      }
      this.dataset.key = this.key;
      this.dataset.ready = "true";
    }

    get key() {
      return this.ranges.map((range) => range.value).join();
    }

    turn(moved) {
      if ("oneAtATime" in this.dataset)
        this.ranges.forEach((range, index) => {
          if (range !== moved) range.value = this.start[index];
        });
      this.ranges.forEach((range) => this.label(range));
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

    label(range) {
      const text = JSON.parse(range.dataset.texts)[range.value];
      range.setAttribute("aria-valuetext", text);
      range.style.setProperty("--rg-fill", `${(100 * range.value) / range.max}%`);
      const output = range.closest(".rg-slider").querySelector("output");
      if (output.textContent !== text) output.textContent = text;
    }
  }
  customElements.define("flip-book", FlipBook);
})();
