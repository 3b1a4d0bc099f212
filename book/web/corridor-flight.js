/* <corridor-flight>: fly through corridors by what a network says of each picture; everything is computed here, in the page.

   Made by lecture_code/show/corridor_flight.py. World and network are raycaster.js, the robot is corridor-robot.js, the drawing corridor-views.js; the
   clock and the bar of buttons are those of <robot-replay>. Nothing is computed before the element is seen.

   The element tells where it is in data-x, data-y, data-heading, data-metres, data-crashed, data-aim and data-playing, and can be driven by step(),
   place({ x, y, heading }), set(knob, position), aimFor(x, y), reset(), play() and pause(). */
(() => {
  "use strict";
  if (customElements.get("corridor-flight")) return;
  const { BarsView, Flight, MapView, Player, PlayBar, button, controls, corridor, face, plays, whenReady } = window.RealityGap;
  const { AIMS, HEIGHT, WIDTH, touches } = corridor;
  const SPARE = 8; // [ms] of a frame for roll-outs
  const LOOKS = 60; // "Another look" begins anew after so many
  const HINT = "Drag the robot, or turn it by its ring. A click on the map sets a goal.";

  class FlightBar extends PlayBar {
    constructor(owner) {
      super(owner, 0);
      const step = (this.once = Object.assign(button("Step", "rg-icon"), { title: "Step" }));
      step.onclick = () => owner.step();
      face(this.restart, "Reset").title = "Reset";
      this.restart.onclick = () => owner.reset();
      this.speed.innerHTML = [0.5, 1, 2, 4].map((times) => `<option value="${times}">${times}×</option>`).join("");
      this.box.classList.add("rg-live");
      this.box.replaceChildren(...[this.playing, step, this.restart, this.time, this.speed, this.link].filter(Boolean));
    }

    show({ playing, speed, flight }) {
      this.time.textContent = `${flight.flown.toFixed(1)} m`;
      this.speed.value = speed;
      const label = playing ? "Pause" : "Fly";
      if (this.playing.getAttribute("aria-label") !== label) face(this.playing, label, true);
      for (const made of [this.playing, this.once]) made.setAttribute("aria-disabled", flight.crashed);
    }
  }

  class CorridorFlight extends HTMLElement {
    #working = 0;
    player = new Player(this);

    connectedCallback() {
      whenReady(this, () => this.build());
    }

    build() {
      const source = this.querySelector('script[type="application/json"]'), find = (query) => this.querySelector(query);
      if (!source) return;
      this.controls = controls(this, (control) => this.set(control.data.knob, control.position));
      const positions = Object.fromEntries(this.controls.map(({ data, position }) => [data.knob, position]));
      this.flight ||= new Flight(JSON.parse(source.textContent), { map: 0, ...positions, look: 0, fan: 0 });
      for (const control of this.controls) control.position = this.flight.values[control.data.knob]; // it may have been moved in the page
      Object.assign(this, { told: find(".rg-told"), status: find(".rg-status"), fanned: find("[data-knob=fan]"), bars: new BarsView(find(".rg-bars")) });
      Object.assign(this.fanned, { checked: this.flight.values.fan === 1, disabled: false, oninput: () => this.set("fan", +this.fanned.checked) });
      Object.assign(find(".rg-another"), { disabled: false, onclick: () => this.set("look", (this.flight.values.look + 1) % LOOKS) });
      find(".rg-room")?.remove();
      this.makeScreen(find(".rg-view"));
      this.player.furnish(this, new FlightBar(this), (canvas) => new MapView(canvas));
      this.connect();
      this.seen = new IntersectionObserver(([entry]) => (entry.isIntersecting ? this.wake() : this.pause()));
      this.seen.observe(this);
    }

    disconnectedCallback() {
      this.player.leave();
      this.seen?.disconnect();
      cancelAnimationFrame(this.#working);
      this.#working = 0;
    }

    /** Where the picture that the robot sees is shown. */
    makeScreen(box) {
      if (this.screen) return;
      const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "The picture that the robot sees");
      box.append(canvas);
      this.screen = canvas.getContext("2d");
      this.pixels = this.screen.createImageData(WIDTH, HEIGHT);
    }

    /** From here on the reader sees what is computed, and not the still picture. */
    wake() {
      if (this.started) return;
      this.started = true;
      this.dataset.started = "true";
      this.show();
    }

    // ---- flight ----

    /** Put the robot at {x, y, heading}: a new flight. */
    place(pose) {
      this.pause();
      this.flight.place(pose);
      this.renew();
    }

    /** Back to where this flight began; and from there to where the map has its start. */
    reset() {
      this.pause();
      const { flight } = this, [[x, y]] = flight.trail;
      if (flight.flown) flight.place({ x, y, heading: flight.began });
      else flight.home();
      this.renew();
    }

    renew() {
      this.wake();
      this.show();
    }

    /** One control step, at once. */
    step() {
      this.pause();
      this.flight.step();
      this.renew();
    }

    /** A crashed robot does not fly. */
    play() {
      if (!this.flight.crashed) this.player.play();
    }

    rewind() {
      this.wake();
    }

    advance(seconds) {
      return this.flight.advance(seconds);
    }

    get duration() {
      return Infinity;
    }

    // ---- controls ----

    /** Put a control at a position: "map", "policy", "family", "horizon", "beta", or "look" and "fan". */
    set(knob, position) {
      this.flight.hold();
      this.flight.values[knob] = position;
      if (knob !== "map") return this.renew();
      this.pause();
      this.flight.enter();
      this.renew();
    }

    aimFor(x, y) {
      this.flight.hold();
      this.flight.goal = { x, y };
      this.renew();
    }

    linkState() {
      const { values, shown, goal } = this.flight;
      return { ...values, ...shown, ...(goal && { gx: goal.x, gy: goal.y }) };
    }

    restore(state) {
      const { x, y, heading, gx, gy, look, fan } = state, fits = (at, count) => Number.isInteger(at) && at >= 0 && at < count;
      if (!this.controls.every(({ data, count }) => fits(state[data.knob], count)) || !fits(look, LOOKS) || !fits(fan, 2)) return;
      const { world } = this.flight.setup.maps[state.map || 0];
      if (!Number.isFinite(heading) || !this.free(world, x, y)) return;
      for (const control of this.controls) this.flight.values[control.data.knob] = control.position = state[control.data.knob];
      Object.assign(this.flight.values, { look, fan });
      this.fanned.checked = fan === 1;
      this.flight.goal = Number.isFinite(gx) && Number.isFinite(gy) ? { x: gx, y: gy } : null;
      this.place({ x, y, heading });
    }

    /** Whether the robot can be there. */
    free(world, x, y) {
      const { rows, columns, cell } = world;
      return x > 0 && y > 0 && x < columns * cell && y < rows * cell && !touches(world, x, y);
    }

    // ---- mouse, touch, keyboard ----

    connect() {
      const { stage } = this, spot = ({ clientX, clientY }) => {
        const { left, top } = stage.getBoundingClientRect();
        return [clientX - left, clientY - top];
      };
      const grip = (event) => this.view.grip(...spot(event), this.flight.shown);
      stage.tabIndex = 0;
      stage.setAttribute("role", "application");
      stage.setAttribute("aria-label", `${this.flight.setup.alt} Left and right turn the robot, up and down move it. Space flies and pauses, Enter takes one step, and G sets the goal where the robot is.`);
      stage.onclick = null;
      stage.addEventListener("touchstart", (event) => grip(event.touches[0]) && event.preventDefault(), { passive: false }); // else the page scrolls
      stage.onpointerdown = (event) => {
        this.wake();
        this.held = { grip: grip(event), from: spot(event) };
        if (!this.held.grip) return;
        this.pause();
        stage.setPointerCapture(event.pointerId);
      };
      stage.onpointermove = (event) => {
        stage.style.cursor = this.held?.grip ? "grabbing" : this.started && grip(event) ? "grab" : "";
        if (this.held?.grip) this.drag(this.held.grip, ...this.view.place(...spot(event)));
      };
      stage.onpointerup = (event) => {
        const [x, y] = spot(event), { grip: gripped, from } = this.held || {};
        this.held = null;
        if (from && !gripped && Math.hypot(x - from[0], y - from[1]) < 6) this.aimFor(...this.view.place(x, y));
      };
      stage.onpointercancel = () => (this.held = null);
      stage.onfocus = stage.onblur = () => this.draw();
      stage.onkeydown = (event) => this.key(event);
    }

    drag(grip, x, y) {
      const { shown, world } = this.flight;
      if (grip === "turn") this.place({ ...shown, heading: Math.atan2(y - shown.y, x - shown.x) });
      else if (this.free(world, x, y)) this.place({ ...shown, x, y });
    }

    key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const turn = { ArrowLeft: 5, ArrowRight: -5 }[event.key], ahead = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key], { x, y, heading } = this.flight.shown;
      if (turn) this.place({ x, y, heading: heading + (turn * (event.shiftKey ? 3 : 1) * Math.PI) / 180 });
      else if (ahead) this.drag("move", x + ahead * Math.cos(heading), y + ahead * Math.sin(heading));
      else if (event.key === " ") this.toggle();
      else if (event.key === "Enter") this.step();
      else if (event.key.toLowerCase() === "g") this.aimFor(x, y);
      else return;
      event.preventDefault();
    }

    // ---- drawing ----

    show() {
      const { pose, metres, crashed } = this.flight;
      Object.assign(this.dataset, { ...pose, metres, crashed, playing: this.playing });
      if (!this.status) return;
      this.status.setAttribute("aria-live", this.playing ? "off" : "polite"); // metres are not read out on the way
      this.bar?.show(this);
      this.draw();
    }

    draw() {
      if (!this.bars || !this.player.unveil(this.flight.world)) return;
      const { flight } = this, { goal, horizon, leg, look, shown: pose, values, world } = flight, { Q, image, distances } = flight.sensed;
      const aim = flight.choose(Q, pose), fan = values.fan ? flight.fan : null, grown = fan && !fan.left(horizon).length, exact = grown && fan.labels(horizon);
      const trail = leg ? [...flight.trail, [pose.x, pose.y]] : flight.trail, focused = this.stage.matches(":focus-visible");
      this.view.draw({ world, pose, look, distances, trail, goal, crashed: flight.crashed, fan: fan && { horizon, branches: fan.branches }, focused });
      this.paint(image);
      this.bars.draw({ Q, aim, look, exact, goal: flight.bearing(pose) });
      this.tell(Q, aim, exact);
      if (fan && !grown) this.#working ||= requestAnimationFrame(() => this.work());
    }

    /** The picture, pixel by pixel. */
    paint(image) {
      const { data } = this.pixels;
      for (let n = 0, to = 0; n < 3 * WIDTH * HEIGHT; data[to++] = 255) for (let k = 0; k < 3; k++) data[to++] = 255 * image[n++];
      this.screen.putImageData(this.pixels, 0, 0);
    }

    /** Roll-outs, in the time that a frame leaves. */
    work() {
      this.#working = 0;
      this.flight.grow(SPARE);
      this.draw();
    }

    /** The flight and the decision in words. */
    tell(Q, aim, exact) {
      const { arrived, beta, crashed, flown, goal } = this.flight, degrees = Math.round((AIMS[aim] * 180) / Math.PI), metres = `${flown.toFixed(1)} m`;
      const way = degrees ? `${Math.abs(degrees)}° to the ${degrees > 0 ? "left" : "right"}` : "straight ahead";
      const decision = Q ? `Aim ${aim + 1} of 15, ${way}: Q = ${Q[aim].toFixed(2)}` : "Straight ahead: this policy does not look";
      const waits = goal && !beta ? "With β = 0 the robot does not know its goal." : HINT;
      this.say(this.told, exact ? `${decision}, exact ${exact[aim].toFixed(2)}` : decision);
      if (Q && !this.playing) this.bars.canvas.setAttribute("aria-label", `Q of the aims, from left to right: ${[...Q].map((value) => value.toFixed(2)).join(", ")}`);
      const ended = crashed ? `Crashed after ${metres}. Drag the robot to another place, or reset.` : arrived && `Arrived after ${metres}, β = ${beta}.`;
      this.say(this.status, ended || (flown ? `${metres} flown.` : waits));
      this.dataset.aim = aim;
    }

    say(place, words) {
      if (place.textContent !== words) place.textContent = words;
    }
  }
  plays(CorridorFlight);
  customElements.define("corridor-flight", CorridorFlight);
})();
