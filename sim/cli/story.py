"""`sim story`: the life of one customer."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.inputs import Force, Out, Seed, Settings, loaded
from sim.cli.terminal import UsageError, files, output, plainly, show

if TYPE_CHECKING:
    from sim.scenario import Scenario


def story(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario, or a folder written by sim run.")],
    customer: Annotated[int | None, typer.Option(min=0, help="Number of the customer, from 0.")] = None,
    pick: Annotated[
        str | None, typer.Option(metavar="KIND", help="left, valuable (default), betrayed or hostage.")
    ] = None,
    alternative: Annotated[str | None, typer.Option(help="One of the scenario's alternatives.")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Same life, same luck: another alternative, or PATH=VALUE.")
    ] = None,
    rounds: Annotated[str | None, typer.Option(metavar="FROM:TO", help="Tell these rounds only.")] = None,
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Tell the life of one customer, replayed from the seed: what it chose and why; with a picture."""
    with plainly():
        source = _lived(scenario, settings, seed)
        from sim.stories import StoryError

        try:
            target = out or Path("out") / f"story-{Path(scenario).stem}"
            _tell(source, customer, pick, alternative, against, rounds, target, force)
        except StoryError as error:
            raise UsageError(str(error)) from error


def _lived(name: str, settings: list[str] | None, seed: int | None) -> Any:
    """A scenario, or the results in a folder written by `sim run`."""
    if (Path(name) / "results.npz").exists():
        from sim.results import Results

        if settings or seed is not None:
            raise UsageError(f"{name}: is a finished run; --set and --seed belong to a scenario")
        return Results.load(name)
    return loaded(name, settings, None, seed)


def _span(text: str, rounds: int) -> tuple[int, int]:
    """First and last round of FROM:TO, of so many rounds; either may be left out. Raises UsageError."""
    first, colon, last = text.partition(":")
    if not colon or not all(part.isdigit() or not part for part in (first, last)):
        raise UsageError(f"--rounds {text}: give the first and the last round, as 10:40, 10: or :40")
    begin, end = int(first or 1), int(last or rounds)
    if begin > end and first and last:
        raise UsageError(f"--rounds {text}: ends before it begins; write {last}:{first}")
    if begin < 1 or max(begin, end) > rounds:
        raise UsageError(f"--rounds {text}: this market has the rounds 1 to {rounds}")
    return begin, end


def _tell(
    source: Any, customer: int | None, kind: str | None, alternative: str | None, against: str | None,
    rounds: str | None, target: Path, force: bool,
) -> None:  # fmt: skip
    """Write and print a life; with `against`, also the other one and how the two markets part."""
    from sim.stories import counterfactual, pick, played, story, worlds

    if customer is not None and kind is not None:
        raise UsageError("--customer and --pick: give one of them")
    scenario, _, length, _ = played(source, alternative, None, None)
    span = None if rounds is None else _span(rounds, length)
    first, last = span or (1, length)
    other = name = None
    if against is not None:
        other, name = _other_world(source, scenario, against)
    with output(target, force) as folder:
        why = ""
        if customer is None:
            customer, why = pick(source, kind or "valuable", alternative=alternative, rounds=last)
        if other is None:
            life = replace(story(source, customer, alternative=alternative, rounds=last), why=why)
            text, shown = life.text((first, last)), life.text(span)
            life.picture((first, last)).savefig(folder / "picture.png")
        else:
            fork = counterfactual(source, customer, other, alternative=alternative, rounds=last, name=name)
            fork = replace(fork, fact=replace(fork.fact, why=why))
            both = zip(fork.names, (fork.fact, fork.other), strict=True)
            text = "\n\n\n".join([fork.text(), *(f"{title}\n\n{life.text((first, last))}" for title, life in both)])
            fork.picture((first, last)).savefig(folder / "picture.png")
            markets = worlds(scenario, other, seed=fork.fact.seed, rounds=last, names=fork.names)
            (folder / "market.txt").write_text(f"{markets}\n", encoding="utf-8")
            markets.picture().savefig(folder / "market.png")
            shown = f"{fork}\n\n{textwrap.fill(f'The whole market. {markets}', 100)}"
        (folder / "story.txt").write_text(f"{text}\n", encoding="utf-8")
    show(shown)
    show(f"\nWritten to {target}/: {', '.join(files(target))}")


def _other_world(source: Any, scenario: Scenario, against: str) -> tuple[Scenario, str]:
    """The world of `against`: an alternative, or the same scenario with a change PATH=VALUE."""
    from sim.results import Results
    from sim.scenario import parse_setting

    if "=" in against:
        return scenario.with_changes(dict([parse_setting(against)])), against
    if isinstance(source, Results):
        raise UsageError("a finished run holds no alternatives; give --against PATH=VALUE, or name the scenario")
    return source.alternative(against), against
