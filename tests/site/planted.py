"""A small page that is in order, and the faults that can be planted in it, each with
the check that must find it.
"""

from dataclasses import dataclass
from pathlib import Path

DARK = "@media (prefers-color-scheme: dark)"


@dataclass(frozen=True)
class Fault:
    """What is planted.

    Attributes:
        check: the name of the check that must complain.
        named: words that the complaint must have.
        body: put at the end of the text.
        head: put at the end of the head.
        replace: words of the sound page, and what stands there instead.
    """

    check: str
    named: str
    body: str = ""
    head: str = ""
    replace: tuple[str, str] = ("", "")


def style(rule: str) -> str:
    """A style sheet of one rule."""
    return f"<style>{rule}</style>"


# the letters of one class after the first are not examined: the first must be
LETTERS = "".join('<span class="k">for</span> <span class="n">x</span> ' * 20)
LATE = """<script>
  const block = document.createElement("div");
  block.style.height = "400px";
  const put = () => document.querySelector("h1").before(block);
  addEventListener("load", () => requestAnimationFrame(() => setTimeout(put, 0)));
</script>"""

FAULTS: dict[str, Fault] = {
    "a request to another server": Fault(
        "requests",
        "another origin: https://example.org/a.js",
        '<script src="https://example.org/a.js"></script>',
    ),
    "a missing file": Fault(
        "requests", "own file not found", '<img src="gone.svg" alt="A picture.">'
    ),
    "an exception": Fault(
        "requests", "console: too hot", "<script>throw 'too hot'</script>"
    ),
    "a console warning": Fault(
        "requests", "console: mind", "<script>console.warn('mind')</script>"
    ),
    "no dark scheme": Fault(
        "accessibility",
        "desktop-dark is shown in light",
        replace=("dark.matches ?", "false ?"),
    ),
    "pale letters in the light": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        '<p class="pale">pale</p>'
        + style(".pale { color: #bbb }")
        + style(f"{DARK} {{ .pale {{ color: #fff }} }}"),
    ),
    "pale letters in the dark": Fault(
        "accessibility",
        "desktop-dark: color-contrast",
        '<p class="pale">pale</p>' + style(f"{DARK} {{ .pale {{ color: #444 }} }}"),
    ),
    "pale letters on a phone in the dark": Fault(
        "accessibility",
        "phone-dark: color-contrast",
        '<p class="pale">pale</p>'
        + style(f"{DARK} and (max-width: 500px) {{ .pale {{ color: #444 }} }}"),
    ),
    "pale letters on a phone": Fault(
        "accessibility",
        "phone-light: color-contrast",
        '<p class="pale">pale</p>'
        + style("@media (max-width: 500px) { .pale { color: #bbb } }")
        + style(f"{DARK} {{ .pale.pale {{ color: #fff }} }}"),
    ),
    "a pale class of code in the dark": Fault(
        "accessibility",
        "desktop-dark: color-contrast",
        f'<div class="highlight"><pre>{LETTERS}<span class="c">pale</span></pre></div>'
        + style(f"{DARK} {{ .c {{ color: #444 }} }}"),
    ),
    "one pale letter of code": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        f'<div class="highlight"><pre>{LETTERS}<span class="n" style="color: #ccc">pale'
        "</span></pre></div>",
    ),
    "a pale letter of a formula": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        '<p><span class="katex-html"><span class="mord">sin</span>'
        '<span class="mord pale">cos</span></span></p>'
        + style(".pale { color: #bbb }"),
    ),
    "pale letters in a box": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        '<div style="background: #555"><p class="b">dark on dark</p></div>',
    ),
    "dark letters above a dark picture": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        '<div class="o"><i class="below"></i><p class="b">dark on dark</p></div>'
        + style(".o, .b { position: relative }")
        + style(
            ".below { background: #333; inset: 0; position: absolute; z-index: -1 }"
        ),
    ),
    "pale words after a pale letter": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        '<p class="pale">a</p><p class="pale">words</p>'
        + style(".pale { color: #bbb }"),
    ),
    "pale words after some on a picture": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        '<p class="pale first">some</p><p class="pale">words</p>'
        + style(".pale { color: #bbb } .first { position: relative }")
        + style(".first::before { background: #000; content: ''; inset: 0 }")
        + style(".first::before { position: absolute; z-index: -1 }"),
    ),
    "pale words in an element of ours": Fault(
        "accessibility",
        "desktop-light: color-contrast",
        '<rg-box><p>fine</p><p class="pale">pale</p></rg-box>'
        + style(".pale { color: #bbb }"),
    ),
    "pale code under a button that only the mouse brings up": Fault(
        "accessibility",
        "desktop-dark: color-contrast",
        '<div class="highlight" style="position: relative"><pre class="c">pale</pre>'
        '<button class="g" aria-label="Copy"></button></div>'
        + style(f"{DARK} {{ .c {{ color: #444 }} }}")
        + style(".g { background: #000; opacity: 0; position: absolute; inset: 0 }"),
    ),
    "a link like the text after one that stands alone": Fault(
        "accessibility",
        "link-in-text-block",
        '<p><a class="l" href="#a">a link</a></p>'
        '<p>Some words before <a class="l" href="#a">the link</a> and after it.</p>'
        + style(".l.l { color: #444; text-decoration: none }"),
    ),
    "a link inside code without a name": Fault(
        "accessibility",
        "link-name",
        f'<div class="highlight"><pre>{LETTERS}<span class="n"><a href="#a"></a></span>'
        "</pre></div>",
    ),
    "a button without a name": Fault(
        "accessibility", "desktop-light: button-name", "<button></button>"
    ),
    "a button without a name on a phone": Fault(
        "accessibility",
        "phone-light: button-name",
        '<button class="p"></button>'
        + style(
            ".p { display: none } @media (max-width: 500px) { .p { display: block } }"
        ),
    ),
    "a button without a name in the dark": Fault(
        "accessibility",
        "phone-dark: button-name",
        '<button class="d"></button>'
        + style(f".d {{ display: none }} {DARK} {{ .d {{ display: block }} }}"),
    ),
    "buttons too small to touch": Fault(
        "accessibility",
        "target-size",
        '<p><button class="s">a</button><button class="s">b</button></p>'
        + style(
            ".s { border: 0; font-size: 9px; height: 11px; padding: 0; width: 9px }"
        ),
    ),
    "a link like the text around it": Fault(
        "accessibility",
        "link-in-text-block",
        '<p>Some words before <a class="l" href="#a">the link</a> and after it.</p>'
        + style(".l.l { color: #444; text-decoration: none }"),
    ),
    "a wide line on a phone": Fault(
        "overflow", "phone-light", '<div style="width: 700px">wide</div>'
    ),
    "a picture without words": Fault("pictures", "<img", '<img src="data:,">'),
    "a picture named by its file": Fault(
        "pictures", "<canvas", '<canvas aria-label="gap_3.png"></canvas>'
    ),
    "a slider without a name": Fault("inputs", "<input", '<input type="range">'),
    "two first headings": Fault("introduction", "first headings", "<h1>Again</h1>"),
    "no description": Fault(
        "introduction", "description", replace=('name="description"', 'name="other"')
    ),
    "another title": Fault(
        "introduction",
        "title",
        replace=("Crossing the Reality Gap</title>", "</title>"),
    ),
    "no version": Fault("introduction", "version", replace=("1.2.3", "new")),
    "no date": Fault("introduction", "date", replace=("1 May 2026", "today")),
    "a heavy page": Fault("weight", "a_heavy_page.html", "<!-- {noise} -->"),
    "a block that comes late": Fault("steadiness", "shifted by", LATE),
}

