"""`make mutants`: can the suite fail? Prints every verdict and keeps it in RESULTS.md.

`make mutants MUTANT=name` tries one (or some, with commas). `make mutants PART=arithmetic` runs mutmut over rules and
projections, which takes longer (MUTANT=registry: one part of it); `PART=all` runs both. Exit code 1 when anything
survived unexplained.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants import arithmetic, named, report
from tests.mutants.catalogue import MUTANTS
from tests.mutants.survivors import needless, why
from tests.runner.counts import Counts
from tests.runner.progress import Progress
from tests.support.servers import Servers

_PARTS = {"": ("named",), "named": ("named",), "arithmetic": ("arithmetic",), "all": ("named", "arithmetic")}


async def run_named(folder: Path, only: str, progress: Progress) -> bool:
    """Run named mutants; tells whether all were caught."""
    chosen = [mutant for mutant in MUTANTS if not only or mutant.name in only.split(",")]
    if not chosen:
        print(f"no mutant is called {only}; there are: {' '.join(mutant.name for mutant in MUTANTS)}")
        return False
    left = [mutant for mutant in chosen if not progress.is_done(f"mutant {mutant.name}")]
    async for verdict in named.run(left, folder):
        report.keep_named([verdict])
        progress.done(f"mutant {verdict.mutant.name}", Counts.of(passed=verdict.caught))
    caught = sum(progress.passed(f"mutant {mutant.name}") for mutant in chosen)
    print(f"{caught} of {len(chosen)} mutants caught")
    return caught == len(chosen)


async def run_arithmetic(folder: Path, only: str, progress: Progress) -> bool:
    """Run mutmut on parts; tells whether each survivor has its reason."""
    chosen = [part for part in arithmetic.PARTS if not only or part.name in only.split(",")]
    if not chosen:
        print(f"no part is called {only}; there are: {' '.join(part.name for part in arithmetic.PARTS)}")
        return False
    harvests = []
    with Servers(folder / "servers"):
        for part in chosen:
            if progress.is_done(f"mutmut {part.name}"):
                continue
            harvest = await arithmetic.run(part, folder, {})
            figures = f"{harvest.killed} killed, {len(harvest.survivors)} survived, {harvest.unclear} unclear"
            print(f"{part.name}: {harvest.mutants} mutants, {figures} ({harvest.seconds:.0f} s)", flush=True)
            report.keep_part(harvest)
            harvests.append(harvest)
            explained = all(why(survivor) is not None for survivor in harvest.survivors)
            progress.done(f"mutmut {part.name}", Counts.of(passed=explained and not harvest.unclear))
    _tell(harvests, everything=len(harvests) == len(arithmetic.PARTS))
    return all(progress.passed(f"mutmut {part.name}") for part in chosen)


def _tell(harvests: Sequence[arithmetic.Harvest], *, everything: bool) -> None:
    """Print the survivors without a reason, and (of a run of all parts) the reasons without a survivor."""
    survivors = [survivor for harvest in harvests for survivor in harvest.survivors]
    if everything:
        for survivor in needless(survivors):
            print(f"its reason is needed no more: {survivor.function}\n  + {survivor.became}")
    for survivor in survivors:
        if why(survivor) is None:
            print(f"unexplained: {survivor.function}\n  - {survivor.was}\n  + {survivor.became}")


async def main(part: str, only: str) -> int:
    """Run what is asked for; 0 when nothing survived unexplained."""
    if part not in _PARTS:
        print(f"PART={part} is none of: {' '.join(filter(None, _PARTS))}")
        return 2
    outcomes, progress = [], Progress.of_environment()
    with tempfile.TemporaryDirectory(prefix="ilp-mutants-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user when we are root
        for name in _PARTS[part]:
            own = Path(folder) / name
            own.mkdir()
            runs = run_named if name == "named" else run_arithmetic
            outcomes.append(await runs(own, only, progress))
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(os.environ.get("PART", ""), os.environ.get("MUTANT", ""))))
