"""`python -m tests`: the suite in tiers (`make test`); with names, those tiers only.

SERVICE=screening runs what concerns one service. `--all` (`make test-all`) goes through everything there is, and on
where it was cut; `--fresh` begins again. The last line is `N passed, N failed, N skipped`; exit code 1 on a failure.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hostile.scanner import Finding, findings_below
from tests.hostile.watch import lines_of
from tests.runner import everything, step, tiers
from tests.runner.counts import Counts, sum_of
from tests.runner.step import Interrupted, Outcome
from tests.runner.tiers import Tier, UnknownName
from tests.support.servers import Servers


def run(chosen: Sequence[Tier]) -> Counts:
    """Run tiers in their groups, each on servers of its own, and scan what these kept; raises Interrupted.

    What a group without a failure left behind is removed while the next one runs: there are very many files.
    """
    folder = Path(tempfile.mkdtemp(prefix="ilp-tests-"))
    folder.chmod(0o755)  # PostgreSQL does not run as root
    outcomes: list[Outcome] = []
    findings: list[Finding] = []
    interrupted = False
    with ThreadPoolExecutor(max_workers=1) as remover:
        for group in tiers.groups(chosen):
            group_folder = folder / group[0].name
            group_outcomes: list[Outcome] = []
            try:
                with Servers(group_folder / "servers") as servers:
                    group_outcomes = step.run(group, servers, group_folder)
            except Interrupted:
                interrupted = True
            group_findings = list(findings_below(group_folder / "servers"))
            outcomes += group_outcomes
            findings += group_findings
            if interrupted:
                break
            if not group_findings and not any(outcome.counts.failed for outcome in group_outcomes):
                remover.submit(shutil.rmtree, group_folder, ignore_errors=True)
    failures = int(bool(findings)) + int(interrupted)
    total = sum_of([Counts(failed=failures), *(outcome.counts for outcome in outcomes)])
    if findings:
        print("\nsecrets or personal data came out", *lines_of(findings), sep="\n", flush=True)
    print("", *(outcome.line for outcome in outcomes), sep="\n")
    if total.failed and any(tier.paths for tier in chosen):
        print(f"what the tests left behind: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    if interrupted:
        raise Interrupted(total)
    return total


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Entry point; 2 for a name that is none."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("tier", nargs="*", help="tiers to run, by default all")
    parser.add_argument("--all", action="store_true", help="everything there is: hours")
    parser.add_argument("--fresh", action="store_true", help="with --all: begin again")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        chosen = tiers.named(tiers.read(), asked.tier)
        if service := environment.get("SERVICE"):
            chosen = tiers.of_service(chosen, service)
    except UnknownName as name:
        print(name, file=sys.stderr)
        return 2
    try:
        total = everything.run(run, restart=asked.fresh) if asked.all else run(chosen)
    except Interrupted as cut:
        total = cut.counts
    print(total.line)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
