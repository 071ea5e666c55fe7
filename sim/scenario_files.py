"""Where scenario files are: a path as it is, or the name of a file in the folder `scenarios`."""

from difflib import get_close_matches
from pathlib import Path

from sim.scenario_errors import Problem, ScenarioError, did_you_mean

FOLDER = "scenarios"


def find(given: str | Path) -> Path:
    """The scenario file meant: a path, or the name of a file in `scenarios`, here or in a folder above.

    A path is not looked at: whoever reads it says what is wrong with it. Raises ScenarioError for a name there is not.
    """
    path = Path(given)
    if path.suffix == ".toml" or path.exists() or len(path.parts) != 1:
        return path
    folder = scenarios()
    if (file := folder / f"{path}.toml").exists():
        return file
    known = sorted(file.stem for file in folder.glob("*.toml"))
    there = f"; there are: {', '.join(known)}" if known else ""
    message = f'there is no scenario "{path}" in {folder}/{did_you_mean(str(path), known)}{there}'
    raise ScenarioError([Problem("", message)], str(path))


def scenarios() -> Path:
    """The folder of scenario files nearest to where Python was started: here, else in a folder above."""
    above = (folder / FOLDER for folder in Path.cwd().parents)
    return next((folder for folder in (Path(FOLDER), *above) if folder.is_dir()), Path(FOLDER))


def nearest(path: Path) -> str:
    """`; did you mean "…"?` if a file beside a missing one has nearly its name, else nothing."""
    files = [str(file) for file in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    near = get_close_matches(str(path), files, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
