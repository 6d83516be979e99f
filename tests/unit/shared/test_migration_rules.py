"""What a revision may not do to tables in use: rewrite them, block them, or take away what the release before needs.

A change is expanded, filled in chunks by the worker, switched, and contracted a release later.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_registry.service import SERVICE as REGISTRY
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.db.migrate import LOCK_S, scripts_after
from ilp_shared.service import Service

BASELINE: Mapping[str, tuple[Service, str]] = {
    service.name: (service, revision)
    for service, revision in (
        (REGISTRY, "20261130_memory"),
        (SCREENING, "20261130_memory"),
        (CLUSTER, "20261130_memory"),
        (MONITORING, "20261130_turns"),
    )
}
"""The newest revision before the first installation: there was nothing in use that it could block."""
EXCEPTIONS: Mapping[tuple[str, str, str], str] = {
    ("registry", "20261130_places", "ban-drop-constraint"): "A looser check takes its place: what the release before"
    " writes satisfies both.",
}
"""Why a revision may do what a rule forbids, by service, revision and rule."""
_NOT_OURS = "prefer-bigint-over-int,prefer-text-field,prefer-robust-stmts,require-statement-timeout,prefer-identity"
"""Rules of style, and of scripts that run without a transaction of their own."""
_FRAMES = "ban-uncommitted-transaction,transaction-nesting"
"""Alembic ends its transaction before what runs alone, and begins another one after it."""
_ALL_ROWS = re.compile(r"(?:^|;)\s*(?:UPDATE|DELETE)\b", re.IGNORECASE)


def rules_broken(script: str) -> Iterator[str]:
    """Yield the names of the rules that a script breaks."""
    if _ALL_ROWS.search(script):
        yield "changing-rows"
    program = Path(sys.executable).with_name("squawk")
    arguments = (
        "--reporter",
        "json",
        "--assume-in-transaction",
        "--exclude",
        f"{_NOT_OURS},{_FRAMES}",
        "--pg-version",
        "15",
    )
    with_timeout = f"SET lock_timeout = '{LOCK_S}s';\n{script}"  # as `run_environment` does
    checked = subprocess.run([program, *arguments], input=with_timeout, capture_output=True, text=True, check=False)
    yield from sorted({finding["rule_name"] for finding in json.loads(checked.stdout or "[]")})


@pytest.mark.parametrize("name", BASELINE)
def test_revisions_leave_tables_in_use_alone(name: str) -> None:
    service, baseline = BASELINE[name]
    broken = {
        (name, revision, rule)
        for revision, script in scripts_after(service.package, service.schema, baseline).items()
        for rule in rules_broken(script)
    }
    assert broken == {exception for exception in EXCEPTIONS if exception[0] == name}


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ("ALTER TABLE screening ALTER COLUMN venue TYPE text;", "changing-column-type"),
        ("CREATE INDEX ix ON screening (venue);", "require-concurrent-index-creation"),
        ("ALTER TABLE screening ALTER COLUMN venue SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE screening ADD COLUMN venue text NOT NULL;", "adding-required-field"),
        ("ALTER TABLE screening ADD CONSTRAINT known CHECK (venue <> '');", "constraint-missing-not-valid"),
        (
            "ALTER TABLE screening ADD CONSTRAINT fk FOREIGN KEY (day) REFERENCES day (id);",
            "adding-foreign-key-constraint",
        ),
        ("ALTER TABLE screening ADD COLUMN at timestamptz DEFAULT clock_timestamp();", "adding-field-with-default"),
        ("ALTER TABLE screening DROP COLUMN venue;", "ban-drop-column"),
        ("DROP TABLE screening;", "ban-drop-table"),
        ("ALTER TABLE screening RENAME COLUMN venue TO place;", "renaming-column"),
        ("ALTER TABLE screening RENAME TO record;", "renaming-table"),
        ("UPDATE screening SET venue = 'posyandu';", "changing-rows"),
        ("SELECT 1; DELETE FROM screening;", "changing-rows"),
    ],
)
def test_what_blocks_or_breaks_is_found(script: str, rule: str) -> None:
    assert rule in set(rules_broken(script))


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE place (code text NOT NULL PRIMARY KEY, n int); CREATE INDEX ix_place ON place (n);",
        "ALTER TABLE screening ADD COLUMN venue text;",
        "ALTER TABLE screening ADD COLUMN checked boolean NOT NULL DEFAULT false;",
        "ALTER TABLE screening ADD CONSTRAINT known CHECK (venue <> '') NOT VALID;",
        "COMMIT; CREATE INDEX CONCURRENTLY ix ON screening (venue); BEGIN;",
    ],
)
def test_what_only_expands_is_not(script: str) -> None:
    assert list(rules_broken(script)) == []
