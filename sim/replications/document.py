"""The report of the replications: a Markdown page and a picture each, written from what was just measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.replications.picture import picture
from sim.replications.replication import Check, Found, Replication

if TYPE_CHECKING:
    from sim.replications.laws import Observed

MARK = {"reproduced": "reproduced", "missed": "**missed**", "undecided": "**undecided**"}
HEAD = """# Published results come out of the model

Each result below is a *limit* of the model: a scenario file that switches terms off, played by the ordinary engine and
compared with a number that somebody else published or that follows in closed form. Nothing was tuned to a target.
`sim replicate` repeats all of it with smaller populations, `sim replicate --full` at the sizes shown here; pictures
come with `--plot`. This page was written by `docs/generate_replications.py` and is not edited by hand.

How much is claimed (Axtell, Axelrod, Epstein & Cohen 1996): *numerical identity*: the same numbers; *distributional
equivalence*: no difference that statistics could find at this size; *relational alignment*: the same relations between
causes and effects. A number is *reproduced* if it lies within the tolerance and its 95 % Monte Carlo interval is not
wider than the tolerance, *undecided* if only the former holds, *missed* otherwise.
"""


def readable(number: float) -> str:
    """Five significant digits at the most, without a needless exponent."""
    return f"{number:.5g}" if number == 0 or 1e-3 <= abs(number) < 1e5 else f"{number:.2e}"


def interval(check: Check) -> str:
    """The Monte Carlo interval in words."""
    return "exact" if check.interval is None else f"{readable(check.interval[0])} to {readable(check.interval[1])}"


def target(check: Check) -> str:
    """The target; bounds say so."""
    return ("" if check.bound == "equal" else f"{check.bound} ") + readable(check.target)


def rows(found: Found) -> list[list[str]]:
    """What was measured, as cells: what, target, measured, interval, tolerance, verdict."""
    return [
        [check.what, target(check), readable(check.measured), interval(check), check.rule or f"± {check.tolerance:g}",
         check.verdict]
        for check in found.checks
    ]  # fmt: skip


def summary(played: Mapping[str, tuple[Replication, Found]]) -> str:
    """One line per replication."""
    lines = ["| | result | claimed | targets reproduced |", "|---|---|---|---|"]
    for name, (replication, found) in played.items():
        good = sum(check.verdict == "reproduced" for check in found.checks)
        link = f"[{name}](#{name.lower()})"
        lines.append(f"| {link} | {replication.title} | {replication.level} | {good} of {len(found.checks)} |")
    return "\n".join(lines)


def section(replication: Replication, found: Found, pictures: str) -> str:
    """One replication: what was done, the table, the picture."""
    table = [
        "| measured quantity | target | measured | 95 % interval | tolerance | verdict |",
        "|---|---|---|---|---|---|",
    ]
    table += [f"| {' | '.join([*cells[:-1], MARK[cells[-1]]])} |" for cells in rows(found)]
    files = ", ".join(f"`sim/replications/{name}.toml`" for name in replication.scenarios)
    return "\n".join(
        [
            f'## <a id="{replication.name.lower()}"></a>{replication.name} · {replication.title}',
            "",
            f"*Source:* {replication.source}.  ",
            f"*Claimed:* {replication.level}.  ",
            f"*Switched off:* {replication.off}.  ",
            f"*Played:* {played(replication)}  ",
            f"*Scenario:* {files}" if files else "",
            "",
            *table,
            "",
            f"![{replication.title}]({pictures}/{replication.name}.png)",
        ]
    )


def played(replication: Replication) -> str:
    """The size of the run, from the docstring of `run`."""
    return " ".join((replication.run.__doc__ or "").split())


def page(results: Mapping[str, tuple[Replication, Found]], pictures: str, appendix: str = "") -> str:
    """The whole document."""
    sections = [section(replication, found, pictures) for replication, found in results.values()]
    return "\n".join([HEAD, summary(results), "", *("\n" + text for text in sections), appendix])


def write(
    folder: Path,
    results: Mapping[str, tuple[Replication, Found]],
    pictures: Path | None = None,
    markets: Sequence[Observed] = (),
) -> None:
    """Write replications.md into `folder`, and the pictures beside it or into `pictures`, a folder below it.

    markets: what `sim.replications.laws` observed with the relationship terms on; a section of its own.
    """
    pictures = folder if pictures is None else pictures
    pictures.mkdir(parents=True, exist_ok=True)
    where = pictures.relative_to(folder).as_posix()
    for name, (replication, found) in results.items():
        picture(replication, found).savefig(pictures / f"{name}.png", dpi=96)
    appendix = ""
    if markets:
        from sim.replications.laws_pictures import PICTURES
        from sim.replications.laws_pictures import section as laws

        appendix = "\n\n" + laws(markets, where) + "\n"
        for name, drawn in PICTURES.items():
            drawn(markets).savefig(pictures / f"laws_{name}.png", dpi=96)
    (folder / "replications.md").write_text(page(results, where, appendix), encoding="utf-8")
