"""A newcomer's first write: the commands of the README, as they are, against the running platform."""

import asyncio
import json
import os
import re
import textwrap

import pytest

from deploy.dev.config import ROOT
from tests.support.platform import Platform
from tests.support.waiting import eventually

pytestmark = pytest.mark.backends
VILLAGE = "35.78.01.1001"
"""Where no other test and no demonstration counts."""


def commands() -> str:
    """Return the one block of shell commands of the README."""
    (block,) = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return textwrap.dedent(block)


async def test_the_first_write_succeeds_as_the_readme_has_it(platform: Platform) -> None:
    settings = {"ILP_PORT": str(platform.deployment.config.port), "ILP_DATA_DIR": str(platform.data)}
    process = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-o", "pipefail", "-c", commands()),
        cwd=ROOT,
        env={**os.environ, **settings, "VILLAGE": VILLAGE},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = (part.decode() for part in await process.communicate())
    assert process.returncode == 0, output + errors
    *answers, page = output.strip().splitlines()
    facility, child, day, screening = (json.loads(answer) for answer in answers)
    assert (screening["facility_id"], screening["person_id"]) == (facility["id"], child["id"])
    assert (screening["open_day_id"], screening["day"]) == (day["id"], day["day"])
    assert screening["summary"]["sentence"]["id"]
    assert screening["warnings"] == []
    assert page == f"{platform.address.replace('127.0.0.1', 'localhost')}/monitoring/wilayah/{VILLAGE}"
    situation = f"/monitoring/v1/situations/{VILLAGE}?period={day['day'][:7]}"

    async def is_counted() -> bool:
        answer = await platform.client.get(situation, headers=platform.headers("dinas"))
        counted = {numbers["code"]: numbers["numerator"] for numbers in answer.json()["indicators"]}
        return bool(counted["D_S"] == 1)

    await eventually(is_counted, within_s=60)
