"""`sim fit`: customers out of a transaction log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.inputs import AsJson
from sim.cli.terminal import UsageError, fill, plainly, show, show_json, table

if TYPE_CHECKING:
    from sim.calibrate import FittedLog


def fit(
    log: Annotated[Path, typer.Argument(metavar="LOG.csv", help="A line per purchase: who bought, and when.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the customers as a scenario to FILE.")] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture of the fit beside it.")] = False,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Fit up to here; forecast what follows.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column that says who bought.")] = None,
    date: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column that says when.")] = None,
    customers: Annotated[
        int | None, typer.Option(min=1, help="All were there from the start, so many, as in a run of this simulator.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    as_json: AsJson = False,
) -> None:
    """Estimate from a transaction log how often customers buy and when they leave (BG/NBD); write it as a scenario."""
    with plainly():
        from sim.analysis.bgnbd import FitError
        from sim.calibrate import fit_log

        picture = (out or Path(log.stem)).with_suffix(".png") if plot else None
        for file in (out, picture):
            if file is not None and file.exists() and not force:
                raise UsageError(f"{file}: exists already; choose another name or add --force")
        try:
            fitted = fit_log(log, until=until, customer=customer, moment=date, customers=customers)
        except FitError as error:
            raise UsageError(str(error)) from None
        try:
            if out is not None:
                out.write_text(fitted.scenario(), encoding="utf-8")
            if picture is not None:
                fitted.picture().savefig(picture)
        except OSError as error:
            raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from None
        _report_fit(fitted, [str(file) for file in (out, picture) if file is not None], as_json)


def _report_fit(fitted: FittedLog, files: list[str], as_json: bool) -> None:
    from sim.analysis.bgnbd import NAMES

    fit, unit = fitted.fit, fitted.purchases.unit
    estimates = dict(zip(NAMES, zip(fit.parameters.tolist(), fit.errors.tolist(), strict=True), strict=True))
    split = fitted.last > fitted.end
    if as_json:
        summary = {"log": fitted.name, "unit": unit, "customers": fit.customers, "log_likelihood": fit.log_likelihood}
        summary |= {"repeats": int(fitted.known.repeats.sum()), "doubts": list(fit.doubts), "files": files}
        summary["parameters"] = {n: {"estimate": value, "error": error} for n, (value, error) in estimates.items()}
        show_json(summary | ({"forecast": fitted.forecast, "actual": fitted.actual} if split else {}))
        return
    meaning = (f"shape of purchase rates; mean r/alpha = {fit.r / fit.alpha:.3g} a {unit}", f"their rate, in {unit}s")
    meaning += (f"attrition after a purchase; mean a/(a+b) = {fit.a / (fit.a + fit.b):.3g}", "")
    numbers = table(f"BG/NBD of {fitted.name}", "parameter", "meaning", "estimate", "standard error", numbers_from=2)
    for (name, (value, error)), words in zip(estimates.items(), meaning, strict=True):
        fill(numbers, name, words, f"{value:.4f}", f"{error:.4f}" if error == error else "not known")
    show(numbers)
    span = f"{fitted.known.repeats.sum():.0f} repeat purchases in up to {fitted.known.length.max():.1f} {unit}s"
    show(f"{fit.customers} customers, {span}; log-likelihood {fit.log_likelihood:.2f}.")
    if split:
        show(f"After that: {fitted.forecast:.0f} repeat purchases were to be expected, {fitted.actual} came.")
    for doubt in fit.doubts:
        show(f"Careful: {doubt}.")
    if files:
        show(f"Written: {', '.join(files)}")
