"""`sim sensitivity` and `sim discover`: which factors of a sweep matter, and where an alternative wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.inputs import AsJson, Measure, StoreName
from sim.cli.picture import Picture, Replace, place, save
from sim.cli.terminal import UsageError, fill, plainly, show, show_json, table

if TYPE_CHECKING:
    from sim.experiments.discovery import Discovery
    from sim.experiments.sensitivity import Sensitivity

Contrast = Annotated[
    list[str] | None, typer.Option("--of", metavar="NAME", help="An alternative, or two to take the difference of.")
]


def sensitivity(
    store: StoreName, contrast: Contrast = None, measure: Measure = "discounted_profit", out: Picture = None,
    force: Replace = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Which factors of a sweep (--design saltelli or morris) matter, with intervals; and a picture."""
    with plainly():
        file = place(store, "sensitivity", measure, out, force)
        from sim.experiments.sensitivity import sensitivity as analysed
        from sim.experiments.sweep import Sweep

        try:
            found = analysed(Sweep(store).table(measure), contrast or ())
        except ValueError as error:
            raise UsageError(str(error)) from None
        from sim.charts import sensitivity_picture

        save(sensitivity_picture(found), file)
        if as_json:
            show_json({"headline": found.headline(), "luck": found.luck, "rows": found.rows(), "picture": str(file)})
            return
        _show_sensitivity(found)
        show(f"The picture: {file}")


def discover(
    store: StoreName, contrast: Contrast = None, measure: Measure = "discounted_profit",
    boxes: Annotated[int, typer.Option(min=1, help="Most regions to look for.")] = 8, out: Picture = None,
    force: Replace = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Regions of a sweep's conditions in which an alternative is ahead or behind; and a picture."""
    with plainly():
        file = place(store, "regions", measure, out, force)
        from sim.experiments.discovery import discover as sought
        from sim.experiments.sweep import Sweep

        try:
            found = sought(Sweep(store).table(measure), contrast or (), boxes=boxes)
        except ValueError as error:
            raise UsageError(str(error)) from None
        from sim.charts import discovery_picture

        save(discovery_picture(found), file)
        if as_json:
            told = {"headline": found.headline(), "explained": found.explained, "honest": found.honest}
            show_json(told | {"rows": found.rows(), "picture": str(file)})
            return
        _show_regions(found)
        show(f"The picture: {file}")


def _show_sensitivity(found: Sensitivity) -> None:
    from sim.analysis.metrics import readable

    names = list(dict.fromkeys(index.name for index in found.indices))
    spans = ("first", "total") if found.kind == "saltelli" else ("size",)
    rows = table(found.outcome, "factor", *names, *(f"95 % interval of {name}" for name in spans), numbers_from=1)
    values = {(index.factor, index.name): index for index in found.indices}
    unit = "share" if found.kind == "saltelli" else found.unit
    for index in found.ranking():
        cells = [readable(values[index.factor, name].value, unit) for name in names]
        own = (values[index.factor, name] for name in spans)
        limits = [f"{readable(each.low, unit)} to {readable(each.high, unit)}" for each in own]
        fill(rows, found.labels[index.factor], *cells, *limits, bold=found.clear(index.factor))
    show(rows)
    show(f"{found.headline()[:1].upper()}{found.headline()[1:]}.")


def _show_regions(found: Discovery) -> None:
    from sim.analysis.metrics import readable, readable_interval

    rows = table(found.outcome, "where", "mean", "conditions", "ahead in", numbers_from=1)
    for box in found.boxes:
        lead = readable_interval(box.lead, found.unit, signed=True)
        fill(rows, str(box), lead, str(box.conditions), readable(box.density, "share"))
    show(rows)
    show(found.measured)
    show(f"{found.headline()[:1].upper()}{found.headline()[1:]}.")
