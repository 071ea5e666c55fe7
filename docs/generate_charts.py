"""Write docs/charts.md, its pictures and the map of docs/experiments.md: `python docs/generate_charts.py` (minutes).

Every chart of `sim.charts.CHARTS` is drawn from small markets of the library, with few alternatives and, where that
asks for another design, with twenty.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from PIL import Image

import sim
from sim.charts import CHARTS, chart
from sim.experiments.discovery import discover
from sim.experiments.sensitivity import sensitivity
from sim.scenario import parse
from sim.strategies.base import registry

ROOT = Path(__file__).resolve().parent.parent
IMAGES = Path("docs/images/charts")
WHERE = Path("docs/images/where.png")  # in README.md and docs/experiments.md
WIDTH = 840  # pixels
MANY = 20

# ------------------------------------------------------------------------------------------------------ what is drawn


def everyday(**changes: Any) -> Any:
    """The scenario of most pictures, small."""
    small = {"market.customers": 500, "market.rounds": 60, "market.heterogeneity": 1.0}
    return sim.load(ROOT / "scenarios/everyday_low_price.toml").with_changes(small | changes)


def kinds() -> list[str]:
    """Strategies of the library."""
    return [kind for kind, cls in registry().items() if cls.__module__.startswith("sim.strategies.")][:MANY]


@cache
def comparison() -> Any:
    """Two alternatives."""
    return sim.compare(everyday(), 12)


@cache
def many_alternatives() -> Any:
    """Twenty."""
    found = [{"name": kind.replace("_", " "), "set": {"firms.Our shop.strategy": {"kind": kind}}} for kind in kinds()]
    return sim.compare(everyday(alternatives=found, baseline="everyday low price", factors=[], examination=None), 8)


@cache
def results() -> Any:
    """Two firms."""
    return sim.simulate(everyday(**{"market.rounds": 120}), seed=1, alternative="relationship", log=True)


@cache
def many_firms() -> Any:
    """Twenty."""
    firms = [{"name": kind.replace("_", " "), "unit_cost": 4.0, "strategy": {"kind": kind}} for kind in kinds()]
    market = {"customers": 800, "rounds": 80, "discount_rate": 0.005, "heterogeneity": 0.8}
    scenario = {"title": "Twenty shops", "seed": 1, "market": market, "focus": firms[0]["name"], "firms": firms}
    return sim.simulate(parse(scenario), log=True)


@cache
def letters() -> Any:
    """Six firms, four of which write to their customers."""
    writing = {f"firms.{firm}.strategy.contacts": 2.0 for firm in range(4)}
    return sim.simulate(sim.load(ROOT / "scenarios/inbox.toml").with_changes(writing), seed=1, log=True)


@cache
def crisis() -> Any:
    """Customers on a network."""
    return sim.simulate(sim.load(ROOT / "scenarios/chip_flaw.toml"), seed=1, alternative="late")


@cache
def tournament() -> Any:
    """Three strategies."""
    three = ["everyday_low_price", "learning_relationship", "fee_extractor"]
    return sim.tournament(everyday(**{"market.heterogeneity": 0.6}), three, out=_folder(), seeds=8)[0]


@cache
def many_strategies() -> Any:
    """Twenty."""
    tiny = everyday(**{"market.customers": 200, "market.rounds": 40, "market.heterogeneity": 0.6})
    return sim.tournament(tiny, kinds(), out=_folder(), seeds=5)[0]


@cache
def sweep() -> Any:
    """A grid of three factors."""
    vary = [
        "market.heterogeneity=0.3:1.5:5",
        "segments.households.purchase_rate.mean=0.2:1.0:5",
        "market.turbulence=0,0.2",
    ]
    return sim.sweep(everyday(**{"market.rounds": 40}), vary, out=_folder(), seeds=5).table()


@cache
def flat() -> Any:
    """A grid of two factors."""
    vary = ["market.heterogeneity=0.3:2.1:7", "segments.households.purchase_rate.mean=0.2:1.4:7"]
    return sim.sweep(everyday(), vary, out=_folder(), seeds=5).table()


def where() -> Any:
    """The grid whose command stands in docs/experiments.md, of the scenario as it is."""
    vary = ["market.heterogeneity=0.5:2:9", "segments.households.purchase_rate.mean=0.2:1.2:9"]
    return sim.sweep(sim.load(ROOT / "scenarios/everyday_low_price.toml"), vary, out=_folder(), seeds=5).table()


@cache
def screening() -> Any:
    """Morris' design of six factors."""
    vary = [
        "market.heterogeneity=0.3:1.5", "market.turbulence=0:0.2", "segments.households.purchase_rate.mean=0.2:1.0",
        "relationship.initial_trust=0.1:0.6", "learning.forgetting=0:0.2", "relationship.search_effort=0.5:2",
    ]  # fmt: skip
    scenario = everyday(**{"market.customers": 200, "market.rounds": 40})
    return sim.sweep(scenario, vary, kind="morris", points=12, out=_folder(), seeds=4).table()


