/* <grammar-sampler>: strings that generators wrote, parsed in the page; and the parse of a string that the reader types.

   Made by lecture_code/show/grammar_sampler.py; the twin of `parse` is lecture_code/data/arithmetic.py. The element tells data-arm, data-at, data-right (strings of
   the language) and data-different, and can be driven by set(knob, position) and type(text). */
(() => {
  "use strict";
  if (customElements.get("grammar-sampler")) return;
  const { controls, linked, whenReady } = window.RealityGap;
  const OPERATORS = "+-*/", BLANK = "·", SYMBOLS = `x${OPERATORS} `;

  /** The first mistake of a string: {at, why}, or {at: null} if it is in the language; `length` is the length of a whole string. */
  function parse(text, length) {
    let awaits = "operand";
    for (let at = 0; at < text.length; at++) {
      const letter = text[at];
      if (!SYMBOLS.includes(letter)) return { at, why: "this character is not in the alphabet" };
      if (awaits === "operand") {
        if (letter !== "x") return { at, why: at ? "after an operator there must be an x" : "a string begins with x" };
        awaits = "operator";
      } else if (awaits === "operator") {
        if (letter === "x") return { at, why: "after an x there must be an operator, or the end" };
        awaits = letter === " " ? "end" : "operand";
      } else if (letter !== " ") return { at, why: "after a blank there are only blanks" };
    }
    return awaits === "operand" ? { at: text.length, why: text ? "the last operator has no x behind it" : "a string has at least one x" } : { at: null };
  }

  const shown = (text) => text.replaceAll(" ", BLANK);
  const made = (tag, textContent) => Object.assign(document.createElement(tag), { textContent });

  /** A string with its sign, the first mistake marked, and what stands behind it struck out. */
  function marked(text, { at }) {
    const code = document.createElement("code"), sign = Object.assign(made("span", at === null ? "✓" : "✗"), { className: "rg-sign" });
    if (at === null) code.append(shown(text));
    else code.append(shown(text.slice(0, at)), made("mark", at < text.length ? shown(text[at]) : " "), made("s", shown(text.slice(at + 1))));
    return [sign, code];
  }

  class GrammarSampler extends HTMLElement {
    connectedCallback() {
      whenReady(this, () => this.build());
    }

    build() {
      const source = this.querySelector('script[type="application/json"]'), find = (query) => this.querySelector(query);
      if (!source || this.setup) return;
      this.setup = JSON.parse(source.textContent);
      Object.assign(this, { status: find(".rg-status"), list: find(".rg-strings"), typed: find(".rg-typed input"), told: find(".rg-typed output") });
      const all = controls(this, () => this.show());
      for (const control of all) control.disabled = false;
      this.knobs = Object.fromEntries(all.map((control) => [control.data.knob, control]));
      this.typed.disabled = false;
      this.typed.addEventListener("input", () => this.read());
      this.show();
      this.read();
      linked(this, find(".rg-link"));
      this.dataset.ready = "true";
    }

    /** The first mistake of a string; for the tests too. */
    parse(text) {
      return parse(text, this.setup.length);
    }

    set(knob, position) {
      this.knobs[knob].position = position;
      this.show();
    }

    /** The strings that are shown. */
    get strings() {
      const { arm, at } = this.knobs, { arms, length } = this.setup, text = arms[arm.position].samples[at.position];
      return Array.from({ length: text.length / length }, (_, n) => text.slice(n * length, (n + 1) * length));
    }

    show() {
      const { arm, at } = this.knobs, strings = this.strings, parses = strings.map((text) => this.parse(text));
      const right = strings.filter((_, n) => parses[n].at === null), different = new Set(right).size;
      this.list.replaceChildren(
        ...strings.map((text, n) => {
          const line = document.createElement("li");
          line.append(...marked(text, parses[n]));
          return line;
        }),
      );
      Object.assign(this.dataset, { arm: arm.position, at: at.position, right: right.length, different });
      this.status.textContent = `${right.length} of ${strings.length} strings are in the language${right.length > 1 ? `, ${different === 1 ? "and all of them are the same" : `and ${different} of them are different`}` : ""}.`;
    }

    /** Type a text for the reader. */
    type(text) {
      this.typed.value = text;
      this.read();
    }

    read() {
      const text = this.typed.value, found = this.parse(text), words = found.at === null ? "in the language" : found.why;
      this.told.replaceChildren(...marked(text, found), ` ${words[0].toUpperCase()}${words.slice(1)}.`);
      this.told.dataset.at = found.at ?? "";
    }

    // ---- link ----

    linkState() {
      return Object.fromEntries(Object.entries(this.knobs).map(([name, { position }]) => [name, position]));
    }

    restore(state) {
      const known = Object.entries(state).every(([name, at]) => this.knobs[name] && Number.isInteger(at) && at >= 0 && at < this.knobs[name].count);
      if (!known) return;
      for (const [name, at] of Object.entries(state)) this.knobs[name].position = at;
      this.show();
    }
  }
  customElements.define("grammar-sampler", GrammarSampler);
})();
