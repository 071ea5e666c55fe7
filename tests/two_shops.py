"""A small scenario that many tests play, sweep and call commands on; `shop` and `undisturbed` are in conftest.py."""

from pathlib import Path

from typer.testing import CliRunner, Result

from sim.cli import app
from sim.experiments import export
from sim.experiments.store import Store

SHOP = """
title = "Two shops"
seed = 7
market = {customers = 30, rounds = 3}
[[firms]]
name = "ours"
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "cheap"
[[alternatives]]
name = "close"
set = {"firms.ours.strategy" = {kind = "learning_relationship", price = 7.0}}
"""
VARY = ["market.heterogeneity=0:1:3"]


def exported(folder: Path) -> bytes:
    """The export of a store, beside it."""
    with Store.open(folder) as held:
        export.to_csv(held, folder.with_suffix(".csv"), force=True)
    return folder.with_suffix(".csv").read_bytes()


def sim(*arguments: object, code: int = 0) -> Result:
    """Call the command; its answer must be what is expected and never a traceback."""
    answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    assert answer.exit_code == code, answer.output
    assert "Traceback" not in answer.output
    return answer
