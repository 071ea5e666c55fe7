"""What a run leaves behind: accounts per firm and round, market series, final dyads, provenance.

`Results` is plain NumPy and JSON. Loading one needs neither Mesa nor numba, so that an analysis made today opens on a
machine that cannot run the simulation. On disk it is a single ``.npz`` (a ZIP of arrays, never a pickle: a file from a
stranger cannot run code) whose member ``metadata`` is JSON. Every bit of every float survives the round trip.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.csv_cells import cell
from sim.in_words import InWords
from sim.soundness import are_names, are_texts, is_count, is_scenario, misfit, no_numbers, unknown_numbers
from sim.whole import whole

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "buyer-seller-sim"
VERSION = 1  # of the file layout; raised only when an older program could not read the file


class Quantity(NamedTuple):
    """Unit and meaning of one recorded number."""

    unit: str
    meaning: str


# One line per recorded number: the tables in the documentation and the axes of the charts are made from these.
ACCOUNTS: dict[str, Quantity] = {
    "revenue": Quantity("euro", "all payments of customers to the firm"),
    "sales": Quantity("euro", "prices and outcome shares paid"),
    "surcharges": Quantity("euro", "surcharges paid on top of the list price"),
    "exit_fees": Quantity("euro", "fees paid by customers who left"),
    "opt_out_fees": Quantity("euro", "fees paid to be left alone"),
    "cost": Quantity("euro", "all costs of the firm"),
    "production": Quantity("euro", "unit cost of what was sold"),
    "personalisation": Quantity("euro", "cost of tailoring offers to one customer"),
    "contacting": Quantity("euro", "cost of contacts sent"),
    "listening": Quantity("euro", "cost of the open channel to identified customers"),
    "identification": Quantity("euro", "cost of knowing customers by name"),
    "advertising": Quantity("euro", "spending on awareness"),
    "content": Quantity("euro", "spending on useful content for everybody"),
    "compensation": Quantity("euro", "paid to customers who complained about a failure"),
    "profit": Quantity("euro", "revenue less cost"),
    "purchases": Quantity("purchases", "encounters in which the firm was chosen"),
    "first_time": Quantity("purchases", "by customers who had never bought from the firm"),
    "repeat": Quantity("purchases", "by customers who had bought from the firm before"),
    "won": Quantity("customers", "who came from another supplier"),
    "lost": Quantity("customers", "who went to another supplier"),
    "newcomers": Quantity("customers", "who had no supplier before"),
    "contacts": Quantity("contacts", "messages sent to identified customers"),
    "failures": Quantity("purchases", "deliveries that failed"),
    "complaints": Quantity("complaints", "failures that the customer voiced"),
    "opt_outs": Quantity("customers", "who asked not to be contacted again"),
    "trust": Quantity("sum over buyers", "trust in the firm after the encounter, each in [0, 1]"),
    "context": Quantity("sum over buyers", "context shared with the firm, each in [0, 1]"),
    "fit": Quantity("sum over buyers", "fit of the offer to the need, each in [0, 1]"),
    "surplus": Quantity("euro", "value in use less payments and effort of the firm's buyers"),
    "effort": Quantity("euro", "worth of the effort of buying from the firm"),
    "value": Quantity("euro", "value in use created with the firm's buyers"),
    "evidence": Quantity("sum over buyers", "evidence of goodwill, each in [-1, 1]"),
    "identified": Quantity("customers", "whom the firm knows, at the end of the round"),
    "price": Quantity("euro", "public list price; NaN while the firm is not in the market"),
    "present": Quantity("0 or 1", "is the firm in the market"),
}
MARKET: dict[str, Quantity] = {
    "occasions": Quantity("occasions", "needs that arose"),
    "purchases": Quantity("purchases", "occasions that ended with a firm"),
    "no_purchase": Quantity("occasions", "that ended without a purchase"),
    "stress": Quantity("sum over customers", "fatigue from the contacts of all firms"),
    "overload": Quantity("sum over customers", "share of stress beyond what the customer tolerates"),
    "switching_cost": Quantity("euro", "sum over switchable customers: what leaving the supplier would lose"),
    "switchable": Quantity("customers", "with an occasion, a supplier and an alternative"),
    "trust": Quantity("sum over customers", "trust of buyers in the firm they chose"),
    "active": Quantity("customers", "in the market"),
    "departures": Quantity("customers", "who left the market for good"),
    "replaced": Quantity("customers", "who gave their place to a fresh one"),
    "value": Quantity("euro", "value in use created"),
    "surplus": Quantity("euro", "value left with the customers"),
    "effort": Quantity("euro", "worth of all buying effort"),
    "payments": Quantity("euro", "from customers to firms"),
}


KEPT = ("levers", "dyads", "customers", "log")  # groups of arrays that a result may do without
ABSENT = ("accounts/price", "levers/")  # NaN while a firm is not in the market; nothing else ever is
DESCRIBED = {  # what the metadata of a run must be, and that in words
    "scenario": (is_scenario, "a scenario"),
    "alternative": (lambda value: value is None or isinstance(value, str), "a name or nothing"),
    "seed": (is_count, "a whole number"),
    "rounds": (lambda value: is_count(value) and value > 0, "a number of rounds"),
    "firms": (are_names, "a list of different names"),
    "strategies": (are_texts, "a list of names"),
    "provenance": (lambda value: isinstance(value, dict), "a table"),
}


class ResultsError(InWords, Exception):
    """A result that cannot be read, written or used; the message says which, why, and what to do."""


class Held(dict[str, np.ndarray]):
    """The arrays of one group as they were read; what they do not hold is a ResultsError."""

    def __missing__(self, name: str) -> np.ndarray:
        raise ResultsError(f"these results hold no {name!r}; they hold: {', '.join(sorted(self))}")


@dataclass(frozen=True, eq=False)
class Results:
    """One run. Arrays are indexed by round - 1 first (`rounds` of them), then by firm (F of them) or customer (C).

    scenario    the scenario as run (JSON-able), alternative its name or None, seed of every random number
    accounts    name -> (rounds, F); names, units and meanings in `ACCOUNTS`
    market      name -> (rounds,); see `MARKET`
    levers      name -> (rounds, F) as posted, the list price where prices were personal; None when not recorded
    dyads       name -> (F, C) at the end: trust, context, expectation, purchases, ...; None when not kept
    customers   name -> (C,) at the end: segment, supplier, stress, aspiration, active; None when not kept
    log         name -> (n,) one entry per purchase: customer, round, firm, price, surcharge, value; None when not kept
    provenance  scenario hash, versions, platform, numbers-version, driver: what is needed to obtain the same bits
                again; given: paths of what the scenario set, see `sim.scenario.Scenario.given`
    """

    scenario: dict[str, Any]
    alternative: str | None
    seed: int
    rounds: int
    firms: list[str]
    strategies: list[str]
    accounts: dict[str, np.ndarray]
    market: dict[str, np.ndarray]
    levers: dict[str, np.ndarray] | None = None
    dyads: dict[str, np.ndarray] | None = None
    customers: dict[str, np.ndarray] | None = None
    log: dict[str, np.ndarray] | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_shapes(self)

    def account(self, name: str) -> np.ndarray:
        """The account `name`, (rounds, F). Raises ResultsError when this result does not hold it."""
        return self._series(self.accounts, name, "account")

    def series(self, name: str) -> np.ndarray:
        """The market series `name`, (rounds,). Raises ResultsError when this result does not hold it."""
        return self._series(self.market, name, "market series")

    @staticmethod
    def _series(group: dict[str, np.ndarray], name: str, what: str) -> np.ndarray:
        if name not in group:
            raise ResultsError(f"these results hold no {what} {name!r}; they hold: {', '.join(sorted(group))}")
        return group[name]

    @property
    def discount_rate(self) -> float:
        """Discount rate per round, from the scenario as run."""
        return float(self.scenario.get("market", {}).get("discount_rate", 0.0))

    @property
    def title(self) -> str:
        """Title of the scenario; with the alternative, where one was run."""
        title = self.scenario.get("title") or "untitled scenario"
        return title if self.alternative is None else f"{title}: {self.alternative}"

    def window(self, first: int, last: int) -> Results:
        """The same results with books of the rounds first to last only, counted from 1; dyads, customers and log stay.

        Raises ResultsError for rounds that were not played.
        """
        if not 1 <= first <= last <= self.rounds:
            raise ResultsError(f"rounds {first} to {last} were asked for; this run has 1 to {self.rounds}")
        shown: dict[str, Any] = {}
        for group in ("accounts", "market", "levers"):
            series = getattr(self, group)
            shown[group] = series and {name: values[first - 1 : last] for name, values in series.items()}
        return replace(self, rounds=last - first + 1, **shown)

    # ---------------------------------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write to `path` (a folder gets ``results.npz``) and return the file; never over another file unasked.

        Raises ResultsError when the file exists and `overwrite` is false, or when it cannot be written.
        """
        arrays = {f"accounts/{name}": values for name, values in self.accounts.items()}
        arrays |= {f"market/{name}": values for name, values in self.market.items()}
        for group in KEPT:
            arrays |= {f"{group}/{name}": values for name, values in (getattr(self, group) or {}).items()}
        names = ("scenario", "alternative", "seed", "rounds", "firms", "strategies", "provenance")
        kept = [group for group in KEPT if getattr(self, group) is not None]
        metadata = {name: getattr(self, name) for name in names} | {"kept": kept}
        return write_archive(archive_path(path, "results.npz"), "results", metadata, arrays, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Results:
        """Read what `save` wrote. Raises ResultsError for a missing, damaged or foreign file, and for one with numbers
        that no run has: text, infinities, NaN but in what an absent firm posts.
        """
        file = archive_path(path, "results.npz")
        metadata, arrays = read_archive(file, "results")
        if wrong := misfit(metadata, DESCRIBED) or unknown_numbers(arrays, ABSENT):
            raise ResultsError(f"{file}: is damaged: {wrong}; run the scenario again")
        groups: dict[str, dict[str, np.ndarray]] = {"accounts": Held(), "market": Held()}
        try:
            groups |= {name: Held() for name in metadata.pop("kept", [])}
            for member, values in arrays.items():
                group, name = member.split("/", 1)
                groups[group][name] = values
            return cls(**metadata, **groups)
        except (KeyError, TypeError, ValueError, ResultsError) as error:
            raise ResultsError(f"{file}: is damaged: its parts do not fit together ({error})") from error

    # --------------------------------------------------------------------------------------------------- frames

    def columns(self) -> dict[str, np.ndarray]:
        """Tidy accounts, one entry per round and firm: round, firm, strategy, then every account."""
        number = len(self.firms)
        columns: dict[str, Any] = {
            "round": np.repeat(np.arange(1, self.rounds + 1), number),
            "firm": np.tile(np.array(self.firms, dtype=object), self.rounds),
            "strategy": np.tile(np.array(self.strategies, dtype=object), self.rounds),
        }
        return columns | {name: values.reshape(-1) for name, values in self.accounts.items()}

    def to_frame(self) -> pd.DataFrame:
        """Tidy accounts: one row per round and firm; see `columns`."""
        import pandas as pd

        return pd.DataFrame(self.columns())

    def market_frame(self) -> pd.DataFrame:
        """Tidy market series: one row per round."""
        import pandas as pd

        return pd.DataFrame({"round": np.arange(1, self.rounds + 1)} | self.market)

    def log_frame(self) -> pd.DataFrame:
        """The transaction log, one row per purchase, firms by name. Raises ResultsError when it was not kept."""
        import pandas as pd

        if self.log is None:
            raise ResultsError("these results hold no transaction log; run again with log=True (sim run --log)")
        frame = pd.DataFrame(self.log)
        frame["firm"] = np.array(self.firms, dtype=object)[self.log["firm"].astype(np.int64)]
        return frame

    def dyad_frame(self) -> pd.DataFrame:
        """The final dyads, one row per customer and firm. Raises ResultsError when they were not kept."""
        import pandas as pd

        if self.dyads is None:
            raise ResultsError("these results hold no dyads; the run was asked not to keep them")
        customers = next(iter(self.dyads.values())).shape[1]
        columns: dict[str, Any] = {
            "customer": np.repeat(np.arange(customers), len(self.firms)),
            "firm": np.tile(np.array(self.firms, dtype=object), customers),
            "strategy": np.tile(np.array(self.strategies, dtype=object), customers),
        }
        return pd.DataFrame(columns | {name: values.T.reshape(-1) for name, values in self.dyads.items()})


def _check_shapes(results: Results) -> None:
    """Raise ResultsError at the first array whose shape contradicts the number of rounds, firms or customers."""
    rounds, firms = results.rounds, len(results.firms)
    if len(results.strategies) != firms:
        raise ResultsError(f"{firms} firms but {len(results.strategies)} strategies")
    wanted = [("accounts", results.accounts, (rounds, firms)), ("market", results.market, (rounds,))]
    wanted += [("levers", results.levers or {}, (rounds, firms))]
    for group, arrays in (("dyads", results.dyads), ("customers", results.customers), ("log", results.log)):
        if arrays:  # the number of customers or purchases is whatever the first array says; the others must agree
            length = np.shape(next(iter(arrays.values())))[-1:]
            wanted.append((group, arrays, (firms, *length) if group == "dyads" else length))
    for group, arrays, shape in wanted:
        for name, values in arrays.items():
            if getattr(values, "shape", None) != shape and np.shape(values) != shape:  # which takes its time
                raise ResultsError(f"{group}/{name} has shape {np.shape(values)}; {shape} was expected")
    supplier = (results.customers or {}).get("supplier", np.zeros(0))
    if supplier.size and not -1 <= supplier.min() <= supplier.max() < firms:
        raise ResultsError(f"customers/supplier holds {supplier.min()} to {supplier.max()}; there are {firms} firms")


# ------------------------------------------------------------------------------------------------------- archives


def archive_path(path: str | os.PathLike[str], name: str) -> Path:
    """`path` itself when it ends in .npz, else the file `name` in the folder `path`."""
    path = Path(path)
    return path if path.suffix == ".npz" else path / name


def write_archive(
    file: Path, kind: str, metadata: Mapping[str, Any], arrays: Mapping[str, np.ndarray], overwrite: bool = False
) -> Path:
    """Write metadata (JSON) and arrays as one .npz, under another name first: nobody ever sees half a file."""
    if file.exists() and not overwrite:
        raise ResultsError(f"{file}: exists already; choose another name or allow overwriting")
    header = json.dumps({"format": FORMAT, "version": VERSION, "kind": kind, **metadata}, default=_plain)
    for name, values in arrays.items():
        if values.dtype.hasobject:
            raise ResultsError(f"{file}: {name} holds Python objects, which a file without pickles cannot keep")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole(file) as part, part.open("wb") as stream:
            np.savez_compressed(stream, metadata=np.array(header), **arrays)
    except OSError as error:
        raise ResultsError(f"{file}: cannot be written: {error.strerror or error}") from error
    return file


def write_table(file: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write columns of equal length as CSV; without pandas, whose import takes longer than a small run."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        lists = [(values.tolist(), values.dtype.kind in "biufc") for values in columns.values()]
        safe = (values if numbers else map(cell, values) for values, numbers in lists)
        writer.writerows(zip(*safe, strict=True))


def read_archive(file: Path, kind: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Metadata and arrays of a file written by `write_archive`; ResultsError if it is not a sound one of that kind."""
    found, metadata, arrays = _unpacked(file)
    if found != kind:
        raise ResultsError(f"{file}: holds {found}, not {kind}")
    if wrong := no_numbers(arrays):
        raise ResultsError(f"{file}: is damaged: {wrong}; make it anew")
    return metadata, arrays


def archive_kind(file: Path) -> str:
    """The kind that a file written by `write_archive` has; ResultsError if it is not a sound one."""
    return _unpacked(file, ("metadata.npy",))[0]


def _unpacked(file: Path, members: Sequence[str] | None = None) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    """Kind, metadata and arrays of an archive; members: which to read (default all)."""
    try:
        with zipfile.ZipFile(file) as archive:
            # read() compares the checksum before NumPy looks at a byte, so damage cannot turn into absurd shapes
            arrays = {
                name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
                for name in members or archive.namelist()
            }
        metadata = json.loads(str(arrays.pop("metadata")))
    except FileNotFoundError:
        raise ResultsError(f"{file}: there is no such file") from None
    except KeyError:
        raise ResultsError(f"{file}: was not written by this program (it holds no metadata)") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ResultsError(
            f"{file}: is damaged or no file of this program ({error}); run the scenario again"
        ) from error
    except OSError as error:
        raise ResultsError(f"{file}: cannot be read: {error.strerror or error}") from error
    if not isinstance(metadata, dict) or metadata.pop("format", None) != FORMAT:
        raise ResultsError(f"{file}: was not written by this program")
    version, kind = metadata.pop("version", None), metadata.pop("kind", None)
    if not is_count(version) or not isinstance(kind, str):
        raise ResultsError(f"{file}: is damaged: it does not say what it holds, or in which version")
    if version > VERSION:
        raise ResultsError(f"{file}: was written by a newer version of this program; update to read it")
    return kind, metadata, arrays


def _plain(value: Any) -> Any:
    """NumPy scalars and arrays as JSON-able Python values."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} {value!r} cannot be written to the metadata of a result")
