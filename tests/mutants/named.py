"""Runs the named mutants: each test first as it is (it must pass), then with the safeguard gone (it must fail)."""

import os
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import trial
from tests.mutants.mutant import Mutant
from tests.mutants.trial import Trial
from tests.support.servers import Servers


@dataclass(frozen=True)
class Verdict:
    """What the tests said of one mutant."""

    mutant: Mutant
    sound: Trial
    hurt: Trial

    @property
    def caught(self) -> bool:
        """Whether every named test passes without the mutant, ran it, and fails because of it."""
        noticed = all(self.hurt.noticed_by(test) for test in self.mutant.tests)
        return self.sound.proves(self.mutant.tests) and self.hurt.mutated > 0 and noticed


async def run(mutants: Iterable[Mutant], folder: Path) -> AsyncIterator[Verdict]:
    """Run each mutant on one PostgreSQL and one Kafka; yields each verdict as it comes, and prints it."""
    without: dict[Sequence[str], Trial] = {}
    with Servers(folder / "servers"):
        for mutant in mutants:
            if mutant.tests not in without:
                where = folder / f"without-{len(without)}"
                without[mutant.tests] = await trial.run(mutant.tests, where, None)
            hurt = await trial.run(mutant.tests, folder / mutant.name, mutant)
            verdict = Verdict(mutant, without[mutant.tests], hurt)
            _tell(verdict)
            yield verdict


def _tell(verdict: Verdict) -> None:
    seconds = f"{verdict.sound.seconds:.1f} s without, {verdict.hurt.seconds:.1f} s with"
    print(f"{'caught  ' if verdict.caught else 'SURVIVED'} {verdict.mutant.name} ({seconds})", flush=True)
    for test in verdict.mutant.tests:
        for case in verdict.hurt.noticed_by(test)[:1]:
            print(f"         {case}\n         {verdict.hurt.failed[case]}", flush=True)
    if verdict.caught:
        return
    for name, one in (("without", verdict.sound), ("with", verdict.hurt)):
        tail = os.linesep.join(one.output.splitlines()[-15:])
        print(f"--- {name}: mutated in {one.mutated} processes, failed {dict(one.failed)}\n{tail}", flush=True)
