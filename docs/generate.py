"""Write the generated parts of the documentation anew: `make docs`.

What is declared in the code is not typed a second time in the documentation. A part is one function without arguments
that returns text. It stands either in `BLOCKS`, for a place in a hand-written page between the two markers

    <!-- generated: NAME -->
    <!-- end -->

or in `FILES`, for a file of its own, or in `PICTURES`, for a picture. To add one, write the function and one line in
the dict. A test compares what is committed with what the functions return.
"""

import inspect
import math
import re
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import sim
from sim import books, random, results, state
from sim.analysis.glossary import NEEDS, Term, measures, tables
from sim.analysis.glossary import books as books_terms
from sim.charts import CHARTS, comparison_picture
from sim.parameter import Parameter, declared
from sim.scenario import parameters, schema_text
from sim.strategies.base import LEVERS, Strategy, registry

ROOT = Path(__file__).resolve().parent.parent

DEMO = "scenarios/everyday_low_price.toml"
# A place on the other side of the boundary, found by trying; README.md says so.
ELSEWHERE = {"market.heterogeneity": 1.5, "segments.households.purchase_rate.mean": 1}

# ---------------------------------------------------------------------------------------------------------- writing


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: Any) -> str:
    """Text as code, or nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def number(value: float) -> str:
    """A number as people write it; `must be given` for the default of what has none."""
    return "must be given" if math.isnan(value) else f"{value:g}"


def default(value: Any) -> str:
    """A declared default in words."""
    match value:
        case e if e is ...:
            return "must be given"
        case None:
            return "none"
        case ():
            return "zeros"
        case bool():
            return str(value).lower()
        case dict():
            rest = ", ".join(f"{name} {item}" for name, item in value.items() if name != "dist")
            return f"{value['dist']}({rest})"
    return f"{value:g}" if isinstance(value, float) else str(value)


# ------------------------------------------------------------------------------------------ tables of docs/model.md


def quantities(declared: Iterable[state.Quantity], start: int = 0) -> str:
    """Rows of one block of the state or of the books."""
    rows = ((row, code(q.name), q.symbol, q.unit, q.meaning) for row, q in enumerate(declared, start))
    return table(("row", "name", "symbol", "unit", "meaning"), rows)


# Where the declaration of an array leaves it at the name.
UNSAID = {"need": "n, what the customer needs", "segment": "number of the customer's segment"}


def arrays() -> str:
    """Every array that changes, with its shape in letters, its type and the comment of its declaration."""
    letters = {101: "C", 103: "F", 107: "K"}
    made = state.empty(*letters, tastes=True)
    said = dict(re.findall(r"^ +(\w+): np\.ndarray  # (.*)$", inspect.getsource(state.State), re.MULTILINE))
    rows = []
    for name in state.State._fields:
        array = getattr(made, name)
        shape = ", ".join(str(letters.get(size, size)) for size in array.shape)
        meaning = re.sub(r"^\([^)]*\) (?:real|int16|uint8),? ?", "", said[name])
        rows.append((code(name), f"({shape})", array.dtype, meaning or UNSAID[name]))
    pairs = [array for array in made if {101, 103} <= set(array.shape)]
    held = [[4 if n == 107 else n for n in a.shape if n not in (101, 103)] for a in pairs]
    size = sum(a.dtype.itemsize * math.prod(numbers) for a, numbers in zip(pairs, held, strict=True))
    taste = made.taste.dtype.itemsize
    note = f"A dyad takes {size - taste} bytes with K = 4, and {taste} more where a firm declares tastes."
    return table(("array", "shape", "type", "what it holds"), rows) + f"\n\n{note}"


def levers() -> str:
    """All levers of a firm."""
    head = ("lever", "default", "allowed", "unit", "may differ by customer", "meaning")
    rows = []
    for x in LEVERS:
        personal = "yes" if x.personal else "no"
        rows.append((code(x.name), number(x.default), f"{x.low:g} to {x.high:g}", x.unit, personal, x.meaning))
    return table(head, rows)


def recorded(quantities: dict[str, results.Quantity]) -> str:
    """Accounts or market series."""
    return table(("name", "unit", "meaning"), ((code(name), q.unit, q.meaning) for name, q in quantities.items()))


# What each kind of event is keyed by besides seed and round, and what its numbers decide.
EVENTS = {
    "SEGMENT": ("customer", "segment of a new customer"),
    "TRAITS": ("customer, trait", "traits of a new customer"),
    "NEED": ("customer", "first need of a new customer"),
    "TASTE": ("customer, firm", "taste of a new customer for a firm"),
    "AWARENESS": ("customer, firm", "whether a new customer knows a firm"),
    "LIFE": ("customer", "in turn: replacement, hearing, which neighbour, whether a need arises"),
    "DRIFT": ("customer", "drift of the need"),
    "ADVERTISING": ("customer, firm", "whether advertising reaches the customer"),
    "CONTACT": ("customer, firm", "noise in what a two-way contact shows of the need"),
    "CHOICE": ("customer", "in turn: the choice, the place on the line (hotelling), attrition after the encounter"),
    "DELIVERY": ("customer, firm", "in turn: failure, voice, noise of value in use (two numbers)"),
    "OBSERVATION": ("customer, firm", "noise in what an encounter shows of the need"),
}


def random_events() -> str:
    """Kinds of random events. Raises LookupError where `EVENTS` and sim.random differ."""
    kinds = {name: value for name, value in vars(random).items() if name.isupper() and type(value) is int}
    if kinds.keys() != EVENTS.keys():
        unknown = ", ".join(sorted(kinds.keys() ^ EVENTS.keys()))
        raise LookupError(f"say in EVENTS of docs/generate.py what these decide, and nothing else: {unknown}")
    ordered = sorted(kinds, key=kinds.__getitem__)
    return table(("kind", "number", "keyed by", "decides"), ((code(k), kinds[k], *EVENTS[k]) for k in ordered))


def declarations(found: Iterable[Parameter], kinds: str = "") -> str:
    """Declared parameters; `kinds` heads the column of the kind that has them, where there is one."""
    found = list(found)
    head = ["parameter", "symbol", "default", "allowed", "unit", "meaning", "source"]
    rows = [[code(p.path), p.symbol, default(p.default), p.bounds, p.unit, p.meaning, p.source] for p in found]
    if kinds:
        head = [kinds, *head]
        rows = [[code(p.kind), *row] for p, row in zip(found, rows, strict=True)]
    return table(head, rows)


@cache
def of_scenario() -> tuple[Parameter, ...]:
    """All parameters but those of strategies, which have a page of their own."""
    return tuple(p for p in parameters() if not p.path.startswith("firms.*.strategy."))


def parameters_in(section: str, kinds: str = "") -> Callable[[], str]:
    """The table of one section of a scenario file."""
    return lambda: declarations(
        (p for p in of_scenario() if p.path.startswith(section) and not p.path.startswith(f"{section}*.*.")), kinds
    )


def distributions() -> str:
    """Parameters of the distributions of traits."""
    return declarations((p for p in of_scenario() if p.path.startswith("segments.*.*.")), "distribution")


# ------------------------------------------------------------------------------------- other pages, files, pictures


def own_strategies() -> dict[str, type[Strategy]]:
    """The strategies of the library, without those somebody has defined elsewhere."""
    return {kind: cls for kind, cls in registry().items() if cls.__module__.startswith("sim.strategies")}


def strategies() -> str:
    """docs/strategies.md."""
    found = own_strategies()
    rows = ((f"[{kind}](#{kind})", cls.posture, cls.idea()) for kind, cls in found.items())
    source = "Made by `make docs` from `sim/strategies/`; do not edit."
    links = "[extending.md](extending.md) says how to add one, [model.md](model.md) what the levers do."
    parts = ["# Strategies of firms", f"{source} {links}", table(("strategy", "posture", "idea"), rows)]
    for kind, cls in found.items():
        rest = re.sub(r"\s+", " ", inspect.cleandoc(cls.__doc__ or "").partition("\n")[2]).strip()
        parts += [f"## {kind}", f"{cls.idea()} Posture: {cls.posture}.", rest]
        parts += [f'In a scenario: `strategy = {{kind = "{kind}"}}`', declarations(declared(cls))]
    return "\n\n".join(part for part in parts if part) + "\n"


def metrics() -> str:
    """Measures of a run."""
    head = ("measure", "label", "unit", "of", "needs", "source")
    rows = ((f"[`{t.name}`]({t.anchor})", t.label, t.unit, t.of, NEEDS[t.needs], t.source) for t in measures().values())
    return table(head, rows)


def defined(terms: Iterable[Term]) -> str:
    """A heading for each term and what there is to say of it."""
    parts, known = [], measures() | tables()
    for t in terms:
        facts = f"Unit: {t.unit}. Of: {t.of}. Needs: {NEEDS[t.needs]}. Source: {t.source}. In `{t.home}`."
        others = "|".join(name for name in known if name != t.name)
        linked = re.sub(rf"(?<!^- )`({others})`", r"[`\1`](#\1)", t.description, flags=re.MULTILINE)
        parts += [f"### {t.name}", f"*{t.label}*: {linked}", facts]
    return "\n\n".join(parts)


def accounted(group: str) -> str:
    """Accounts or market series, each with its anchor."""
    terms = (term for name, term in books_terms().items() if name.startswith(group))
    rows = ((f'<a id="{t.name}"></a>{code(t.name.partition("-")[2])}', t.unit, t.definition) for t in terms)
    return table(("name", "unit", "meaning"), rows)


def charts() -> str:
    """All charts."""
    rows = ((code(name), chart.shows, chart.needs) for name, chart in CHARTS.items())
    return table(("chart", "shows", "drawn from"), rows)


@cache
def demo() -> Any:
    """What `make demo` compares."""
    return sim.compare(sim.load(ROOT / DEMO))


@cache
def elsewhere() -> Any:
    """The same under the conditions of `ELSEWHERE`."""
    return sim.compare(sim.load(ROOT / DEMO).with_changes(ELSEWHERE))


def demo_picture_in_readme() -> str:
    """The picture with its finding as the text for those who cannot see it."""
    return f"![{demo().headline()}](docs/images/demo.png)"


def demo_elsewhere() -> str:
    """The command that asks elsewhere, and its answer."""
    changes = " ".join(f"--set {path}={value:g}" for path, value in ELSEWHERE.items())
    command = f"sim compare everyday_low_price {changes} --out out/elsewhere"
    return f"```sh\n{command}\n```\n\nIts answer: {elsewhere().headline()}."


def demo_picture() -> bytes:
    """The picture `sim compare` draws; its headline is kept in the file, so that a test can tell what it shows."""
    picture = BytesIO()
    comparison_picture(demo()).savefig(picture, format="png", metadata={"Title": demo().headline()})
    return picture.getvalue()


# ------------------------------------------------------------------------------------------------------- what there is

BLOCKS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"demo": demo_picture_in_readme, "elsewhere": demo_elsewhere},
    "docs/model.md": {
        "arrays": arrays,
        "customer": lambda: quantities(state.CUSTOMER),
        "dyad": lambda: quantities(state.DYAD),
        "ledger": lambda: quantities(state.LEDGER),
        "record": lambda: quantities(state.RECORD),
        "message": lambda: quantities(state.MESSAGE),
        "flags": lambda: quantities(state.FLAG),
        "levers": levers,
        "flows": lambda: quantities(books.FLOW),
        "totals": lambda: quantities(books.TOTAL),
        "accounts": lambda: recorded(results.ACCOUNTS),
        "market-series": lambda: recorded(results.MARKET),
        "random-events": random_events,
        "parameters-run": parameters_in("seed"),
        "parameters-market": parameters_in("market."),
        "parameters-relationship": parameters_in("relationship."),
        "parameters-learning": parameters_in("learning."),
        "parameters-segments": parameters_in("segments."),
        "parameters-distributions": distributions,
        "parameters-firms": parameters_in("firms."),
        "parameters-network": parameters_in("network.", "network"),
        "parameters-events": parameters_in("events.", "event"),
        "parameters-mechanisms": parameters_in("mechanisms."),
    },
    "docs/measures.md": {
        "metrics": lambda: defined(measures().values()),
        "tables": lambda: defined(tables().values()),
        "accounts": lambda: accounted("account"),
        "market-series": lambda: accounted("market"),
    },
    "docs/extending.md": {"metrics": metrics, "charts": charts},
}
FILES: dict[str, Callable[[], str]] = {
    "docs/strategies.md": strategies,
    "scenarios/scenario.schema.json": schema_text,
}
PICTURES: dict[str, Callable[[], bytes]] = {"docs/images/demo.png": demo_picture}

_BLOCK = re.compile(r"(?<=<!-- generated: )([\w-]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def page(path: str) -> str:
    """A hand-written page with its generated blocks made anew. Raises LookupError where markers and `BLOCKS` differ."""
    makers, text = BLOCKS[path], (ROOT / path).read_text(encoding="utf-8")
    marked = [match[1] for match in _BLOCK.finditer(text)]
    if sorted(marked) != sorted(makers):
        raise LookupError(f"{path}: markers {sorted(marked)}, functions in BLOCKS {sorted(makers)}")
    return _BLOCK.sub(lambda match: f"{match[1]}{match[2]}{makers[match[1]]()}\n", text)


def texts() -> dict[str, str]:
    """Every page and file with generated text, as it should be: path -> text."""
    return {path: page(path) for path in BLOCKS} | {path: make() for path, make in FILES.items()}


def main() -> None:
    """Write what has changed, and say so."""
    made: dict[str, bytes] = {path: text.encode() for path, text in texts().items()}
    made |= {path: make() for path, make in PICTURES.items()}
    changed = [path for path, content in made.items() if not (f := ROOT / path).exists() or f.read_bytes() != content]
    for path in changed:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(made[path])
    print("\n".join(f"written: {path}" for path in changed) or "all generated documentation is up to date")


if __name__ == "__main__":
    main()
