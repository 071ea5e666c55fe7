"""A report as one HTML file that asks for nothing from elsewhere: styles and pictures are in it, and no scripts.

All text is escaped here, wherever it comes from; the content security policy forbids scripts and requests besides.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files

from matplotlib import rc_context
from matplotlib.figure import Figure as Drawing

from sim.figure import CHART, STYLE, said, sentences
from sim.reports.document import (
    Block,
    Card,
    Cards,
    Cell,
    Code,
    Column,
    Definition,
    Figure,
    Finding,
    Note,
    Report,
    Section,
    Span,
    Table,
)
from sim.reports.layout import breaks, parts

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
SHORT = 9  # rows that a printed page holds together
ROOM = 112  # letters of a table across a screen or a printed page
NUMBER, UNIT = r"€?\d[\d.,]*[a-z]*", "(?: %| pp)"  # no line ends within a number, its interval and its unit
WHOLE = re.compile(f"[+−]{NUMBER}(?: ± {NUMBER})?{UNIT}?|{NUMBER}(?: ± {NUMBER}{UNIT}?|{UNIT})|--[a-z]+")
SCRIPTS = "; script-src 'unsafe-inline'"  # of the interactive page only


def page(report: Report, interactive: dict[str, str] | None = None, script: str = "") -> str:
    """The file as text. interactive: name of a figure -> what stands in its place; script: at the end of the page."""
    interactive = interactive or {}
    policy = POLICY + (SCRIPTS if script else "")
    style = files("sim.reports").joinpath("page.css").read_text(encoding="utf-8")
    links = [(section.name, section.title) for section in report.sections] + [("glossary", "Glossary")]
    contents = "".join(f'<a href="#{escape(name)}">{escape(title)}</a>' for name, title in links)
    known = {definition.name: definition.label for definition in report.glossary}
    body = "\n".join(_section(section, known, interactive) for section in report.sections)
    asked = f'<p class="question">{_text(report.question)}</p>' if report.question else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="buyer-seller-sim">
<title>{escape(report.title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="title">{escape(report.title)}</p>
<h1>{_text(report.headline)}</h1>
{asked}
<p class="basis">{_text(report.basis)}</p>
</header>
<nav aria-label="Sections">{contents}</nav>
<main>
{body}
{_glossary(report.glossary)}
</main>
{script}</body>
</html>
"""


def _section(section: Section, known: Mapping[str, str], interactive: dict[str, str]) -> str:
    blocks = "\n".join(_block(block, known, interactive) for block in section.blocks)
    return f'<section id="{escape(section.name)}">\n<h2>{escape(section.title)}</h2>\n{blocks}\n</section>'


def _block(block: Block, known: Mapping[str, str], interactive: dict[str, str]) -> str:
    match block:
        case Finding():
            state = ' class="finding open"' if block.open else ' class="finding"'
            links = _links(block.measures, known)
            return f"<div{state}><h3>{_text(block.question)}</h3><p>{_text(block.text)}{links}</p></div>"
        case Cards():
            return f'<div class="cards">{"".join(_card(card, known) for card in block.cards)}</div>'
        case Figure():
            picture, caption = _picture(block)
            inside, links = interactive.get(block.name, picture), _links(block.measures, known)
            if block.name in interactive:
                caption = sentences(block.charts[0].key, block.charts[0].caption or caption)
            below = f"<figcaption>{_text(caption or f'{block.shows}.')}{links}</figcaption>"
            return f'<figure id="figure-{escape(block.name)}"><div class="wide">{inside}</div>{below}</figure>'
        case Table():
            return "\n".join(_table(part, known) for part in parts(block, ROOM))
        case Code():
            kept = f"<p>{escape(block.file)}:</p>" if block.file else ""
            return f"{kept}<pre><code>{escape(block.text)}</code></pre>"
        case Note():
            title = f"<strong>{escape(block.title)}.</strong> " if block.title else ""
            return f'<p class="note">{title}{_text(block.text)}</p>'


def _text(text: str) -> str:
    """Escaped; a sign stays with its number, a number with its ± and its unit."""
    return WHOLE.sub(r'<span class="whole">\g<0></span>', escape(text))


def _links(measures: Iterable[str], known: Mapping[str, str]) -> str:
    """Small links to the definitions of what a sentence or picture speaks of."""
    found = [f'<a href="#measure-{m}">{escape(known[m])}</a>' for m in measures if m in known]
    return f' <span class="links">{" · ".join(found)}</span>' if found else ""


def _linked(text: str, measure: str, known: Mapping[str, str]) -> str:
    words = "<wbr>".join(escape(part) for part in breaks(text)) if " " not in text else _text(text)
    return f'<a href="#measure-{measure}">{words}</a>' if measure in known else words


