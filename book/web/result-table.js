/* <result-table>: a table that is sorted by the heads of its columns.

   The head of every column becomes a button: the first press puts the best value on top (the largest, where no value is best), the second
   turns the order round, the third brings the rows back as they were written. Without this script the table is just a table. */
(() => {
  "use strict";
  if (customElements.get("result-table")) return;

  class ResultTable extends HTMLElement {
    connectedCallback() {
      window.RealityGap.whenReady(this, () => this.build());
    }

    disconnectedCallback() {
      this.resized?.disconnect();
    }

    build() {
      this.box = this.querySelector(".rg-table-box");
      if (!this.box) return;
      this.resized = new ResizeObserver(() => this.reach());
      this.resized.observe(this.box);
      if (this.written) return;
      this.body = this.querySelector("tbody");
      this.written = [...this.body.rows];
      this.heads = [...this.querySelectorAll("thead th")];
      for (const head of this.heads) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "rg-sort";
        button.append(...head.childNodes);
        button.onclick = () => this.sort(head);
        head.append(button);
      }
      this.dataset.ready = "true";
    }

    /** The keyboard reaches a table that is wider than its box. */
    reach() {
      const wide = this.box.scrollWidth > this.box.clientWidth + 1;
      if (!wide) return ["tabindex", "role", "aria-label"].forEach((name) => this.box.removeAttribute(name));
      this.box.tabIndex = 0;
      this.box.setAttribute("role", "region");
      this.box.setAttribute("aria-label", this.querySelector("caption")?.textContent || "Table");
    }

    sort(head) {
      const falls = head.classList.contains("rg-number") && head.dataset.best !== "low";
      const orders = falls ? ["descending", "ascending", null] : ["ascending", "descending", null];
      const order = orders[(orders.indexOf(head.getAttribute("aria-sort") ?? null) + 1) % 3];
      for (const other of this.heads) other.removeAttribute("aria-sort");
      if (order) head.setAttribute("aria-sort", order);
      const sign = order === "descending" ? -1 : 1, at = head.cellIndex;
      this.body.append(...(order ? [...this.written].sort((a, b) => compare(a.cells[at], b.cells[at], sign)) : this.written));
    }
  }

  /** Numbers by value, words by the alphabet; words and gaps in a column of numbers stand last. */
  function compare(a, b, sign) {
    const [x, y] = [a, b].map((cell) => ("value" in cell.dataset ? +cell.dataset.value : null));
    if (x !== null && y !== null) return sign * (x - y);
    if (x !== null || y !== null) return x === null ? 1 : -1;
    return sign * a.textContent.localeCompare(b.textContent, undefined, { numeric: true });
  }

  customElements.define("result-table", ResultTable);
})();