WIDE = "x" * 88
CODE = f'<div class="highlight"><pre tabindex="0">{WIDE[:60]}</pre></div>'
QUESTION = """<predict-then-reveal><fieldset><legend>How far?</legend></fieldset>
<div class="rg-veil" style="height: {height}px">Commit.</div>
<div class="rg-behind"><div class="rg-answer" style="display: {display}"><p>
<strong>Two.</strong> A heavy robot falls because its motors are too weak for it.</p>
</div></div></predict-then-reveal>"""
LABEL = """<svg viewBox="0 0 600 100" style="width: 100%" role="img" aria-label="Text.">
<text x="0" y="50" style="font-size: {size}px">return</text></svg>"""
EQUATION = """<p><span class="eqno">(1)</span></p>
<div class="highlight"><pre># eq. {number}</pre></div>"""
PRINTED = '<div class="cell_output"><pre>{words}</pre></div>'

RULE_FAULTS: dict[str, Fault] = {
    "a high veil": Fault(
        "veils", "px under", QUESTION.format(height=200, display="none")
    ),
    "an answer that is not veiled": Fault(
        "answers", "Two. A heavy robot", QUESTION.format(height=80, display="block")
    ),
    "an answer below its veil": Fault(
        "answers",
        "motors are too weak",
        QUESTION.format(height=80, display="none")
        + "<p>A heavy robot falls because its motors are too weak for it.</p>",
    ),
    "code that wraps on a phone": Fault(
        "wraps",
        "phone-light",
        CODE + style("@media (max-width: 500px) { pre { white-space: pre-wrap } }"),
    ),
    "code that does not fit": Fault(
        "columns",
        "88 columns",
        f'<div class="highlight"><pre>{WIDE}</pre></div>'
        + style("pre { overflow: auto; width: 300px }"),
    ),
    "small letters": Fault("letters", "return", LABEL.format(size=12)),
    "an equation of another page": Fault(
        "equations", "eq. 2", EQUATION.format(number=2)
    ),
    "many words": Fault("length", "words", f"<p>{'word ' * 2200}</p>"),
    "four numbers": Fault(
        "numbers", "4: ", "<p>Of 49 runs 28 won, 12.5 % lost and 1,234 ran on.</p>"
    ),
    "a verdict": Fault("verdicts", "True", PRINTED.format(words="it holds: True")),
}
# What looks like a fault and is none: it stands in the page that is in order.
HARMLESS = "".join(
    (
        QUESTION.format(height=120, display="none"),
        CODE,
        LABEL.format(size=24),
        EQUATION.format(number=1),
        f"<div data-kind='quiz'><p>{'word ' * 2200}</p></div>",
        f"<details><summary>Further</summary><p>{'word ' * 2200}</p></details>",
        "<p>Figure 3, Table 2 and line 7 of Algorithm 1 say 28 of 49, in 2.5 s.</p>",
        "<p><code>1 2 3 4</code> <span class='math'>1 + 2 + 3 = 6</span></p>",
        PRINTED.format(words="Truly 0.5"),
        f"<div class='highlight-python'>{PRINTED.format(words='return True')}</div>",
    )
)

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="description" content="A page that is in order, to plant faults in it.">
<link rel="icon" href="data:,">
<title>A page. Crossing the Reality Gap</title>
<style>
  body { background: #fff; color: #222; }
  pre { overflow: auto; }
  a { color: #00e; }
  @media (prefers-color-scheme: dark) {
    body { background: #111; color: #eee; }
    a { color: #9cf; }
  }
</style>
<script>
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const turn = () => { root.dataset.theme = dark.matches ? "dark" : "light"; };
  dark.onchange = turn;
  turn();
</script>
</head><body><main><article id="a"><h1>A page</h1>
<p>Version <span class="rg-version">1.2.3</span>
of <span class="rg-date">1 May 2026</span>, <a href="#a">to its top</a>.</p>
{harmless}
</article></main></body></html>
"""


def noise() -> str:
    """Text of more than a megabyte that cannot be packed."""
    import random

    return random.Random(0).randbytes(1_100_000).hex()


def with_fault(text: str, fault: Fault) -> str:
    """A page with one fault more."""
    old, new = fault.replace
    assert old in text, old
    text = text.replace(old, new) if old else text
    text = text.replace("</head>", f"{fault.head}</head>")
    body = fault.body.replace("{noise}", noise() if "{noise}" in fault.body else "")
    return text.replace("</article>", f"{body}</article>")


def write_page(path: Path, *names: str) -> None:
    """Write the sound page with the faults of these names."""
    text = PAGE.replace("{harmless}", HARMLESS)
    for name in names:
        text = with_fault(text, (FAULTS | RULE_FAULTS)[name])
    path.write_text(text, encoding="utf-8")