def _card(card: Card, known: Mapping[str, str]) -> str:
    state = ' class="card quiet"' if card.quiet else ' class="card"'
    label = _linked(card.label, card.measure, known)
    return f"<div{state}><p>{label}</p><p><b>{_text(card.number)}</b></p><p>{_text(card.below)}</p></div>"


# ---------------------------------------------------------------------------------------------------------- tables


def _table(table: Table, known: Mapping[str, str]) -> str:
    heads = "".join(_head(column, known) for column in table.columns)
    rows = "\n".join(f"<tr>{_row(row, table.columns)}</tr>" for row in table.rows)
    kind = "table short" if len(table.rows) <= SHORT else "table"
    words = sentences(table.spans if any(column.picture for column in table.columns) else "", table.below)
    note = f'<p class="under">{_text(words)}</p>' if words else ""
    return (
        f'<div class="{kind}" id="table-{escape(table.name)}"><h3>{_text(table.title)}</h3><div class="wide" '
        f'tabindex="0"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>{note}</div>'
    )


def _row(row: Sequence[Cell], columns: Sequence[Column]) -> str:
    pairs = zip(row, columns, strict=True)
    return "".join(_cell(cell, column, at == 0) for at, (cell, column) in enumerate(pairs))


def _head(column: Column, known: Mapping[str, str]) -> str:
    unit = f" <small>{escape(column.shown_unit)}</small>" if column.shown_unit else ""
    kind = ' class="number"' if column.numbers else ' class="picture"' if column.picture else ""
    return f'<th scope="col"{kind}>{_linked(column.head, column.measure, known)}{unit}</th>'


def _cell(cell: Cell, column: Column, first: bool) -> str:
    if column.picture:
        return f'<td class="picture">{_span(cell.span, cell.colour) if cell.span else escape(cell.text)}</td>'
    chip = f'<i style="background:{escape(cell.colour)}"></i>' if cell.colour else ""
    below = "".join(f"<small>{_text(line)}</small>" for line in cell.below.split("\n") if line)
    marks = (("number", column.numbers), ("named", bool(cell.colour) and not first), ("quiet", cell.quiet))
    kinds = [name for name, on in marks if on]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    tag, scope = ("th", ' scope="row"') if first else ("td", "")
    text = _text(cell.text).replace("_", "_<wbr>").replace(".", ".<wbr>" if tag == "th" else ".")  # long names break
    return f"<{tag}{scope}{kind}>{chip}{text}{below}</{tag}>"


def _span(span: Span, colour: str) -> str:
    """A bar from zero to the mean, with the interval as a line."""
    low, mean, high = (100 * part for part in span[:3])
    zero = 0.0 if span.zero is None else 100 * span.zero
    left, width = min(zero, mean), abs(mean - zero)
    return (
        '<svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect x="{left:.2f}" y="3" width="{width:.2f}" height="8" fill="{escape(colour or "#777")}"/>'
        f'<path d="M{zero:.2f} 0V14" class="zero"/><path d="M{low:.2f} 7H{high:.2f}" class="reach"/></svg>'
    )


# -------------------------------------------------------------------------------------------------------- pictures


def _picture(figure: Figure) -> tuple[str, str]:
    """The drawing as an image, and its caption."""
    drawing = figure.draw()
    caption = said(drawing)
    for text in list(drawing.texts):
        text.remove()  # it stands below the picture, where it can be read on a telephone too
    data = base64.b64encode(svg(drawing)).decode("ascii")
    words = f"{figure.title}: {figure.shows}."
    kind = ' class="broad"' if drawing.get_size_inches()[0] > CHART[0] else ""
    return f'<img{kind} alt="{escape(words)}" src="data:image/svg+xml;base64,{data}">', caption


def svg(drawing: Drawing) -> bytes:
    """The drawing as SVG: the same bytes every time, without a date."""
    stream = io.BytesIO()
    with rc_context(STYLE):
        nothing = {"Date": None, "Creator": None}
        drawing.savefig(stream, format="svg", metadata=nothing, bbox_inches="tight", pad_inches=0.05)
    return stream.getvalue()


# -------------------------------------------------------------------------------------------------------- glossary


def _glossary(found: Iterable[Definition]) -> str:
    return f'<section id="glossary">\n<h2>Glossary</h2>\n<dl>\n{"".join(map(_entry, found))}</dl>\n</section>'


def _entry(word: Definition) -> str:
    facts = [f"Unit: {word.unit}." if word.unit else "", f"Source: {word.source}." if word.source else ""]
    below = " ".join(escape(fact) for fact in facts if fact)
    return (
        f'<dt id="measure-{escape(word.name)}">{escape(word.label)}</dt>\n'
        f"<dd>{escape(word.meaning)} <small>{below}</small></dd>\n"
    )
