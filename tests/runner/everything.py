"""`make test-all`: every tier, every fault at shortened and at production waits, every mutant. It takes hours.

What is finished is noted in `.test-all.json`, fault by fault and mutant by mutant. A second start goes on where the
first was cut, as long as the code is the same; a run that came to its end begins again.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.dev.config import ROOT
from tests.runner import step, tiers
from tests.runner.counts import Counts, sum_of
from tests.runner.progress import RECORDS, VARIABLE, Progress
from tests.runner.tiers import Tier

STATE = ROOT / ".test-all.json"
RunTiers = Callable[[Sequence[Tier]], Counts]


@dataclass(frozen=True)
class Campaign:
    """A program that notes its own steps, each under this prefix."""

    prefix: str
    module: str
    environment: Mapping[str, str] = field(default_factory=dict)


CAMPAIGNS = (
    Campaign("fault at 0.2 ", "tests.faults", {"WAITS": "0.2"}),
    Campaign("fault at 1 ", "tests.faults", {"WAITS": "1"}),
    Campaign("mutant ", "tests.mutants", {"PART": "named"}),
    Campaign("mutmut ", "tests.mutants", {"PART": "arithmetic"}),
)


@dataclass(frozen=True)
class Plan:
    """What to run, and where its progress is noted."""

    tiers: Sequence[Tier]
    campaigns: Sequence[Campaign] = CAMPAIGNS
    state: Path = STATE


def run(run_tiers: RunTiers, plan: Plan | None = None, *, restart: bool) -> Counts:
    """Run everything that is not finished yet; returns the counts of all of it. Raises Interrupted."""
    plan = plan or Plan(tiers.read())
    if restart:
        plan.state.unlink(missing_ok=True)
    code = state_of_code()
    for tier in plan.tiers:
        name = f"tier {tier.name}"
        if not Progress(plan.state, code).is_done(name):
            counts = run_tiers([_thorough(tier)])
            Progress(plan.state, code).done(name, counts)
    ended_badly = [_conduct(campaign, plan.state, code) for campaign in plan.campaigns]
    total = sum_of([Progress(plan.state, code).total(), *ended_badly])
    plan.state.unlink(missing_ok=True)
    return total


def _thorough(tier: Tier) -> Tier:
    """Return a tier with all random examples, and without the sampled faults: every fault runs on its own account.

    The canary stays. A thorough tier has no budget.
    """
    keyword = "not test_everything_is_exact_after" if tier.name == "faults" else ""
    return replace(tier, keyword=keyword, thorough=bool(tier.paths), budgeted=not tier.paths)


def _conduct(campaign: Campaign, state: Path, code: str) -> Counts:
    """Run a campaign; one failure where it ended badly without having noted why."""
    print(f"\n=== {campaign.module} {dict(campaign.environment)}", flush=True)
    env = {**os.environ, **campaign.environment, VARIABLE: str(state)}
    ended = step.call([sys.executable, "-m", campaign.module], env)
    total = Progress(state, code).total(campaign.prefix)
    return Counts(failed=int(ended.code != 0 and not total.failed))


def state_of_code() -> str:
    """Return what tells one state of the repository's code from another; changes not committed and new files count."""

    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout

    without = [f":(exclude){path}" for path in RECORDS]
    changes = git("diff", "HEAD", "--", ".", *without)
    digest = hashlib.sha256(changes)
    for name in sorted(git("ls-files", "-z", "--others", "--exclude-standard").split(b"\0")):
        if name:
            digest.update(name + b"\0" + (ROOT / name.decode()).read_bytes())
    return f"{git('rev-parse', 'HEAD').decode().strip()} {digest.hexdigest()[:12]}"
