// The page's own buttons: projector setting, full screen, printing. Every page is complete without this script.
(function () {
  "use strict";
  const root = document.documentElement;

  // A browser may refuse storage (private windows, files): the setting then lasts as long as the page.
  const store = {
    set(key, value) { try { localStorage.setItem(key, value); } catch (refused) { /* nothing is remembered */ } },
  };

  // Opened as a file, a page waits for the fonts that come inside a style sheet, so that no line moves. It cannot fetch the texts of other pages:
  // the search does without them.
  function openedAsFile() {
    void root.offsetHeight; // only what is laid out asks for its fonts
    document.fonts.ready.then(() => { root.style.visibility = ""; });
    if (typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  // --- projector setting: larger text and figures, every code cell folded behind a button of its own -------------------------------------

  function foldCell(input) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "rg-fold";
    const show = (open) => {
      input.classList.toggle("rg-unfolded", open);
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "Hide code" : "Show code";
    };
    button.addEventListener("click", () => show(!input.classList.contains("rg-unfolded")));
    show(false);
    input.before(button);
  }

  function foldCells() {
    document.querySelectorAll("div.cell_input:not(.rg-foldable)").forEach((input) => {
      if (input.closest("details.hide")) return; // folded already, by the page itself
      input.classList.add("rg-foldable");
      foldCell(input);
    });
  }

  function setProjector(on) {
    if (on) { root.dataset.projector = "on"; foldCells(); } else delete root.dataset.projector;
    document.querySelectorAll('[data-rg-action="projector"]').forEach((button) => button.setAttribute("aria-pressed", String(on)));
    dispatchEvent(new Event("resize")); // canvases and scrolling boxes measure themselves anew
  }

  function toggleProjector() {
    const on = root.dataset.projector !== "on";
    store.set("projector", on ? "on" : "off");
    setProjector(on);
  }

  function toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen(); else root.requestFullscreen();
  }

  // --- paper: light colours, everything unfolded, and back again ------------------------------------------------------------------------

  let afterPrinting = [];

  function beforePrinting() {
    const theme = root.dataset.theme;
    root.dataset.theme = "light";
    afterPrinting = [() => { root.dataset.theme = theme; }];
    document.querySelectorAll("details:not([open])").forEach((details) => {
      details.open = true;
      afterPrinting.push(() => { details.open = false; });
    });
  }

  // --- the keyboard reaches what scrolls ------------------------------------------------------------------------------------------------

  function reachScrolling() {
    document.querySelectorAll(".bd-article .katex-display, .bd-article pre, .bd-article .pst-scrollable-table-container, .bd-article .cell_output > *").forEach((box) => {
      const scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
      if (scrolls) box.tabIndex = 0; else if (box.tabIndex === 0) box.removeAttribute("tabindex");
    });
  }

  const actions = { print: () => print(), projector: toggleProjector, fullscreen: toggleFullScreen };
  document.querySelectorAll("[data-rg-action]").forEach((button) => button.addEventListener("click", actions[button.dataset.rgAction]));
  if (root.dataset.projector === "on") setProjector(true);
  if (location.protocol === "file:") openedAsFile();
  addEventListener("beforeprint", beforePrinting);
  addEventListener("afterprint", () => { afterPrinting.forEach((undo) => undo()); afterPrinting = []; });
  addEventListener("resize", reachScrolling);
  addEventListener("load", reachScrolling);
})();
