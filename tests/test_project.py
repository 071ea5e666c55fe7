"""The project as a whole: who may import whom, what starting it costs, and what its files must not name."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sim

ROOT = Path(__file__).resolve().parent.parent

# From the ground up; a module imports only what stands before it. A package is one layer.
LAYERS = (
    *(
        "in_words",
        "machine",
        "soundness",
        "whole",
        "csv_cells",
        "compiled",
        "maths",
        "parameter",
        "distribution",
        "random",
        "rules",
        "network",
    ),
    "strategies",
    "palette",
    *("scenario_errors", "scenario_files", "scenario_market", "scenario_actors", "mechanisms", "scenario_checks"),
    *("scenario_paths", "scenario_questions", "scenario"),
    *("inputs", "outlook", "state", "population", "results", "books", "workspace", "outreach", "purchase", "encounter"),
    *("engine", "decisions", "plan", "snapshot", "simulation", "together"),
    *("agents", "market", "run", "analysis", "experiments", "figure", "charts"),
    *("gallery", "calibrate", "replications", "reports", "stories", "notebook"),
    *("cli", "__main__"),
)
# Analysis stands low because experiments use it; it works on saved results alone, whatever else is within its reach.
ANALYSIS_MAY_USE = {"analysis", "results"}

HEAVY = {"numba", "mesa", "pandas", "matplotlib", "networkx", "scipy"}


def modules() -> dict[str, Path]:
    """Dotted name below ``sim`` -> file, for every module of the package; a package is its ``__init__``."""
    package = ROOT / "sim"
    files = {path.relative_to(package).with_suffix("").parts: path for path in package.rglob("*.py")}
    named = {".".join(parts[:-1] if parts[-1] == "__init__" else parts): path for parts, path in files.items()}
    del named[""]  # sim/__init__.py names its modules in order to fetch them late
    return named


def imported(name: str, path: Path, known: set[str]) -> Iterator[str]:
    """Modules of ours that a module imports anywhere in its code, also late or for the type checker only."""
    package = ["sim", *name.split(".")]
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *(node.module or "").split(".")]).strip(".")
            # `from sim.a import b` means module sim.a.b where there is one, otherwise sim.a
            targets = [
                f"{base}.{alias.name}" if f"{base}.{alias.name}".removeprefix("sim.") in known else base
                for alias in node.names
                if (base, alias.name) != ("sim", "__version__")
            ]
        else:
            continue
        yield from (target.removeprefix("sim.") for target in targets if target.split(".")[0] == "sim")


def arrows() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports."""
    files = modules()
    return {name: set(imported(name, path, set(files))) for name, path in files.items()}


def layer(module: str) -> str:
    return module.split(".")[0]


def test_every_module_has_its_layer():
    unknown = {layer(name) for name in modules()} - set(LAYERS)
    assert not unknown, f"say in LAYERS (tests/test_project.py) on what level these stand: {sorted(unknown)}"


def test_imports_point_downwards_only():
    level = {name: number for number, name in enumerate(LAYERS)}
    upwards = [
        f"sim.{name} imports {'sim' if target == 'sim' else f'sim.{target}'}"
        for name, targets in arrows().items()
        for target in targets
        if target == "sim"  # the public names reach up to everything: import them from their module
        or (layer(target) != layer(name) and level.get(layer(target), -1) >= level.get(layer(name), -1))
    ]
    assert not upwards, "\n".join(upwards)


def test_imports_form_no_cycle():
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_analysis_needs_results_only():
    beyond = {
        f"sim.{name} imports sim.{target}"
        for name, targets in arrows().items()
        for target in targets
        if layer(name) == "analysis" and layer(target) not in ANALYSIS_MAY_USE
    }
    assert not beyond, "\n".join(sorted(beyond))


