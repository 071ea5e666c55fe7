"""Does any verdict hang on single precision? Every claim examined with the state stored in single and in double.

`python -m benchmarks.precision` examines all claims twice with the same seeds and writes docs/precision.md.
"""

import argparse
import math
import sys
import time
from functools import partial
from statistics import median
from typing import NamedTuple

from benchmarks.measure import ROOT
from sim.experiments.claims import Finding, examine, gallery
from sim.run import simulate
from sim.scenario import Scenario

PAGE = ROOT / "docs" / "precision.md"
HEAD = """# Single or double precision

Made by `{command}`; do not edit. The state is stored in single precision and computed in double
([why](model.md#numbers)). Here every claim was examined twice with the same seeds, the second time with
`precision="double"`. Rounding can tip a choice, and from there on a market goes another way. Where it tips none,
payments are the same to the last digit, trust and needs are not. What counts is whether effects differ by less than
they are uncertain anyway, and whether a verdict changes.
"""


class Pair(NamedTuple):
    """One claim, examined with the same seeds."""

    single: Finding
    double: Finding

    @property
    def shifts(self) -> list[float]:
        """By how many of its half widths the effect of each cell differs; NaN where a cell has no interval."""
        return [
            _share(abs(one.effect.mean - two.effect.mean), one.effect.high - one.effect.mean)
            for one, two in zip(self.single.cells, self.double.cells, strict=True)
        ]

    @property
    def same_verdict(self) -> bool:
        """Is the claim judged alike, and on the same factors?"""
        return self.single.verdict == self.double.verdict

    @property
    def same_cells(self) -> int:
        """How many cells are judged alike."""
        return sum(a.verdict == b.verdict for a, b in zip(self.single.cells, self.double.cells, strict=True))


def examined(scenario: Scenario, full: bool, workers: int | None = None) -> Pair:
    """A claim with both precisions."""
    return Pair(
        *(
            examine(scenario, full=full, workers=workers, simulate=partial(simulate, precision=precision))
            for precision in ("single", "double")
        )
    )


def page(pairs: dict[str, Pair], full: bool) -> str:
    """docs/precision.md: a line for each claim, and what they come to."""
    cells = sum(len(pair.single.cells) for pair in pairs.values())
    same = sum(pair.same_cells for pair in pairs.values())
    alike = sum(pair.same_verdict for pair in pairs.values())
    shifts = [shift for pair in pairs.values() for shift in pair.shifts if math.isfinite(shift)]
    command = f"python -m benchmarks.precision{' --full' if full else ''}"
    middle, most = median(shifts), max(shifts)
    lines = [HEAD.format(command=command)]
    lines += [
        f"**{alike} of {len(pairs)} verdicts are the same; {same} of {cells} cells are judged alike.** The effect of",
        f"a cell differs by {middle:.2g} half widths of its 95 % interval in the median, by {most:.2g} at most."
        if middle
        else f"a cell is the same in the median, and differs by {most:.2g} half widths of its 95 % interval at most.",
        "",
        "| claim | verdict, single | verdict, double | effect, single | effect, double | difference, half widths |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for claim, pair in pairs.items():
        widest = max((shift for shift in pair.shifts if math.isfinite(shift)), default=math.nan)
        verdicts = [": ".join(filter(None, (finding.verdict.kind, finding.verdict.words))) for finding in pair]
        if pair.same_verdict:
            verdicts[1] = "the same"
        said = [claim, *verdicts, pair.single.range, pair.double.range, f"{widest:.2g}"]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in said)} |")
    seeds = "as in docs/claims.md" if full else "those of a first look"
    words = (
        "Effects are those of the least and the greatest cell; the difference is that of the cell where it is largest."
    )
    lines += ["", f"{words} Seeds: {seeds}.", ""]
    return "\n".join(lines)


def _share(part: float, whole: float) -> float:
    if part == 0.0:
        return 0.0
    return part / whole if whole > 0 else math.nan


def main() -> int:
    """Returns the exit code: 1 if a verdict changes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--full", action="store_true", help="with as many seeds as the documentation")
    parser.add_argument("--only", nargs="+", metavar="CLAIM", help="these claims only; nothing is written")
    arguments = parser.parse_args()
    known = gallery(ROOT / "scenarios")
    if unknown := [claim for claim in arguments.only or () if claim not in known]:
        parser.error(f"there is no claim {', '.join(unknown)}; there are: {', '.join(known)}")
    pairs = {}
    for claim in arguments.only or known:
        began = time.perf_counter()
        pairs[claim] = examined(known[claim][1], arguments.full)
        print(f"{claim} {time.perf_counter() - began:.0f} s", file=sys.stderr)
    found = page(pairs, arguments.full)
    if arguments.only:
        print(found)
    else:
        PAGE.write_text(found, encoding="utf-8")
        print(f"Written to {PAGE.relative_to(ROOT)}")
    return 0 if all(pair.same_verdict for pair in pairs.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
