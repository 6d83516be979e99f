"""Keeps the figures of runs (`results.json`) and writes RESULTS.md from them. Figures come from runs only.

Each named mutant, and each part of mutmut's, is kept as it was run last, with its commit and day.
"""

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.dev.config import ROOT
from tests.mutants.arithmetic import Harvest, Survivor
from tests.mutants.catalogue import MUTANTS
from tests.mutants.named import Verdict
from tests.mutants.survivors import why

_FOLDER = Path(__file__).parent
_FIGURES = _FOLDER / "results.json"
_TABLES = _FOLDER / "RESULTS.md"
Figures = dict[str, Any]


def keep_named(verdicts: Sequence[Verdict]) -> None:
    """Keep the verdicts of named mutants, beside those of other runs."""
    rows = {
        v.mutant.name: {
            "caught": v.caught,
            "tests": [case for test in v.mutant.tests for case in v.hurt.noticed_by(test)[:1] or [test]],
            "without_s": round(v.sound.seconds),
            "with_s": round(v.hurt.seconds),
            **_circumstances(),
        }
        for v in verdicts
    }
    _keep("named", _known().get("named", {}) | rows)


def keep_part(harvest: Harvest) -> None:
    """Keep what mutmut found in one part."""
    figures = {
        "minutes": round(harvest.seconds / 60),
        "mutants": harvest.mutants,
        "killed": harvest.killed,
        "unclear": harvest.unclear,
        "survivors": [[s.function, s.was, s.became] for s in harvest.survivors],
    }
    _keep("arithmetic", {**_known().get("arithmetic", {}), harvest.part: _circumstances() | figures})


def _circumstances() -> Figures:
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip() or "unknown",
    }


def _known() -> Figures:
    figures: Figures = json.loads(_FIGURES.read_text(encoding="utf-8")) if _FIGURES.exists() else {}
    return figures


def _keep(kind: str, figures: Figures) -> None:
    known = _known() | {kind: figures}
    _FIGURES.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _TABLES.write_text("\n".join(_document(known)) + "\n", encoding="utf-8")


def _document(known: Figures) -> list[str]:
    lines = [
        "# The suite can fail",
        "",
        "Written by `make mutants`; nothing here is typed by hand. Sources: `results.json` (figures of runs) and",
        "`survivors.yaml` (reasons). Seconds include the start of pytest; other work may have run on the machine.",
    ]
    if "named" in known:
        lines += _named(known["named"])
    if "arithmetic" in known:
        lines += _arithmetic(known["arithmetic"])
    return lines


def _named(figures: Figures) -> list[str]:
    known = [(mutant, figures[mutant.name]) for mutant in MUTANTS if mutant.name in figures]
    caught = sum(row["caught"] for _, row in known)
    lines = [
        "",
        "## Safeguards taken away one by one (`make mutants`)",
        "",
        f"**{caught} of {len(MUTANTS)} caught.** Each test passes without the mutant and fails with it.",
        "",
        "| mutant | the safeguard it removes | place | caught by | s without | s with | commit |",
        "| --- | --- | --- | --- | --: | --: | --- |",
    ]
    for mutant, row in known:
        tests = "<br>".join(f"`{test}`" for test in row["tests"]) if row["caught"] else "**survived**"
        figures_of_run = (row["without_s"], row["with_s"], row["commit"])
        cells = (mutant.name, mutant.safeguard, f"`{mutant.place}`", tests, *figures_of_run)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def _arithmetic(figures: Figures) -> list[str]:
    lines = [
        "",
        "## Rules and arithmetic changed token by token (`make mutants PART=arithmetic`, mutmut 3)",
        "",
        "| part | mutants | killed | survived | unclear | min | commit | day |",
        "| --- | --: | --: | --: | --: | --: | --- | --- |",
    ]
    survivors: list[str] = []
    for part, row in figures.items():
        numbers = (row["mutants"], row["killed"], len(row["survivors"]), row["unclear"], row["minutes"])
        lines.append(f"| {' | '.join(map(str, (part, *numbers, row['commit'], row['day'])))} |")
        for place, was, replacement in row["survivors"]:
            reason = why(Survivor(place, was, replacement)) or "**unexplained**"
            survivors.append(f"| `{place}` | {_code(was)} | {_code(replacement)} | {reason} |")
    lines += ["", "Unclear: ended by the time limit. Survivors, each with the reason why no test notices:", ""]
    return [*lines, "| function | was | became | why it survives |", "| --- | --- | --- | --- |", *survivors]


def _code(text: str) -> str:
    return "`` " + text.replace("|", "\\|") + " ``" if text else "–"
