"""The shell of an operator beside `make run`: one line sets every name that runbooks use, and their commands work."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.runbooks.shell import Ended, Shell
from tests.support.platform import Platform
from tests.support.runbooks import Page

pytestmark = pytest.mark.backends
_OF_TESTS = "_OIDC_LONGEST_TOKEN_S"
"""The setting that platforms of tests have besides."""
_SYSTEM = ("PATH", "HOME", "LANG", "TMPDIR")


async def beside(platform: Platform, process: str, *commands: str) -> Ended:
    """Run commands in a new shell of an operator, who has set the names for a process."""
    bare = {name: os.environ[name] for name in _SYSTEM if name in os.environ}
    shell = Shell({**bare, "ILP_DATA_DIR": str(platform.data)})
    names = f'eval "$({shlex.quote(sys.executable)} -m deploy.dev.shell {process})"'
    return await shell.run("\n".join([names, *commands]))


@pytest.mark.parametrize("page", ["IlpEventsParked", "IlpRecountTooOld"])
async def test_the_commands_of_a_page_work_after_one_line(platform: Platform, page: str) -> None:
    await platform.settled()
    read = Page.read(page)
    done = await beside(platform, "monitoring-worker", *read.first, *read.fix)
    assert done.code == 0, done


async def test_an_api_has_its_own_address(platform: Platform) -> None:
    done = await beside(platform, "screening-api", 'echo "$INSTANCE $SERVICE"', *Page.read("IlpReadsSlow").first)
    assert done.code == 0, done
    assert done.output.startswith(f"{platform.instance_of('screening-api')} ilp_screening\n")


@pytest.mark.parametrize("process", ["registry-api", "monitoring-worker"])
async def test_its_settings_are_those_of_the_running_process(platform: Platform, process: str) -> None:
    running = settings_in(Path(f"/proc/{platform.running(process)}/environ").read_bytes())
    copy = platform.data / "operator-environment"
    try:
        done = await beside(platform, process, f"env -0 > {shlex.quote(str(copy))}")
        assert done.code == 0, done
        settings = settings_in(copy.read_bytes())
    finally:
        copy.unlink(missing_ok=True)
    given = {name for name in running if name.endswith(_OF_TESTS)}
    assert {name for name in settings.keys() | running if settings.get(name) != running.get(name)} == given


def settings_in(environment: bytes) -> dict[str, str]:
    """Return the settings of services and of the recount; never compared in an assertion, which would show them."""
    entries = (entry.decode().split("=", 1) for entry in environment.split(b"\0") if entry)
    prefixes = ("ILP_REGISTRY_", "ILP_MONITORING_", "ILP_RECOUNT_")
    return {name: value for name, value in entries if name.startswith(prefixes)}
