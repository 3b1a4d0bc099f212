/* <robot-hero>: the same policy in the simulator and on a "real" robot, side by side; both play at once and again from the beginning.

   It holds a <robot-replay> of the simulator, one in a .rg-world for each "real" robot, and a row of buttons that choose among these. One clock
   moves the two that are seen; a recording that is over waits for the other. Where motion is unwelcome (prefers-reduced-motion) nothing moves
   until the reader presses Play; out of view it rests. Without JavaScript the posters of all worlds are there. It tells where it is in data-t,
   data-world and data-playing. */
(() => {
  "use strict";
  if (customElements.get("robot-hero")) return;
  const RealityGap = window.RealityGap, REST = 1.2; // [s] at the end, before it begins again

  class RobotHero extends HTMLElement {
    t = 0; // [s]
    playing = false;
    started = false; // false: the posters are what the reader sees

    connectedCallback() {
      RealityGap.whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.seen?.disconnect();
      this.pause();
    }

    build() {
      this.worlds = [...this.querySelectorAll(".rg-world")];
      if (!this.button) this.furnish();
      this.wanted = !matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.choose(this.choice.position);
      this.seen = new IntersectionObserver(([entry]) => (entry.isIntersecting && this.wanted ? this.play() : this.pause()));
      this.seen.observe(this);
      this.dataset.ready = "true";
    }

    /** The buttons, and clicks on the pictures: they are those of the pair, not of one picture. */
    furnish() {
      this.button = RealityGap.button("Play", "rg-play");
      this.button.onclick = () => this.toggle();
      [this.choice] = RealityGap.controls(this, (control) => this.choose(control.position));
      this.choice.box.append(this.button);
      const replays = [...this.querySelectorAll("robot-replay")], high = Math.max(...replays.map((replay) => replay.recording.high));
      for (const replay of replays) {
        replay.toggle = () => this.toggle();
        replay.recording.high = high; // one scale, so that all robots are of one size
      }
    }

    /** The two replays that are seen. */
    get pair() {
      return [this, this.worlds[this.choice.position]].map((part) => part.querySelector("robot-replay"));
    }

    get duration() {
      return Math.max(...this.pair.map((replay) => replay.duration));
    }

    /** Show another "real" robot, both from the beginning. */
    choose(at) {
      this.worlds.forEach((world, index) => (world.hidden = index !== at));
      this.dataset.world = at;
      if (this.started || this.wanted) this.seek(0);
      if (this.wanted) this.play();
      this.tell();
    }

    toggle() {
      this.wanted = !this.playing;
      this.wanted ? this.play() : this.pause();
    }

    play() {
      if (this.playing) return;
      this.playing = true;
      let before = performance.now();
      const tick = (now) => {
        const t = this.t + Math.min(Math.max(now - before, 0), 100) / 1000;
        before = now;
        this.seek(t > this.duration + REST ? 0 : t);
        this.request = requestAnimationFrame(tick);
      };
      this.request = requestAnimationFrame(tick);
      this.tell();
    }

    pause() {
      cancelAnimationFrame(this.request);
      this.playing = false;
      this.tell();
    }

    /** Both replays at the same time [s]. */
    seek(t) {
      this.t = t;
      this.started = true;
      for (const replay of this.pair) replay.seekTime(t);
      this.dataset.t = t;
    }

    tell() {
      this.dataset.playing = this.playing;
      RealityGap.face(this.button, this.playing ? "Pause" : "Play", true);
    }
  }
  customElements.define("robot-hero", RobotHero);
})();