def _folder() -> str:
    return tempfile.mkdtemp() + "/experiment"


# what a chart needs -> its name in the code line, and how it is made
USUAL: dict[str, tuple[str, Callable[[], Any]]] = {
    "comparison": ("comparison", comparison),
    "results": ("results", results),
    "tournament": ("tournament", tournament),
    "sweep": ("sweep.table()", flat),
    "ablation": ("ablation", lambda: sim.ablate(everyday(), 6)),
    "sensitivity": ("sensitivity(sweep.table())", lambda: sensitivity(screening())),
    "discovery": ("discover(sweep.table())", lambda: discover(flat())),
}
OTHER: dict[str, Callable[[], Any]] = {"tornado": sweep, "inbox": letters, "customer_network": crisis}
LARGE: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(("profit_paths", "who_gets_the_value", "risk_return"), many_alternatives),
    **dict.fromkeys(("retention_curves", "lifetime_values", "switching_flow", "phases_picture"), many_firms),
    **dict.fromkeys(("customer_firm_graph", "portraits_picture"), many_firms),
    **dict.fromkeys(("ranking", "payoff_matrix", "ecology"), many_strategies),
}
HEADINGS = {
    "comparison": "Of a comparison",
    "results": "Of one run",
    "tournament": "Of a tournament",
    "sweep": "Of a sweep",
    "sensitivity": "Of a sensitivity analysis",
    "discovery": "Of regions found in a sweep",
    "ablation": "Of an ablation",
}
HEAD = """# Charts

Made by `python docs/generate_charts.py` from `sim.charts.CHARTS`; do not edit. Each chart is a function: results in,
Axes (or, if it fills a slide, a Figure) out. Colours are those of the strategies, everywhere the same; lines are named
where they end; the caption under a chart says how many runs, which seeds and which interval, and claims no interval for
a single run. What cannot be estimated is not drawn, and the chart says so.

```python
import sim
from sim.charts import profit_bridge

scenario = sim.load("scenarios/everyday_low_price.toml").with_changes({"market.customers": 50, "market.rounds": 10})
comparison = sim.compare(scenario, 3)
axes = profit_bridge(comparison)  # with a figure and a caption of its own; or into yours: ax=...
print(axes.get_title(loc="left"))
```

```text
Where the difference in discounted profit comes from
```

From what `sim run`, `sim compare`, `sim sweep` and `sim tournament` have written, without any code:

```sh
sim chart out/compare-everyday_low_price
sim chart out/compare-everyday_low_price profit_bridge --out bridge.svg
```

The first line lists the charts that fit the result, the second draws one of them as `.png`, `.svg` or `.pdf`. Charts
that follow single customers need their purchases: `sim run --log`, `sim.simulate(..., log=True)`. Those that look at
the market in the middle of a run play it again from its scenario and seed, and check that it comes out the same.
"""


def page() -> str:
    """docs/charts.md."""
    parts = [HEAD]
    for need, heading in HEADINGS.items():
        parts.append(f"## {heading}\n")
        for name, each in CHARTS.items():
            if each.needs != need:
                continue
            parts.append(f"### {name}\n\n{each.shows}.\n\n`{name}({USUAL[need][0]})`\n")
            parts.append(f"![{each.shows}](images/charts/{name}.png)\n")
            if name in LARGE:
                parts.append(f"With {MANY}:\n\n![{each.shows}, with {MANY}](images/charts/{name}-{MANY}.png)\n")
    return "\n".join(parts)


def pictures() -> dict[str, Callable[[], Any]]:
    """Name of every picture -> what it is drawn from."""
    found = {name: OTHER.get(name, USUAL[each.needs][1]) for name, each in CHARTS.items()}
    return found | {f"{name}-{MANY}": of for name, of in LARGE.items()}


def draw(name: str, of: Callable[[], Any]) -> bytes:
    """A picture as a small PNG."""
    drawn = chart(name.removesuffix(f"-{MANY}"))(of())
    figure = drawn.figure if isinstance(drawn, Axes) else drawn
    picture, small = BytesIO(), BytesIO()
    figure.savefig(picture, format="png")
    with Image.open(picture) as large:
        height = round(large.height * WIDTH / large.width)
        reduced = large.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        # k-means keeps the colours of thin lines and small dots, which name the strategies
        reduced.quantize(256, kmeans=3).save(small, format="png", optimize=True)
    return small.getvalue()


def main() -> None:
    """Write the page and all pictures."""
    (ROOT / IMAGES).mkdir(parents=True, exist_ok=True)
    wanted = pictures()
    for old in (ROOT / IMAGES).glob("*.png"):
        if old.stem not in wanted:
            old.unlink()
    for name, of in wanted.items():
        (ROOT / IMAGES / f"{name}.png").write_bytes(draw(name, of))
        print(name, flush=True)
    (ROOT / WHERE).write_bytes(draw("strategy_map", where))
    (ROOT / "docs/charts.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
