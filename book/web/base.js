/* What several elements and the page itself need: window.RealityGap.

   whenReady, memory, numbers, a canvas to paint on, controls (sliders and buttons), icons and buttons, and the link that restores the state of an element. */
(() => {
  "use strict";
  const RealityGap = (window.RealityGap ||= {});
  if (RealityGap.whenReady) return;

  /** Call `build` once the element's content has been read, unless it has left the page by then. */
  RealityGap.whenReady = (element, build) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => element.isConnected && build(), { once: true });
    else build();
  };

  // ---- what is remembered, in this browser only; where storage is refused (private windows, some files) nothing is ----

  RealityGap.memory = {
    get(key) {
      try { return localStorage.getItem(key); } catch { return null; }
    },
    set(key, value) {
      try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* it is only a convenience */ }
    },
    keys(start) {
      try { return Object.keys(localStorage).filter((key) => key.startsWith(start)); } catch { return []; }
    },
  };

  // ---- numbers ----

  RealityGap.clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  /** With a true minus sign. */
  RealityGap.signed = (value, digits) => value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  /** A column of numbers that was packed as base64. */
  RealityGap.unpack = (text, Kind) => new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  /** n numbers from 0 to below 1, by the generator mulberry32. */
  RealityGap.uniforms = (seed, n) => {
    const found = new Float64Array(n);
    let state = seed | 0;
    for (let i = 0; i < n; i++) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      found[i] = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }
    return found;
  };

  // ---- canvas ----

  /** Match a canvas to its box and the screen's pixels: {pen, width, height} in CSS pixels, or nothing while it has no size. */
  RealityGap.fitCanvas = (canvas) => {
    const { clientWidth: width, clientHeight: height } = canvas, ratio = window.devicePixelRatio || 1;
    if (!width || !height) return null;
    const wide = Math.round(width * ratio), high = Math.round(height * ratio);
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { pen, width, height };
  };

  /** A canvas with the colours and the font of the page. */
  class Painting {
    constructor(canvas) {
      this.canvas = canvas;
    }

    /** The colours of the page, which may have changed. */
    fitted() {
      const box = RealityGap.fitCanvas(this.canvas);
      if (!box) return false;
      Object.assign(this, box);
      const style = getComputedStyle(this.canvas), own = (name) => style.getPropertyValue(`--rg-${name}`).trim();
      Object.assign(this, { ink: style.color, paper: own("paper"), accent: own("accent"), right: own("right"), wrong: own("wrong"), font: style.fontFamily });
      return true;
    }

    line(points, look, alpha = 1) {
      const pen = this.pen;
      Object.assign(pen, { globalAlpha: alpha, lineJoin: "round", lineCap: "round", ...look });
      pen.beginPath();
      points.forEach(([x, y], n) => pen[n ? "lineTo" : "moveTo"](x, y));
      pen.stroke();
      pen.globalAlpha = 1;
    }

    dot([x, y], radius, fill, stroke, width = 2) {
      const pen = this.pen;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      if (fill) Object.assign(pen, { fillStyle: fill }).fill();
      if (stroke) Object.assign(pen, { strokeStyle: stroke, lineWidth: width }).stroke();
    }

    cross([x, y], size, colour, width = 2) {
      for (const side of [1, -1]) this.line([[x - size, y - side * size], [x + size, y + side * size]], { strokeStyle: colour, lineWidth: width });
    }
  }
  RealityGap.Painting = Painting;

  /** Call `draw` whenever a canvas changes its size, or the page its colours; returns a function that ends this. */
  RealityGap.watched = (canvases, draw) => {
    const resized = new ResizeObserver(draw), themed = new MutationObserver(draw);
    for (const canvas of canvases) resized.observe(canvas);
    for (const page of [document.documentElement, document.body]) themed.observe(page, { attributes: true });
    return () => {
      resized.disconnect();
      themed.disconnect();
    };
  };

  // ---- buttons with icons ----

  RealityGap.ICONS = {
    Play: "M2 1l9 5-9 5z", Fly: "M2 1l9 5-9 5z", Pause: "M2 1h3v10H2zM7 1h3v10H7z", Step: "M2 1l6 5-6 5zM9 1h2v10H9z",
    Restart: "M6 2V0L2.5 3 6 6V4a3 3 0 1 1-3 3H1a5 5 0 1 0 5-5z", Reset: "M6 2V0L2.5 3 6 6V4a3 3 0 1 1-3 3H1a5 5 0 1 0 5-5z",
    "Another start": "M1 1h10v10H1zM2.5 2.5v7h7v-7zM3.4 3.4h1.7v1.7H3.4zM6.9 6.9h1.7v1.7H6.9z",
    "Copy link": "M5 8.5l-1 1a1.4 1.4 0 0 1-2-2l2-2a1.4 1.4 0 0 1 2 0l.7-.7a2.4 2.4 0 0 0-3.4 0l-2 2a2.4 2.4 0 0 0 3.4 3.4l1-1zM7 3.5l1-1a1.4 1.4 0 0 1 2 2l-2 2a1.4 1.4 0 0 1-2 0l-.7.7a2.4 2.4 0 0 0 3.4 0l2-2a2.4 2.4 0 0 0-3.4-3.4l-1 1z",
  };

  /** Give a button the icon and the name `label`; `worded` shows the name as well. */
  RealityGap.face = (made, label, worded) => {
    made.innerHTML = `<svg viewBox="0 0 12 12" aria-hidden="true"><path d="${RealityGap.ICONS[label]}"/></svg>${worded ? label : ""}`;
    made.setAttribute("aria-label", label);
    return made;
  };

  /** A button with an icon and a name; `rg-play` shows the name as well. */
  RealityGap.button = (label, className) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: `rg-button ${className}` });
    return RealityGap.face(made, label, className.includes("rg-play"));
  };

  // ---- controls: sliders, rows of buttons and menus that count positions ----

  class Control {
    /** `box` is a .rg-slider, a .rg-choice or a select; `turned` is called with the control when the reader moves it. */
    constructor(box, turned) {
      this.box = box;
      this.range = box.querySelector("input[type=range]");
      this.buttons = [...box.querySelectorAll("input[type=radio]")];
      this.data = (this.range || box).dataset;
      const input = this.range || box;
      this.start = +(this.data.at ?? this.data.start ?? input.defaultValue);
      this.disabled = false;
      this.position = this.start; // a reload may bring old positions back
      for (const part of this.parts)
        part.addEventListener("input", () => {
          this.label();
          turned(this);
        });
    }

    get parts() {
      return this.buttons.length ? this.buttons : [this.range || this.box];
    }

    set disabled(off) {
      for (const part of this.parts) part.disabled = off;
    }

    get position() {
      return this.buttons.length ? this.buttons.findIndex((button) => button.checked) : +this.parts[0].value;
    }

    set position(at) {
      if (this.buttons.length) this.buttons.forEach((button, index) => (button.checked = index === at));
      else this.parts[0].value = at;
      this.label();
    }

    get count() {
      if (this.buttons.length) return this.buttons.length;
      return this.range ? +this.range.max + 1 : this.box.options.length;
    }

    /** What a slider says, and how far its track is filled. */
    label() {
      if (!this.range) return;
      const text = JSON.parse(this.data.texts)[this.range.value], output = this.box.querySelector("output");
      this.range.setAttribute("aria-valuetext", text);
      this.range.style.setProperty("--rg-fill", `${(100 * this.range.value) / this.range.max}%`);
      if (output.textContent !== text) output.textContent = text;
    }
  }
  RealityGap.controls = (root, turned) => [...root.querySelectorAll(".rg-slider, .rg-choice, select[data-knob]")].map((box) => new Control(box, turned));

  // ---- the link that restores a state: page#rg1=KEY:a=1,b=2 ----

  const VERSION = "rg1";

  /** The address of this page with the state {name: number} of the element of this key. */
  RealityGap.address = (key, state) => {
    const words = Object.entries(state).map(([name, value]) => `${encodeURIComponent(name)}=${+value.toFixed(4)}`);
    return `${location.href.split("#")[0]}#${VERSION}=${key}:${words.join(",")}`;
  };

  /** The state that the address of the page holds for this key, or nothing: what cannot be read is ignored. */
  RealityGap.readState = (key) => {
    const [, mine, words] = /^#rg1=([^:]+):(.*)$/.exec(location.hash) || [];
    if (!key || mine !== key) return null;
    const pairs = words.split(",").map((word) => word.split("="));
    try {
      const state = Object.fromEntries(pairs.map(([name, value]) => [decodeURIComponent(name), value === "" ? NaN : Number(value)]));
      return Object.values(state).every(Number.isFinite) ? state : null;
    } catch {
      return null;
    }
  };

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // not allowed here, or the page is a file: the old way, by a selection
      const box = Object.assign(document.createElement("textarea"), { value: text, className: "rg-unseen" });
      document.body.append(box);
      box.select();
      const done = document.execCommand("copy");
      box.remove();
      if (!done) history.replaceState(null, "", text); // at least the address bar has it
    }
  }

  /** Let `made` copy the link of `element`, which has data-link, linkState() and restore(state); and restore what the address holds. */
  RealityGap.linked = (element, made) => {
    const key = element.dataset.link;
    if (RealityGap.inNotebook || !key) return made?.remove(); // the address of a notebook is not the page's
    const words = made?.textContent;
    if (made) made.disabled = false;
    made?.addEventListener("click", async () => {
      await copy(RealityGap.address(key, element.linkState()));
      made.dataset.done = "true";
      made.setAttribute("aria-label", "Link copied");
      if (words) made.textContent = "Link copied";
      setTimeout(() => {
        delete made.dataset.done;
        made.setAttribute("aria-label", "Copy link");
        if (words) made.textContent = words;
      }, 2000);
    });
    const look = () => {
      const state = RealityGap.readState(key);
      if (!state) return;
      element.restore(state);
      (element.closest("predict-then-reveal") || element).scrollIntoView({ block: "center" });
    };
    window.addEventListener("hashchange", () => element.isConnected && look());
    look();
  };
})();