def imports_of(*arguments: str) -> set[str]:
    """Packages and modules that a fresh Python imports when it is started with these arguments; it must succeed."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120
    )
    told = "\n".join(line for line in run.stderr.splitlines() if not line.startswith("import time:"))
    assert run.returncode == 0, told
    names = re.findall(r"^import time:\s*\d+ \|\s*\d+ \|\s*(\S+)$", run.stderr, flags=re.MULTILINE)
    return set(names)


def test_importing_the_package_imports_nothing_else():
    assert not imports_of("-c", "import sim") & (HEAVY | {"numpy", "pydantic"})


@pytest.mark.parametrize("arguments", [("-c", "import sim.cli"), ("-m", "sim", "--help"), ("-m", "sim", "list")])
def test_the_command_line_starts_without_heavy_imports(arguments):
    assert not imports_of(*arguments) & HEAVY


PLAYED = "import sim; sim.simulate(sim.load('scenarios/everyday_low_price.toml'), rounds=2)"


@pytest.fixture
def compiled():
    """Everything is kept in its compiled form: to compile takes scipy, and a minute."""
    sim.simulate(sim.load(ROOT / "scenarios" / "everyday_low_price.toml"), rounds=2)


@pytest.mark.usefixtures("compiled")
def test_a_run_needs_nothing_of_scipy():
    assert not imports_of("-c", PLAYED) & {"scipy.linalg", "scipy.special", "pandas", "networkx"}


@pytest.mark.usefixtures("compiled")
def test_matrices_are_multiplied_in_compiled_code_all_the_same():
    product = "import numba, numpy as np; print(numba.njit(lambda a: np.dot(a, a))(np.eye(2)))"
    assert "scipy.linalg" in imports_of("-c", f"{PLAYED}; {product}")


def test_saved_results_are_read_without_mesa_and_compiler():
    assert not imports_of("-c", "import sim.results") & {"mesa", "numba"}


@pytest.mark.parametrize("name", sim.__all__)
def test_every_public_name_is_found_at_its_home(name):
    value = getattr(sim, name)
    assert value.__name__ == name
    assert name in dir(sim)


def test_a_misspelt_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'sim' has no attribute 'simulat'"):
        _ = sim.simulat


# The brackets and backslashes keep the patterns from finding themselves.
MACHINE_PATH = re.compile(r"(?<![\w.~}\])*+-])/(?:[h]ome|[r]oot|[U]sers|[w]ork|[w]orkspace|[m]nt|[s]rv|[o]pt)/\w")
REGISTRY = re.compile(
    r"[p]ypi\.org|[p]ythonhosted\.|[n]pmjs\.|[y]arnpkg\.|[c]rates\.io|[a]naconda\.|[d]ebian\.org|[u]buntu\.com"
    r"|[g]olang\.org|--(?:extra-)?[i]ndex-url|--[f]ind-links"
)


def test_the_patterns_find_what_they_are_for():
    for path in ("home/ann/sim", "root/x", "Users/ann", "work/main"):
        assert MACHINE_PATH.search(f'"/{path}"')
        assert MACHINE_PATH.search(f"file:///{path}")
    assert not MACHINE_PATH.search("trust/" + "work/life and $HOME/" + "work/sim")
    assert REGISTRY.search("https://" + "pypi." + "org/simple")


def project_files() -> list[Path]:
    """Every file that is or would be committed; in a folder without git, every file outside the ignored folders."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        made = {".venv", ".git", "out", "build", "dist", "__pycache__", ".hypothesis", ".pytest_cache", ".ruff_cache"}
        paths = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_path_of_a_machine_or_the_address_of_a_registry():
    found = []
    for path in project_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue  # a picture or an archive
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            match = MACHINE_PATH.search(line) or REGISTRY.search(line)
            if match or str(ROOT) in line:
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)


def constraints() -> dict[str, str]:
    """Pinned version by canonical name of package; every line but a comment must be ``name==version``."""
    pins = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!]+)", line)
            assert match, f"constraints.txt: {line!r} is not name==version"
            pins[canonicalize_name(match[1])] = match[2]
    return pins


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [needed for needed in map(Requirement, lines) if needed.name != project["name"]]


def test_constraints_pin_every_declared_dependency_within_its_range():
    pins = constraints()
    missing = [str(needed) for needed in declared() if canonicalize_name(needed.name) not in pins]
    assert not missing
    outside = [
        str(needed) for needed in declared() if not needed.specifier.contains(pins[canonicalize_name(needed.name)])
    ]
    assert not outside


def test_constraints_pin_what_the_dependencies_need_in_turn():
    pins = constraints()
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    waiting, seen, missing = declared(), set(), set()
    while waiting:
        needed = waiting.pop()
        if str(needed) in seen:
            continue
        seen.add(str(needed))
        name = canonicalize_name(needed.name)
        if name not in pins:
            missing.add(name)
        try:
            further = map(Requirement, metadata.requires(name) or [])
        except metadata.PackageNotFoundError:
            continue  # of an extra that is not installed here
        extras = needed.extras or {""}
        waiting += [
            other
            for other in further
            if other.marker is None or any(other.marker.evaluate({**linux, "extra": extra}) for extra in extras)
        ]
    assert not missing
