"""What the documentation says: generated parts are current, links lead somewhere, examples run, commands exist."""

import ast
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer
from PIL import Image

from sim.cli import app
from sim.cli.inputs import find
from sim.scenario import load, parameters, parse_setting

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
ODD = (
    "Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling",
    "Design concepts", "Initialization", "Input data", "Submodels",
)  # fmt: skip
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


# ------------------------------------------------------------------------------------------------- generated parts


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_documentation_is_what_the_code_says(generate):
    stale = [path for path, text in generate.texts().items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def test_the_picture_in_the_readme_is_the_one_of_make_demo(generate):
    with Image.open(ROOT / "docs/images/demo.png") as picture:
        assert picture.text["Title"] == generate.demo().headline(), "run `make docs`"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"SCENARIO ?= {generate.DEMO}" in makefile


def test_the_readme_names_a_market_in_which_the_other_strategy_earns_more(generate):
    here, elsewhere = generate.demo(), generate.elsewhere()
    assert here.ranking()[0] != elsewhere.ranking()[0]
    for comparison in (here, elsewhere):
        assert comparison.difference("discounted_profit", *comparison.ranking()).clear


# ----------------------------------------------------------------------------------------------------- the model


def by_hand(text: str) -> str:
    """A page without its generated blocks."""
    return re.sub(r"<!-- generated: .*?<!-- end -->", "", text, flags=re.DOTALL)


def test_the_model_is_described_under_the_headings_of_odd_in_their_order():
    headings = re.findall(r"^## (\d)\. (.+)$", TEXTS["docs/model.md"], re.MULTILINE)
    assert [title for _, title in headings] == list(ODD)
    assert [number for number, _ in headings] == list("1234567")


def test_every_symbol_of_a_parameter_is_explained_in_words_or_used_in_an_equation_of_the_model():
    text = by_hand(TEXTS["docs/model.md"])
    of_distributions = {p.path for p in parameters() if p.path.startswith("segments.*.*.")}
    symbols = {p.symbol: p.path for p in parameters() if p.symbol and p.path not in of_distributions}
    for symbol, path in symbols.items():
        if path.startswith("firms.*.strategy."):
            continue  # explained beside the strategy
        assert re.search(rf"(?<![\w.]){re.escape(symbol)}(?![\w′])", text), f"{path}: {symbol}"


@pytest.mark.parametrize("decision", ["0.99", "util", "own position", "Lazy fading", "chunks", "single precision"])
def test_the_model_states_the_decisions_that_are_easily_overlooked(decision):
    assert decision in TEXTS["docs/model.md"].partition("## What was decided, and why")[2]


# --------------------------------------------------------------------------------------------------------- links


def anchors(text: str) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them, and those set by hand."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.MULTILINE)
    return set(re.findall(r'<a id="([^"]+)">', text)) | {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles
    }


@pytest.mark.parametrize("page", TEXTS)
def test_every_relative_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", TEXTS[page])):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", [page for page in TEXTS if page != "CHANGELOG.md"])
def test_every_file_that_is_named_exists(page):
    named = re.findall(r"`((?:sim|docs|tests|scenarios|notebooks)/[\w./]*)`", TEXTS[page])
    missing = [path for path in named if not (ROOT / path).exists() and path != "sim/strategies/loyalty_discount.py"]
    assert not missing


# ------------------------------------------------------------------------------------------------------ examples


@pytest.mark.parametrize("page", [page for page, text in TEXTS.items() if "```python" in text])
def test_examples_run_and_print_what_the_page_says(page):
    # in a process of their own: the strategies they define would stay known to this one
    program, said = [], ""
    blocks = BLOCK.findall(TEXTS[page])
    for (language, content), (following, output) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language == "python":
            program.append(content)
            said += output if following == "text" else ""
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-"],
        input="\n".join(program), cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout == said


def test_the_strategy_of_the_example_says_what_one_of_the_library_must_say():
    tree = ast.parse(next(content for language, content in BLOCK.findall(TEXTS["docs/extending.md"])))
    told = next(ast.get_docstring(node) for node in tree.body if isinstance(node, ast.ClassDef))
    assert 20 < len(told.splitlines()[0]) <= 120
    assert re.search(r"Source: .*\b(1[89]|20)\d\d\b", told)


def commands(text: str) -> list[list[str]]:
    lines = [line for language, content in BLOCK.findall(text) if language == "sh" for line in content.splitlines()]
    return [shlex.split(line) for line in lines]


def test_the_readme_shows_commands():
    shown = [" ".join(words[:2]) for words in commands(TEXTS["README.md"])]
    assert {"make demo", "make test", "sim list", "sim compare"} <= set(shown)


@pytest.mark.parametrize("words", commands(TEXTS["README.md"]), ids=" ".join)
def test_every_command_of_the_readme_is_understood(words):
    program, command, *arguments = words
    if program == "make":
        assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        return
    assert program == "sim"
    group = typer.main.get_command(app)
    given = group.commands[command].make_context(command, arguments).params
    if "scenario" in given:
        scenario = load(ROOT / find(given["scenario"]))
        changed = scenario.with_changes(dict(map(parse_setting, given["settings"] or ())))
        if given.get("alternative"):
            changed.alternative(given["alternative"])
