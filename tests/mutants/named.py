"""Runs the named mutants: each test first as it is (it must pass), then with the safeguard gone (it must fail)."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import trial
from tests.mutants.mutant import Mutant
from tests.mutants.trial import Trial
from tests.support.backends import kafka_broker, postgres_server


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


async def run(mutants: Iterable[Mutant], folder: Path) -> list[Verdict]:
    """Run each mutant on one PostgreSQL and one Kafka; prints each verdict as it comes."""
    for name in ("postgres", "kafka"):
        (folder / name).mkdir(parents=True)
    async with (
        postgres_server(folder / "postgres") as (database_url, database),
        kafka_broker(folder / "kafka") as (bootstrap, broker),
    ):
        print(f"PostgreSQL = {database}\nKafka = {broker}", flush=True)
        backends = {"ILP_DATABASE_URL": database_url, "ILP_KAFKA_BOOTSTRAP": bootstrap}
        sound: dict[Sequence[str], Trial] = {}
        verdicts = []
        for mutant in mutants:
            if mutant.tests not in sound:
                where = folder / f"sound-{len(sound)}"
                sound[mutant.tests] = await trial.run(mutant.tests, backends, where, None)
            hurt = await trial.run(mutant.tests, backends, folder / mutant.name, mutant)
            verdicts.append(Verdict(mutant, sound[mutant.tests], hurt))
            _tell(verdicts[-1])
    return verdicts


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
