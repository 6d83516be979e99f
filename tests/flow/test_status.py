"""`make status` for people and for programs: the same state, and an exit code that says whether all is well."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from deploy.dev.config import ROOT
from tests.support.platform import Platform, process_names
from tests.support.waiting import eventually

DIFFERENT = """
INSERT INTO recount_run (at, cells, events, differences, duration_s, detail)
VALUES (now(), 10, 20, 3, 1, '{"by_kind": {"cell_wrong": 3}}')
"""


async def status(platform: Platform, *arguments: str) -> tuple[int, str]:
    """Run it; returns exit code and what it printed."""
    environment = {**os.environ, "ILP_DATA_DIR": str(platform.data), "COLUMNS": "200"}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.dev.status", *arguments),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, output.decode()


async def read(platform: Platform) -> tuple[int, dict[str, Any]]:
    """Read it as a program does."""
    code, output = await status(platform, "--json")
    state: dict[str, Any] = json.loads(output)
    return code, state


@pytest.mark.backends
async def test_a_program_reads_the_state_and_an_alarm(platform: Platform) -> None:
    await platform.ready()

    async def recounted() -> bool:  # the worker does, soon after it has started
        return await platform.count("monitoring", "recount_run") > 0

    await eventually(recounted, within_s=300)
    code, state = await read(platform)
    assert (code, state["ready"], state["alarms"]) == (0, True, []), state
    assert (state["state"], state["start"]) == ("running", None)
    assert {"postgres", "kafka", *process_names()} <= set(state["processes"])
    assert state["processes"]["screening-api"]["pid"] == platform.pid_of("screening-api")
    assert state["processes"]["kafka"]["ready"] is None
    assert sorted(state["workers"]) == ["cluster-services", "monitoring", "registry", "screening"]
    relay, consumer = state["workers"]["screening"]["relay"], state["workers"]["screening"]["consumer"]
    assert {"leader", "unpublished", "oldest_unpublished_s", "refusal"} <= set(relay)
    assert {"lag", "parked", "refusal"} <= set(consumer)
    assert state["recount"]["differences"] == 0
    assert state["recount"]["age_s"] >= 0

    await platform.script("monitoring", DIFFERENT)
    try:
        code, state = await read(platform)
        assert code == 1
        assert [(alarm["code"], alarm["where"]) for alarm in state["alarms"]] == [("recount_differs", "monitoring")]
        code, text = await status(platform)
        assert code == 1
        assert "hitung ulang menemukan 3 perbedaan / the recount found differences" in text
    finally:
        await platform.script("monitoring", "DELETE FROM recount_run WHERE differences = 3")
    code, text = await status(platform)
    assert code == 0, text
    assert "differences=0" in text
