"""docs/claims.json, docs/claims.md and one picture per claim, from what was found; nothing here is typed in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sim.experiments.claims import Finding
from sim.gallery.pictures import claim_picture
from sim.gallery.scenes import SCENES
from sim.scenario import Scenario

RULE = """The rule: an effect is the difference of the measure between two alternatives that meet the same customers
with the same luck, seed by seed. In each cell (a combination of the factors' levels) the claim is *supported*
if the whole 95 % interval lies beyond the smallest effect of interest on the side the claim expects,
*contradicted* if it lies beyond it on the other side, *negligible* if it lies within, *undecided* otherwise.
A claim is **supported** if all its cells are, **not supported** if none is, and otherwise **depends** on what
separates the cells. The smallest effect, the measure and the factors stand in the scenario file. A verdict is
one about this model with these assumptions, not about the world."""


def lines(findings: Iterable[Finding]) -> list[str]:
    """One line per claim: number, verdict, claim in short, measure, effect with interval."""
    return [
        f"{finding.claim:<3} {verdict_words(finding)} · {finding.short} · {finding.measured}: {finding.range}"
        for finding in findings
    ]


def records(findings: Iterable[Finding]) -> str:
    """The machine-readable file."""
    return json.dumps([finding.record() for finding in findings], indent=1, ensure_ascii=False) + "\n"


def read(text: str) -> list[Finding]:
    """The findings of a machine-readable file."""
    return [Finding.of(record) for record in json.loads(text)]


def page(findings: Iterable[Finding]) -> str:
    """docs/claims.md."""
    findings = list(findings)
    counts = ", ".join(
        f"{many} {'depend on a condition' if kind == 'depends' else kind}"
        for kind in ("supported", "depends", "not supported")
        if (many := sum(finding.verdict.kind == kind for finding in findings))
    )
    parts = [
        "# Claims, examined",
        "Made by `sim claims --full --docs`; do not edit. The numbers are also in [claims.json](claims.json).",
        RULE,
        f"Of {len(findings)} claims: {counts}.",
        _table(findings),
    ]
    return "\n\n".join([*parts, *(_section(finding) for finding in findings)]) + "\n"


def _table(findings: list[Finding]) -> str:
    rows = [("claim", "in short", "measure", "effect (95 %)", "smallest effect", "verdict")]
    rows.append(("---",) * len(rows[0]))
    for finding in findings:
        link = f"[{finding.claim}](#{finding.claim.lower()})"
        rows.append((link, finding.short, finding.measured, finding.range, finding.smallest, verdict_words(finding)))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def verdict_words(finding: Finding) -> str:
    """The verdict, with the factors it depends on."""
    if finding.verdict.kind != "depends":
        return finding.verdict.kind
    return "depends on " + " and ".join(finding.axes[f].plain for f in finding.verdict.factors)


def _section(finding: Finding) -> str:
    words = f": {finding.verdict.words}" if finding.verdict.words else ""
    parts = [
        f"## {finding.claim}",
        f"*{finding.text}* Scenario: [{finding.scenario}](../scenarios/{finding.scenario}.toml).",
        f"**{_capital(verdict_words(finding))}**{words}.",
        f"![{finding.claim}: {verdict_words(finding)}](images/claims/{finding.claim}.png)",
        finding.why,
        _scene(finding),
    ]
    return "\n\n".join(part for part in parts if part)


def _scene(finding: Finding) -> str:
    """The further picture of a claim that has one."""
    scene = SCENES.get(finding.claim)
    return f"![{finding.claim}: {scene.words}](images/claims/{finding.claim}-{scene.name}.png)" if scene else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def pictures(folder: Path, findings: Iterable[Finding]) -> list[Path]:
    """One picture per finding; no date or version goes into the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for finding in findings:
        files.append(folder / f"{finding.claim}.png")
        claim_picture(finding).savefig(files[-1], dpi=96, metadata={"Software": None, "Title": finding.claim})
    return files


def scenes(folder: Path, scenarios: Mapping[str, Scenario]) -> list[Path]:
    """The further pictures of these claims (claim -> scenario), where there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for claim in sorted(set(SCENES) & set(scenarios)):
        files.append(folder / f"{claim}-{SCENES[claim].name}.png")
        figure = SCENES[claim].draw(scenarios[claim])
        figure.savefig(files[-1], dpi=96, metadata={"Software": None, "Title": f"{claim}: {SCENES[claim].words}"})
    return files


def write(
    folder: Path,
    findings: list[Finding],
    images: str = "images/claims",
    scenarios: Mapping[str, Scenario] | None = None,
) -> None:
    """claims.md, claims.json and the pictures, in a folder such as docs/.

    scenarios   claim -> scenario of the claims whose further pictures are to be drawn anew
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claims.json").write_text(records(findings), encoding="utf-8")  # first, whatever comes of the others
    (folder / "claims.md").write_text(page(findings), encoding="utf-8")
    pictures(folder / images, findings)
    scenes(folder / images, scenarios or {})


def merged(old: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings of an earlier machine-readable file, with those examined anew in their place."""
    known = {finding.claim: finding for finding in (read(old) if old.strip() else [])}
    known |= {finding.claim: finding for finding in findings}
    return [known[claim] for claim in sorted(known)]
