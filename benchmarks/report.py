"""docs/performance.md from what was measured."""

from datetime import UTC, datetime

from benchmarks import machine
from benchmarks.measure import Verdict
from benchmarks.sections import Section, shown

HEAD = """# Performance

Made by `make bench`; do not edit. Every comparison was measured in one process, its parts in turn, in processor time
unless it says otherwise. Numbers are medians with their range. Absolute times are those of one machine on one day, and
of one that had other work to do; ratios are what to look at.
"""


def verdict_table(verdicts: list[Verdict]) -> list[str]:
    """What was asked, what was found, pass or fail."""
    lines = ["| ratio | asked | found | |", "|---|---|---|---|"]
    for v in verdicts:
        found = f"{shown(v.found)}; {v.beside}" if v.beside else shown(v.found)
        lines.append(f"| {v.what} | {v.asked} | {found} | {'pass' if v.passed else '**fail**'} |")
    return lines


def markdown(sections: list[Section], quick: bool) -> str:
    """The whole page."""
    verdicts = [verdict for section in sections for verdict in section.verdicts]
    lines = [HEAD]
    if quick:
        lines += ["**Measured with `--quick`: smaller markets than the ratios are asked for.**", ""]
    if verdicts:
        lines += ["## Ratios", "", *verdict_table(verdicts), ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        if section.columns:
            lines += [_line(section.columns), "|" + "---|" * len(section.columns), *map(_line, section.rows), ""]
        if section.words:
            lines += [section.words, ""]
    lines += ["## The machine", ""]
    lines += [f"- {name}: {value}" for name, value in machine.description().items()]
    lines += [f"- measured on {datetime.now(UTC):%Y-%m-%d}", ""]
    return "\n".join(lines)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
