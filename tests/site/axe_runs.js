/* Axe on a page that lacks, while axe runs, what can make no difference: window.__axe.

   Its Python side, axe_runs.py, says what that is. */
(() => {
  "use strict";
  const ON_COLOURS = ["color-contrast", "link-in-text-block"];
  const PLAIN = new Set(("A ABBR ARTICLE B BLOCKQUOTE CODE DD DETAILS DIV DL DT EM " +
    "H1 H2 H3 H4 H5 H6 I KBD LI MAIN OL P PRE SECTION SMALL SPAN STRONG SUB SUMMARY " +
    "SUP TABLE TBODY TD TH THEAD TR UL").split(" "));
  const LETTERS = ":is(em, span)"; // pieces of code and formulas
  const PICTURES = new Set("canvas img svg video".split(" "));
  const ALIVE = new Set(("base canvas iframe link meta script style svg template " +
    "video").split(" "));
  const STYLE = ["color", "opacity", "filter", "mixBlendMode", "backdropFilter",
    "backgroundColor", "backgroundImage", "backgroundClip", "webkitTextFillColor",
    "webkitTextStroke", "textShadow", "fontSize", "fontWeight", "fontStyle",
    "fontFamily", "textDecorationLine", "textDecorationStyle", "textDecorationColor",
    "borderTop", "borderBottom", "clipPath", "textIndent"];

  // ---- nodes leave the page and come back ----

  const HEADER = "pst-header";
  const gone = [];
  const exchange = (node, other) => {
    if (node.id === HEADER) return; // the theme measures it when the window changes
    node.replaceWith(other);
    gone.push([node, other]);
  };
  const putBack = () => {
    for (const [node, other] of gone.splice(0).reverse()) other.replaceWith(node);
  };

  // ---- what an element is ----

  const isPlain = (e) => PLAIN.has(e.tagName) || e.namespaceURI.endsWith("MathML");
  /** Whether nothing happens when an element that is not seen leaves the page: no style
      goes with it, no element of ours and nothing that draws. */
  const isIdle = (e) => [e, ...e.querySelectorAll("*")].every(
    (one) => !ALIVE.has(one.localName) && !isOurs(one));
  const written = (e) =>
    [...e.childNodes].map((node) => (node.nodeType === 3 ? node.data : ""))
      .join("").trim();
  const hasWords = (e) => written(e) !== "";
  /** Axe judges neither a single letter nor signs like -> and ==. */
  const isWord = (e) => written(e).length > 1 && /[^\s!-/:-@[-`{-~]/.test(written(e));
  /** A box in a line with nothing but its class: as good as the text in it. */
  const isBare = (e) => {
    const [display, size, ...sides] =
      style(e, "display", "fontSize", "margin", "padding", "borderWidth");
    return e.getAttributeNames().every((name) => name === "class")
      && display === "inline" && size === style(e.parentElement, "fontSize")[0]
      && sides.every((side) => side === "0px");
  };
  /** Folded away, or cut off as what is meant for a screen reader alone. */
  const isFolded = (e) => {
    if (!e.checkVisibility()) return true;
    const [position, clip] = style(e, "position", "clip");
    return position === "absolute" && clip.startsWith("rect(1px, 1px");
  };
  let folded = new Map(); // of the elements in this view
  const isUnseen = (e) => {
    if (!folded.has(e)) folded.set(e, isFolded(e));
    return folded.get(e);
  };
  /** As clear as glass and without words: a button that the mouse brings up. */
  const isGlass = (e) => {
    const [opacity, position] = style(e, "opacity", "position");
    return opacity === "0" && position === "absolute" && e.innerText?.trim() === "";
  };
  const style = (e, ...names) => {
    const all = getComputedStyle(e);
    return names.map((name) => all[name]);
  };
  const floats = (e) => {
    const [position, transform] = style(e, "position", "transform");
    return transform !== "none" || !["static", "relative"].includes(position);
  };
  const isOurs = (e) => e.localName.includes("-");
  /** An element of ours that does not draw: a box around what the page gave it. */
  const isBox = (e) => isOurs(e) && !e.shadowRoot;
  /** Whether anything may lie behind a text in it. */
  const isSpecial = (e) => !(isPlain(e) || isBox(e)) || floats(e);
  const isPainted = (e) => {
    const [colour, image] = style(e, "backgroundColor", "backgroundImage");
    return colour !== "rgba(0, 0, 0, 0)" || image !== "none";
  };
  /** What may lie behind texts that are not inside it. */
  const isBackdrop = (e) => (isOurs(e) && !isBox(e)) || PICTURES.has(e.localName)
    || (isPainted(e) && (floats(e) || !e.textContent.trim()));
  const isInLine = (e) => style(e, "display")[0].startsWith("inline");
  const seenOf = (e) => (isUnseen(e) ? [] : [e, ...[...e.children].flatMap(seenOf)]);
  const unseenOf = (e) => (isUnseen(e) ? [e] : [...e.children].flatMap(unseenOf));
  const glassOf = (e) => (isGlass(e) ? [e] : [...e.children].flatMap(glassOf));

  // ---- the look of a text: a number for the style of all that is around it ----

  const numbers = new Map(); // the same in all views
  let looks = new Map(); // of the elements in this view
  const look = (e) => {
    if (!e) return 0;
    if (!looks.has(e)) {
      const own = [e.tagName === "A", ...style(e, ...STYLE)];
      const key = [look(e.parentElement), ...own].join("|");
      if (!numbers.has(key)) numbers.set(key, numbers.size + 1);
      looks.set(e, numbers.get(key));
    }
    return looks.get(e);
  };

  /** What is the same for all choices in a view: what can leave in any case, and the
      boxes that may lie behind texts. */
  const survey = () => {
    folded = new Map();
    looks = new Map();
    const idle = unseenOf(document.body).filter(isIdle);
    // axe judges no text of a drawing, but the drawing may lie behind other texts
    const drawn = document.querySelectorAll("svg > *");
    const glass = glassOf(document.body);
    const parts = [...idle, ...glass, ...drawn];
    const isGone = new Set(glass.flatMap((e) => [e, ...e.querySelectorAll("*")]));
    const boxes = seenOf(document.body).filter((e) => !isGone.has(e) && isBackdrop(e))
      .map((e) => e.getBoundingClientRect());
    return { parts, isGone, boxes };
  };

  /** What can leave the page, and the texts that stay to be judged, with their looks:
      in the order of the page, those whose look `isNeeded`. */
  const choose = ({ parts, isGone, boxes }, isNeeded, kept = ":not(*)") => {
    const leaving = new Set(parts.filter((e) => !e.closest(kept)));
    const stays = (e) => isSpecial(e) || e.matches(kept);
    const isFixed = (e) => stays(e) || isOurs(e); // what is ours notices that it leaves
    const leave = (e) => leaving.add(e);
    const isClear = (e) => {
      const own = e.getBoundingClientRect();
      return !boxes.some((box) => box.left < own.right && own.left < box.right
        && box.top < own.bottom && own.top < box.bottom);
    };
    const toJudge = new Map();
    const blockOfLines = (block) => {
      const seen = seenOf(block);
      if (seen.some(isFixed) || !isClear(block)) return false;
      const texts = seen.filter(isWord);
      // a link among words is not judged like one that stands alone
      const among = seen.some((e) => hasWords(e) && !e.closest("a"));
      const lookOf = (e) => (e.closest("a") ? `${look(e)} ${among}` : `${look(e)}`);
      const needed = texts.filter((e) => isNeeded(lookOf(e)));
      for (const e of needed) toJudge.set(e, lookOf(e));
      if (!needed.length) return true;
      const isLetters = (e) => !e.childElementCount && !toJudge.has(e)
        && !e.closest("a") && e.matches(`:is(pre, .sig, .katex-html) ${LETTERS}`);
      if (!needed.some((e) => e.closest("a"))) seen.filter(isLetters).forEach(leave);
      return false;
    };
    const canLeave = (e) => {
      if (isGone.has(e)) return true;
      if (isUnseen(e)) return isIdle(e);
      if (stays(e)) return false;
      const children = [...e.children];
      const isLine = (e) => isInLine(e) && !isSpecial(e) && !isOurs(e)
        && e.textContent.trim();
      if (hasWords(e) || children.some(isLine)) return blockOfLines(e);
      const can = children.filter(canLeave);
      if (can.length === children.length && !isOurs(e)) return true;
      can.forEach(leave);
      return false;
    };
    for (const article of document.querySelectorAll("article")) canLeave(article);
    return { leaving, toJudge };
  };

  // ---- the runs ----

  const runWithout = async (exchanges, within, options) => {
    for (const [node, other] of exchanges) exchange(node, other);
    try {
      return await axe.run({ include: within }, options);
    } finally {
      putBack();
    }
  };
  const empty = (e) => [e, document.createComment("")];
  /** What leaves, without what is inside of something that leaves. */
  const outermost = (leaving) => {
    const isInside = (e) => e !== null
      && ((leaving.has(e) && e.id !== HEADER) || isInside(e.parentElement));
    return [...leaving].filter((e) => !isInside(e.parentElement));
  };

  const judged = new Set(); // looks of which axe has spoken, in this view or before
  const judge = async (view, isNeeded, alone = false) => {
    const { leaving, toJudge } = choose(view, isNeeded);
    const within = alone ? [...toJudge.keys()] : ["html"];
    if (!within.length) return [];
    const results = await runWithout(outermost(leaving).map(empty), within, {
      runOnly: { type: "rule", values: ON_COLOURS },
      resultTypes: ["violations", "passes", "incomplete"],
      elementRef: true,
      selectors: false,
    });
    const looksIn = (rules) => rules.flatMap((rule) => rule.nodes)
      .map(({ element }) => toJudge.get(element)).filter(Boolean);
    const spoken = [...results.passes, ...results.violations]
      .filter((rule) => rule.id === "color-contrast");
    const unsure = new Set(looksIn(results.incomplete));
    for (const its of looksIn(spoken)) if (!unsure.has(its)) judged.add(its);
    return results.violations;
  };

  /** What the rules on colours find. Where axe cannot judge a look at its first place,
      it gets all places. */
  const colours = async () => {
    const view = survey();
    const asked = new Set();
    const found = await judge(view, (its) => {
      const isFirst = !judged.has(its) && !asked.has(its);
      return isFirst && asked.add(its);
    });
    const open = new Set([...asked].filter((its) => !judged.has(its)));
    if (!open.size) return found;
    return [...found, ...await judge(view, (its) => open.has(its), true)];
  };

  /** What all rules of some tags but those on colours find. */
  const others = async (tags) => {
    const pieces = `:is(.highlight pre, .sig) ${LETTERS}`;
    const letters = [...document.querySelectorAll(pieces)];
    const bare = new Set(letters.filter(isBare));
    const isAsText = (e) => bare.has(e) && [...e.children].every(isAsText);
    const exchanges = letters.filter((e) => isAsText(e) && !isAsText(e.parentElement))
      .map((e) => [e, document.createTextNode(e.textContent)]);
    const off = ON_COLOURS.map((name) => [name, { enabled: false }]);
    const results = await runWithout(exchanges, ["html"], {
      runOnly: { type: "tag", values: tags },
      rules: Object.fromEntries(off),
      resultTypes: ["violations"],
    });
    return results.violations;
  };

  /** What all rules of some tags find in the elements that a selector names. */
  const within = async (selector, tags) => {
    const { leaving } = choose(survey(), () => false, selector);
    const results = await runWithout(outermost(leaving).map(empty), [selector], {
      runOnly: { type: "tag", values: tags },
      resultTypes: ["violations"],
    });
    return results.violations;
  };

  const told = (run) => async (...given) => (await run(...given)).flatMap((rule) =>
    rule.nodes.map((node) => [rule.id, node.html, node.failureSummary]));
  window.__axe = { colours: told(colours), others: told(others), within: told(within) };
})();
