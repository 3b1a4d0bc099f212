/* <robot-hero>: the same policy in two worlds, one seen at a time; it plays at once and again from the beginning.

   It holds one <robot-replay> a world and a row of buttons. Where motion is unwelcome (prefers-reduced-motion) nothing moves until the reader
   presses Play; out of view it rests. Without JavaScript the posters of both worlds are there. */
(() => {
  "use strict";
  if (customElements.get("robot-hero")) return;
  const RealityGap = window.RealityGap, REST = 1200; // [ms] at the end, before it begins again

  class RobotHero extends HTMLElement {
    connectedCallback() {
      RealityGap.whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.seen?.disconnect();
      clearTimeout(this.again);
    }

    build() {
      this.replays = [...this.querySelectorAll("robot-replay")];
      if (!this.button) {
        this.button = RealityGap.button("Play", "rg-play");
        this.button.onclick = () => this.toggle();
        [this.choice] = RealityGap.controls(this, (control) => this.show(control.position));
        this.choice.box.append(this.button);
        for (const replay of this.replays) {
          replay.addEventListener("ended", () => this.rest(replay));
          replay.querySelector(".rg-stage").addEventListener("click", () => this.label());
        }
      }
      this.wanted = !matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.seen = new IntersectionObserver(([entry]) => (entry.isIntersecting ? this.wanted && this.chosen.play() : this.chosen.pause()) || this.label());
      this.show(this.choice.position);
      this.seen.observe(this);
      this.dataset.ready = "true";
    }

    get chosen() {
      return this.replays[this.choice.position];
    }

    show(at) {
      clearTimeout(this.again);
      this.replays.forEach((replay, index) => {
        replay.pause();
        replay.hidden = index !== at;
      });
      this.dataset.world = at;
      if (this.chosen.started || this.wanted) this.chosen.seekTime(0);
      if (this.wanted) this.chosen.play();
      this.label();
    }

    toggle() {
      clearTimeout(this.again);
      this.wanted = !this.chosen.playing;
      this.chosen.toggle();
      this.label();
    }

    /** After the end: a moment to look, then from the beginning. */
    rest(replay) {
      if (replay === this.chosen && this.wanted) this.again = setTimeout(() => this.wanted && this.chosen.play(), REST);
    }

    label() {
      RealityGap.face(this.button, this.wanted ? "Pause" : "Play", true);
    }
  }
  customElements.define("robot-hero", RobotHero);
})();
