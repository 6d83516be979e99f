"""`make mutants`: can the suite fail? Prints every verdict and keeps it in RESULTS.md.

`make mutants MUTANT=name` tries one (or some, with commas). `make mutants PART=arithmetic` runs mutmut over rules and
projections, which takes longer (MUTANT=registry: one part of it); `PART=all` runs both. Exit code 1 when anything
survived unexplained.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.mutants import arithmetic, named, report
from tests.mutants.catalogue import MUTANTS
from tests.mutants.survivors import needless, why
from tests.support.backends import postgres_server

_PARTS = {"": ("named",), "named": ("named",), "arithmetic": ("arithmetic",), "all": ("named", "arithmetic")}


async def run_named(folder: Path, wanted: str) -> bool:
    """Run named mutants; tells whether all were caught."""
    mutants = [mutant for mutant in MUTANTS if not wanted or mutant.name in wanted.split(",")]
    if not mutants:
        print(f"no mutant is called {wanted}; there are: {' '.join(mutant.name for mutant in MUTANTS)}")
        return False
    verdicts = await named.run(mutants, folder)
    report.keep_named(verdicts)
    caught = sum(verdict.caught for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} mutants caught")
    return caught == len(verdicts)


async def run_arithmetic(folder: Path, wanted: str) -> bool:
    """Run mutmut on parts; tells whether each survivor has its reason."""
    parts = [part for part in arithmetic.PARTS if not wanted or part.name in wanted.split(",")]
    if not parts:
        print(f"no part is called {wanted}; there are: {' '.join(part.name for part in arithmetic.PARTS)}")
        return False
    (folder / "postgres").mkdir(parents=True)
    harvests = []
    async with postgres_server(folder / "postgres") as (url, _):
        for part in parts:
            harvest = await arithmetic.run(part, folder, {"ILP_DATABASE_URL": url})
            told = f"{harvest.killed} killed, {len(harvest.survivors)} survived, {harvest.unclear} unclear"
            print(f"{part.name}: {harvest.mutants} mutants, {told} ({harvest.seconds:.0f} s)", flush=True)
            report.keep_part(harvest)
            harvests.append(harvest)
    survivors = [survivor for harvest in harvests for survivor in harvest.survivors]
    if not wanted:
        for survivor in needless(survivors):
            print(f"its reason is needed no more: {survivor.function}\n  + {survivor.became}")
    left = [survivor for survivor in survivors if why(survivor) is None]
    for survivor in left:
        print(f"unexplained: {survivor.function}\n  - {survivor.was}\n  + {survivor.became}")
    return not left and not any(harvest.unclear for harvest in harvests)


async def main(part: str, wanted: str) -> int:
    """Run what is asked for; 0 when nothing survived unexplained."""
    if part not in _PARTS:
        print(f"PART={part} is none of: {' '.join(filter(None, _PARTS))}")
        return 2
    sound = []
    with tempfile.TemporaryDirectory(prefix="ilp-mutants-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user when we are root
        for name in _PARTS[part]:
            own = Path(folder) / name
            own.mkdir()
            sound.append(await (run_named(own, wanted) if name == "named" else run_arithmetic(own, wanted)))
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(os.environ.get("PART", ""), os.environ.get("MUTANT", ""))))
