"""`make status` while the platform starts and where nothing runs: it says so, to people and to programs."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.dev.config import ROOT
from deploy.dev.vault import free_port
from tests.support.children import killed_at_end
from tests.support.waiting import eventually, patiently


async def run(module: str, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def status(data: Path, *arguments: str) -> tuple[int | None, str, str]:
    """Run `make status` on a data folder; return exit code, standard output and standard error."""
    process = await run("deploy.dev.status", *arguments, ILP_DATA_DIR=str(data))
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def read(data: Path) -> tuple[int | None, dict[str, Any]]:
    code, output, _ = await status(data, "--json")
    state: dict[str, Any] = json.loads(output)
    return code, state


@asynccontextmanager
async def start_that_waits(data: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the platform with servers of one's own that take a connection and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        process = await run(
            "deploy.dev.up",
            ILP_DATA_DIR=str(data),
            ILP_PORT=str(free_port()),
            ILP_DATABASE_URL=f"postgresql://postgres@{address}/postgres",
            ILP_KAFKA_BOOTSTRAP=address,
        )
        async with killed_at_end(process):
            yield process


async def test_a_start_says_what_is_done_and_what_is_under_way(tmp_path: Path) -> None:
    async with start_that_waits(tmp_path) as process:

        async def starting() -> bool:
            assert process.returncode is None, "the start ended before anybody looked"
            _, state = await read(tmp_path)
            return state["state"] == "starting" and len(state["start"]["under_way"]) == 2

        await eventually(starting)
        code, state = await read(tmp_path)
        assert (code, state["state"], state["ready"], state["alarms"]) == (1, "starting", False, [])
        assert state["start"]["done"] == []
        assert sorted(state["start"]["under_way"]) == ["Kafka", "PostgreSQL"]
        assert (state["processes"], state["workers"], state["recount"]) == ({}, {}, None)
        code, text, errors = await status(tmp_path)
        assert (code, errors) == (1, "")
        assert "Sedang dijalankan sejak / starting since" in text
        assert "Kafka" in text
        assert "PostgreSQL" in text

        process.kill()
        await patiently(process.wait())
        code, state = await read(tmp_path)
        assert (code, state["state"], state["start"]) == (1, "stopped", None), "a start that was killed starts nothing"


async def test_where_nothing_runs_a_program_reads_an_object_and_people_a_line(tmp_path: Path) -> None:
    code, state = await read(tmp_path)
    assert (code, state["state"], state["ready"], state["processes"]) == (1, "stopped", False, {})
    code, text, errors = await status(tmp_path)
    assert (code, text) == (1, "")
    assert "`make run`" in errors
    assert len(errors.splitlines()) == 1
