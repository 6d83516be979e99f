"""The compose project, for real: from nothing to exact, with a hundred screenings while every container is killed once.

The tests of this module are the days of one installation, in their order.
"""

import json
import re
import sys

import pytest
import pytest_asyncio

from deploy.dev.config import ROOT
from tests.images.namespaces import Machine
from tests.images.project import CONTAINERS, HOST, LABELS, PROCESSES, SETTLE_S, Project
from tests.images.remains import Remains, remains
from tests.support.waiting import eventually

SCREENINGS = 100
BACKING = ("postgres", "kafka")
_RESTORE = re.search(r"`(restore_command = '[^`]+')`", (ROOT / "deploy" / "README.md").read_text(encoding="utf-8"))
assert _RESTORE is not None, "deploy/README.md says how a later point in time is restored"
RESTORE_COMMAND = _RESTORE[1]


@pytest_asyncio.fixture(scope="module")
async def running(project: Project) -> Project:
    """Provide the project, started as its README says."""
    project.compose("up", "-d", *BACKING)
    await project.do("setup")
    for label in LABELS:
        await project.do(f"{label}-migrate")
    await project.do("registry-migrate", "ilp_registry", "load-reference")
    project.compose("up", "-d")
    await project.ready()
    return project


class Field:
    """The posyandu beside the project: it posts when it is asked to."""

    def __init__(self, project: Project) -> None:
        certificate, issuer = project.folder / "secrets" / "ca.crt", project.issuer
        arguments = ("-m", "tests.images.posting", f"https://{HOST}", str(certificate), str(issuer))
        self._program = project.machine.start(sys.executable, *arguments)

    def begin(self, number: int) -> None:
        """Post so many screenings from now on."""
        assert self._program.stdin is not None
        self._program.stdin.write(f"{number}\n")
        self._program.stdin.flush()

    def done(self) -> dict[str, int]:
        """Wait until they are accepted and shown; return what was seen."""
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, f"the posyandu ended with {self._program.wait()}; its errors are above"
        seen = json.loads(line)
        assert isinstance(seen, dict)
        return seen

    def end(self) -> None:
        """End it."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        self._program.wait()
        self._program.stdout.close()


@pytest.mark.parametrize("name", PROCESSES)
def test_production_has_nothing_against_the_settings(running: Project, name: str) -> None:
    role, module = name.rpartition("-")[2], f"ilp_{name.rpartition('-')[0].replace('-', '_')}"
    code, said = running.step(name, module, "check-config", "--process", role, "--backing")
    assert (code, said.strip().splitlines()[-1]) == (0, "ok"), said


def test_every_container_is_hardened(running: Project) -> None:
    for name in CONTAINERS:
        described = running.inspect(name)
        assert described["Config"]["User"] not in ("", "0", "root"), name
        assert described["EffectiveCaps"] in ([], None, ["CAP_NET_BIND_SERVICE"] if name == "gateway" else []), name
        assert "no-new-privileges" in described["HostConfig"]["SecurityOpt"], name
        assert described["HostConfig"]["ReadonlyRootfs"] is (name not in BACKING), name
        assert described["HostConfig"]["Privileged"] is False, name


def test_only_the_gateway_is_published(running: Project) -> None:
    published = {name for name in CONTAINERS if any(running.inspect(name)["NetworkSettings"]["Ports"].values())}
    assert published == {"gateway"}


def test_the_gateway_speaks_tls_and_leads_there(running: Project) -> None:
    certificate = str(running.folder / "secrets" / "ca.crt")
    curl = ("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")
    plain = running.machine.read(*curl, f"http://{HOST}/registry/health/live")
    assert plain == f"308 https://{HOST}/registry/health/live"
    statuses = {
        path: running.machine.read(*curl, "--cacert", certificate, f"https://{HOST}{path}").split()[0]
        for path in (
            "/",
            "/registry/health/ready",
            "/registry/metrics",
            "/registry/docs",
            "/other",
            "/registry/v1/persons",
        )
    }
    assert statuses == {
        "/": "302",
        "/registry/health/ready": "200",
        "/registry/metrics": "404",
        "/registry/docs": "404",
        "/other": "404",
        "/registry/v1/persons": statuses["/registry/v1/persons"],
    }
    assert statuses["/registry/v1/persons"] in ("401", "404", "405")


async def test_a_backup_is_begun(running: Project) -> None:
    running.compose("up", "-d", "backup-log", profiles=["backup"])
    await running.do("backup-base")
    (copy,) = (running.folder / "backup" / "base").iterdir()
    assert (copy / "backup_label").is_file()


async def test_a_hundred_screenings_while_every_container_is_killed_once(running: Project) -> None:
    field = Field(running)
    try:
        share, rest = divmod(SCREENINGS, len(CONTAINERS))
        for number, name in enumerate(CONTAINERS):
            killed = running.kill(name)
            field.begin(share + (number < rest))

            async def restarted(name: str = name, killed: int = killed) -> bool:
                return running.main_process(name) not in (0, killed)

            await eventually(restarted, within_s=SETTLE_S, every_s=0.5)
            await running.ready()
            seen = field.done()
        assert seen == {"weighed": SCREENINGS, "streamed": SCREENINGS, "page": 200}
    finally:
        field.end()


def test_the_recount_is_equal(running: Project) -> None:
    code, said = running.step("recount")
    assert code == 0, said


def test_no_secret_is_shown(running: Project) -> None:
    folder = running.folder / "secrets"
    secrets = set(json.loads((folder / "vault.json").read_text()).values())
    assert len(secrets) > 10
    secrets |= {(folder / name).read_text().strip() for name in ("registry-nik-key", "registry-nik-index-key")}
    for name in CONTAINERS:
        output = json.dumps(running.inspect(name)) + running.logs(name)
        assert [secret for secret in secrets if secret in output] == [], name


async def test_prometheus_sees_every_process(running: Project) -> None:
    running.compose("up", "-d", "prometheus", profiles=["observability"])
    query = "http://127.0.0.1:9090/api/v1/query?query=up"

    async def seen() -> set[str]:
        asked = running.machine.run("curl", "-fsS", query)
        series = json.loads(asked.stdout)["data"]["result"] if asked.returncode == 0 else []
        up = {each["metric"]["instance"].partition(":")[0] for each in series if each["value"][1] == "1"}
        return up if up == set(PROCESSES) else set()

    await eventually(seen, within_s=SETTLE_S, every_s=1)


async def test_a_copy_has_what_there_was_and_with_the_log_all_that_came(running: Project) -> None:
    assert screenings_restored(running, "") == 0
    further = f' && echo "{RESTORE_COMMAND}" >> /tmp/restored/postgresql.conf && touch /tmp/restored/recovery.signal'

    async def all_came() -> bool:
        return screenings_restored(running, further) == SCREENINGS

    await eventually(all_came, within_s=SETTLE_S, every_s=1)


def screenings_restored(running: Project, further: str) -> int:
    """Return how many screenings there are in a server that is started from the copy; `further` steps come before."""
    script = (
        f"cp -R /backup/base/* /tmp/restored && chmod 700 /tmp/restored{further}"
        " && pg_ctl --wait --silent --pgdata /tmp/restored start"
        " --options \"-c listen_addresses='' -c ssl=off -c hot_standby=off\""
        " && until psql --username postgres --command '' 2> /dev/null; do :; done"
        " && psql --username postgres --no-psqlrc -tA --dbname ilp_screening"
        " --command 'SELECT count(*) FROM screening.screening'"
    )
    mounts = ("--volume", f"{running.folder / 'backup'}:/backup:ro", "--tmpfs", "/run:mode=777", "--tmpfs", "/tmp")
    program = ("podman", "run", "--rm", "--user", "postgres", "--network", "none", *mounts, "--entrypoint", "sh")
    image = running.inspect("postgres")["ImageName"]
    return int(running.machine.read(*program, image, "-ec", script).split()[-1])


def test_nothing_is_left_on_the_machine(before: Remains, running: Project, machine: Machine) -> None:
    assert machine.processes() != []
    running.compose("down", "--volumes", "--timeout", "10", profiles=["steps", "observability", "backup"])
    assert running.machine.read("podman", "ps", "--all", "--quiet") == ""
    assert running.machine.read("podman", "volume", "ls", "--quiet") == ""
    machine.end()
    assert machine.processes() == []
    assert remains() == before
