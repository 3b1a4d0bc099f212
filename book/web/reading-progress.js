/* "Where was I?": which sections and pages a reader has seen, kept in this browser only; and <reading-progress>, one line that tells it.

   A section counts as read when its end has been on the screen. Everything is kept under keys that begin with rg-; where storage is refused,
   nothing is kept and nothing is said. */
(() => {
  "use strict";
  const { memory, whenReady } = window.RealityGap, KEY = "rg-reading";
  const root = document.documentElement.dataset.content_root || "./";

  /** {"dynamics/reality_gap.html": {title, read: [ids], of: sections, last: id}} */
  const reading = () => {
    try { return JSON.parse(memory.get(KEY))?.pages || {}; } catch { return {}; }
  };

  /** The page's place in the book, with "/" between. */
  const place = () => {
    const base = new URL(root, location.href).pathname;
    return location.pathname.startsWith(base) ? location.pathname.slice(base.length) || "index.html" : "";
  };

  function watch() {
    const page = place(), title = document.querySelector("h1")?.firstChild?.textContent.trim();
    const sections = [...document.querySelectorAll(".bd-article > section > section[id]")];
    if (!page || !title || sections.length < 2 || page.startsWith("code/")) return;
    const seen = new IntersectionObserver((entries) => {
      const pages = reading(), now = (pages[page] ||= { title, read: [] });
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        const { id } = target.closest("section");
        now.read = [...new Set([...now.read, id])];
        now.last = id;
      }
      const ids = sections.map(({ id }) => id);
      Object.assign(now, { title, of: ids.length, read: now.read.filter((id) => ids.includes(id)) });
      if (now.read.length) memory.set(KEY, JSON.stringify({ version: 1, pages }));
    });
    for (const section of sections) if (section.lastElementChild) seen.observe(section.lastElementChild);
  }

  const count = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;

  class ReadingProgress extends HTMLElement {
    connectedCallback() {
      whenReady(this, () => this.tell());
    }

    tell() {
      const pages = Object.entries(reading()).filter(([, { read }]) => read?.length), answers = memory.keys("rg-predict-").length;
      const line = this.querySelector("p");
      this.still ||= line.textContent;
      this.dataset.ready = "true";
      if (!pages.length && !answers) return void (line.textContent = this.still);
      const sections = pages.reduce((sum, [, { read }]) => sum + read.length, 0);
      line.textContent = `You have read ${count(sections, "section")} on ${count(pages.length, "page")} and answered ${count(answers, "question")}. `;
      const last = pages.at(-1);
      if (last) {
        const [page, { title, last: id }] = last, link = Object.assign(document.createElement("a"), { href: `${root}${page}#${id}`, textContent: title });
        line.append("Go on with ", link, ". ");
      }
      line.append(this.button("Export", () => this.save()), " ", this.button("Delete", () => this.forget()));
    }

    button(words, onclick) {
      return Object.assign(document.createElement("button"), { type: "button", className: "rg-quiet", textContent: words, onclick });
    }

    save() {
      const kept = Object.fromEntries(memory.keys("rg-").map((key) => [key, memory.get(key)]));
      const address = URL.createObjectURL(new Blob([JSON.stringify(kept, null, 1)], { type: "application/json" }));
      Object.assign(document.createElement("a"), { href: address, download: "reading.json" }).click();
      URL.revokeObjectURL(address);
    }

    forget() {
      if (!confirm("Delete what this browser remembers of your reading and your answers?")) return;
      for (const key of memory.keys("rg-")) memory.set(key, null);
      this.tell();
    }
  }
  if (!customElements.get("reading-progress")) customElements.define("reading-progress", ReadingProgress);
  if (!window.RealityGap.inNotebook) addEventListener("load", watch);
})();
