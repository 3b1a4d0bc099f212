/* <predict-then-reveal>: asks first, and opens what it holds once the reader has committed to an answer.

   The answer is remembered in this browser only (where storage is allowed: from a file it may not be). The veil, one line in the place of
   the answer, is drawn by elements.css from data-guess; here the same contents are made inert, so that nobody gets ahead. */
(() => {
  "use strict";
  if (customElements.get("predict-then-reveal")) return;
  let count = 0;

  const { memory, whenReady } = window.RealityGap;

  class PredictThenReveal extends HTMLElement {
    connectedCallback() {
      whenReady(this, () => this.build());
    }

    build() {
      if (this.options) return;
      this.options = [...this.querySelectorAll(":scope > .rg-question .rg-option input")];
      this.button = this.querySelector(".rg-commit");
      this.verdict = this.querySelector(".rg-verdict");
      this.behind = this.querySelector(":scope > .rg-behind");
      this.storageKey = `rg-predict-${this.dataset.key}`;
      const name = `rg-predict-${++count}`; // two copies on one page stay apart
      for (const option of this.options) {
        option.name = name;
        option.checked = false;
        option.onchange = () => (this.button.disabled = false);
      }
      this.button.onclick = () => (this.dataset.guess ? this.open() : this.commit());
      const before = memory.get(this.storageKey);
      const remembered = before === null || before === undefined || before === "" ? null : this.options[before];
      if (remembered) {
        remembered.checked = true;
        this.commit();
      } else this.open();
      this.dataset.ready = "true";
    }

    get chosen() {
      return this.options.findIndex((option) => option.checked);
    }

    /** The folded sections that tell more of the answer: those below, in the same section under an h2. */
    get folds() {
      const section = this.hasAttribute("data-folds") && this.closest("section:has(> h2)");
      const below = (fold) => this.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_FOLLOWING;
      return section ? [...section.querySelectorAll("details.rg-further")].filter(below) : [];
    }

    /** The other questions for whose answers a folded section waits. */
    others(fold) {
      const questions = [...this.closest("section:has(> h2)").querySelectorAll("predict-then-reveal[data-folds]")];
      return questions.filter((question) => question !== this && question.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_FOLLOWING);
    }

    commit() {
      const right = this.chosen === +this.dataset.answer;
      this.dataset.guess = right ? "right" : "wrong";
      memory.set(this.storageKey, this.chosen);
      this.settle(true);
      this.verdict.textContent = right ? "Yes, as you said." : this.dataset.wrong;
    }

    /** Ask again, and forget the last answer. */
    open() {
      delete this.dataset.guess;
      memory.set(this.storageKey, null);
      this.settle(false);
      this.verdict.textContent = "";
    }

    settle(committed) {
      for (const option of this.options) option.disabled = committed;
      this.button.textContent = committed ? "Change my answer" : this.dataset.commit;
      this.button.classList.toggle("rg-primary", !committed);
      this.button.disabled = !committed && this.chosen < 0;
      if (this.behind) this.behind.inert = !committed;
      for (const fold of this.folds) {
        const waits = !committed || this.others(fold).some((question) => !question.dataset.guess);
        fold.inert = waits;
        fold.toggleAttribute("data-waits", waits);
        if (waits) fold.open = false;
      }
      this.querySelectorAll(".rg-feedback").forEach((text, index) => text.toggleAttribute("data-chosen", committed && index === this.chosen));
    }
  }
  customElements.define("predict-then-reveal", PredictThenReveal);
})();
