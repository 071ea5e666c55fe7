"""`python -m benchmarks`: measure, print the verdicts, write docs/performance.md."""

import argparse
import sys
import time

from benchmarks.measure import ROOT


def main() -> int:
    """Returns the exit code: 1 if a ratio is missed and `--assert` was given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small markets only: a minute or two, no verdict to trust")
    parser.add_argument("--assert", action="store_true", dest="strict", help="exit with 1 if a ratio is missed")
    parser.add_argument("--only", nargs="+", metavar="GROUP", help="measure these groups only; nothing is written")
    arguments = parser.parse_args()

    from benchmarks import groups, report  # late: --help needs none of it

    chosen = arguments.only or list(groups.ALL)
    unknown = [name for name in chosen if name not in groups.ALL]
    if unknown:
        parser.error(f"there is no group {', '.join(unknown)}; groups: {', '.join(groups.ALL)}")
    found = []
    for name in chosen:
        began = time.perf_counter()
        print(f"{name} …", end=" ", flush=True, file=sys.stderr)
        found += groups.measure(name, arguments.quick)
        print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
    page = report.markdown(found, arguments.quick)
    if arguments.only or arguments.quick:
        print(page)
    else:
        (ROOT / "docs" / "performance.md").write_text(page, encoding="utf-8")
        verdicts = [verdict for section in found for verdict in section.verdicts]
        print("\n".join(report.verdict_table(verdicts)))
        print("Written to docs/performance.md")
    missed = [v.what for section in found for v in section.verdicts if not v.passed]
    return 1 if missed and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
