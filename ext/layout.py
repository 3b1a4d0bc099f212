"""Nodes of the pages that list chapters: a link to a chapter, a paragraph, a table."""

from docutils import nodes

from ext.chapters import Chapter, load


def link(chapter: Chapter, text: str = "", section: str = "") -> nodes.Node:
    """A reference to a chapter or one of its sections, filled in by `resolve`; plain
    text for a chapter to come.
    """
    if not chapter.exists:
        return nodes.inline("", text or chapter.title, classes=["to-come"])
    return nodes.reference(
        "",
        text or chapter.title,
        internal=True,
        refuri="",
        lecture_document=chapter.document,
        lecture_section=section,
    )


def paragraph(*content: nodes.Node | str) -> nodes.paragraph:
    """A paragraph of nodes and plain text."""
    parts = (nodes.Text(item) if isinstance(item, str) else item for item in content)
    return nodes.paragraph("", "", *parts)


def table(
    head: list[str],
    rows: list[tuple[list[nodes.Node], str]],
    widths: list[int],
    name: str,
) -> nodes.table:
    """A table of class `name`; a row is its cells and a class of its own."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", table_row([paragraph(text) for text in head]))
    group += nodes.tbody("", *(table_row(cells, kind) for cells, kind in rows))
    return nodes.table("", group, classes=[name])


def table_row(cells: list[nodes.Node], kind: str = "") -> nodes.row:
    """A row of a table, of class `kind` if it has a class."""
    entries = (nodes.entry("", cell) for cell in cells)
    return nodes.row("", *entries, classes=[kind] if kind else [])


def missing(what: str) -> list[nodes.Node]:
    """A legend for as long as chapters are missing."""
    if all(chapter.exists for chapter in load().chapters.values()):
        return []
    return [paragraph(f"{what} without a link are planned.")]
