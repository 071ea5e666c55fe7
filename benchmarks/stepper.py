"""What a step in a notebook costs the kernel: `python -m benchmarks.stepper`.

500 customers on a network and three charts, as a student has them on the page. Counted is all that the kernel does for
a click: the round, the table, the numbers of the picture, and their way into JSON. What the browser then draws is not
in it; `tests/browser` asserts that it does.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Spread, Verdict, at_least, at_most, child, interleaved

if TYPE_CHECKING:
    from benchmarks.sections import Section
    from sim.notebook.panel import Panel
    from sim.scenario import Scenario

CUSTOMERS = 500
FILE = Path(__file__).resolve().parent.parent / "scenarios" / "everyday_low_price.toml"
STEPS_PER_SECOND, FIRST_VIEW = 5.0, 3.0  # asked for: at least, and seconds at most


class Wire:
    """Stands in for the line from kernel to browser: turns messages into JSON, as the line would, and counts bytes."""

    def __init__(self) -> None:
        import comm
        from comm.base_comm import BaseComm

        wire, self.sent = self, 0

        class Line(BaseComm):
            def publish_msg(self, msg_type: str, data: Any = None, **rest: Any) -> None:
                wire.sent += len(json.dumps(data or {}).encode()) + sum(map(len, rest.get("buffers") or ()))

        comm.create_comm = Line  # where a kernel puts its own


def scenario(customers: int = CUSTOMERS) -> Scenario:
    """A market of so many customers who know each other."""
    import sim

    return sim.load(FILE).with_changes({"market.customers": customers, "network": {"kind": "watts_strogatz"}})


def panel(customers: int = CUSTOMERS) -> Panel:
    """The widgets of a stepper of this market."""
    from sim.notebook import Stepper
    from sim.notebook.panel import Panel

    return Panel(Stepper(scenario(customers)))


def click(shown: Panel, name: str = "Step") -> None:
    """What happens when the reader clicks a button."""
    next(each for each in shown.box.children[0].children if getattr(each, "description", "") == name).click()


def first_view() -> dict[str, float]:
    """Seconds of the imports, from there to the first picture on its way, and of the first step; bytes. To be asked in
    a fresh process.
    """
    began = time.perf_counter()
    wire = Wire()
    import sim.notebook.panel
    import sim.simulation  # noqa: F401 - what the reader's first cell has imported

    imported = time.perf_counter()
    shown = panel()
    seen, size = time.perf_counter(), wire.sent
    click(shown)
    stepped = time.perf_counter()
    return {"imports": imported - began, "view": seen - imported, "step": stepped - seen, "bytes": size}


def stepper(quick: bool = False) -> Iterator[Section]:
    """A click by a reader, early and late in a run, and the first view."""
    from benchmarks.sections import Section, shown
    from sim.simulation import Simulation

    times = 3 if quick else 7
    views = [child("-m", "benchmarks.stepper", "--first-view").told for _ in range(times)]
    wire, early, late = Wire(), panel(), panel()
    plain = Simulation(scenario())
    for _ in range(8):
        click(early)
    late.stepper.go(late.stepper.rounds - 4 * times)
    late.show()
    plain.advance(8)
    before, many = wire.sent, 3

    def clicks(each: Panel) -> None:
        for _ in range(many):
            click(each)

    taken = interleaved({
        "early": lambda: clicks(early), "late": lambda: clicks(late), "round": lambda: plain.advance(many)
    }, times)  # fmt: skip
    size = (wire.sent - before) / (2 * many * times)
    per = {name: Spread.of([value / many for value in values]) for name, values in taken.items()}
    view = Spread.of([told["view"] for told in views])
    rows = [
        ("first view, after imports", f"{shown(view)} s", f"{views[0]['bytes'] / 1000:,.0f} kB"),
        ("first step (code is fetched)", f"{shown(Spread.of([told['step'] for told in views]))} s", ""),
        ("a step near the beginning", f"{shown(per['early'], 1e3)} ms", f"{size / 1000:,.0f} kB"),
        ("a step near the end", f"{shown(per['late'], 1e3)} ms", "as above"),
        ("of which the market's round", f"{shown(per['round'], 1e3)} ms", ""),
    ]
    words = (
        f"{CUSTOMERS} customers on a small world, two firms, three charts. Processor time of the kernel, but wall time "
        "of the first view, which counts for the reader."
    )
    yield Section("A step in a notebook", ("", "time", "sent to the browser"), rows, words, verdicts(per["late"], view))


def verdicts(step: Spread, view: Spread) -> tuple[Verdict, Verdict]:
    """What was asked: five steps or more a second, and the first view within three seconds."""
    speed = Spread(1 / step.median, 1 / step.high, 1 / step.low)
    return (
        at_least(f"steps a second in a notebook, {CUSTOMERS} customers (kernel's part)", STEPS_PER_SECOND, speed),
        at_most(f"seconds to the first view in a notebook, {CUSTOMERS} customers", FIRST_VIEW, view),
    )


def main() -> None:
    """Print what was measured."""
    from benchmarks.report import markdown

    print(markdown(list(stepper()), quick=False))


if __name__ == "__main__":
    if "--first-view" in sys.argv:
        print(json.dumps(first_view()))
    else:
        main()
