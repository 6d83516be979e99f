"""The compose project, for real: from nothing to exact, with a hundred screenings while every container is killed once.

The tests of this module are the days of one installation, in their order.
"""

import json
import sys
from collections.abc import Iterator, Sequence

import pytest
import pytest_asyncio

from deploy.observability.rules import groups
from deploy.observability.slo import catalogue
from tests.backup.page import blocks
from tests.images.namespaces import Machine
from tests.images.project import ADDRESS, CONTAINERS, HOST, LABELS, PROCESSES, RECEIVER, SETTLE_S, Project
from tests.images.remains import Remains, remains
from tests.support.runbooks import Page
from tests.support.waiting import eventually

SCREENINGS = 100
BACKING = ("postgres", "kafka")
FURTHER = 5
(INSTALL,) = blocks("Compose: one puskesmas or one dinas", mark="")
TO_THE_NEWEST, TO_A_MOMENT, RECOVER, PROVE = blocks("Compose: restore")
OBSERVERS = ("prometheus", "alertmanager", "node-exporter")
_RECEIVER = """
import http.server
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.path, self.rfile.read(int(self.headers['Content-Length'])).decode(), flush=True)
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(('', 8000), Receiver).serve_forever()
"""


@pytest_asyncio.fixture(scope="module")
async def running(project: Project) -> Project:
    """Provide the project, started as its README says."""
    await project.operate(INSTALL)
    await project.ready()
    return project


class Field:
    """The posyandu beside the project: it posts when it is asked to."""

    def __init__(self, project: Project) -> None:
        certificate, issuer = project.folder / "secrets" / "ca.crt", project.issuer
        arguments = ("-m", "tests.images.posting", ADDRESS, str(certificate), str(issuer))
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


@pytest.fixture(scope="module")
def field(running: Project) -> Iterator[Field]:
    """Provide the posyandu, for all days of the installation."""
    posyandu = Field(running)
    yield posyandu
    posyandu.end()


@pytest.mark.parametrize("name", PROCESSES)
def test_production_has_nothing_against_the_settings(running: Project, name: str) -> None:
    role, module = name.rpartition("-")[2], f"ilp_{name.rpartition('-')[0].replace('-', '_')}"
    code, said = running.step(name, module, "check-config", "--process", role, "--backing")
    assert (code, said.strip().splitlines()[-1]) == (0, "ok"), said


@pytest.mark.parametrize("name", ["IlpCertificateExpires", "IlpEventsParked"])
def test_the_commands_of_a_runbook_work_as_they_are_written(running: Project, name: str) -> None:
    page = Page.read(name)
    for command in (*page.first, *page.fix, *page.prove):
        code, said = running.walk(command)
        assert code == 0, f"$ {command}\n{said}"


async def test_monitoring_is_rebuilt_by_the_owner_as_its_runbook_says(running: Project) -> None:
    page = Page.read("IlpRecountDiffers")
    running.compose("stop", "monitoring-worker")
    for command in page.fix:
        code, said = running.walk(command, "process=monitoring-migrate")
        assert code == 0, said
    running.compose("start", "monitoring-worker")
    await running.ready()
    for command in page.prove:
        code, said = running.walk(command)
        assert code == 0, f"$ {command}\n{said}"


def test_every_container_is_hardened(running: Project) -> None:
    are_hardened(running, CONTAINERS)


def are_hardened(running: Project, names: Sequence[str]) -> None:
    for name in names:
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
    assert plain == f"308 {ADDRESS}/registry/health/live"
    assert f"ILP_MONITORING_SIGN_IN_ADDRESS={ADDRESS}/monitoring" in running.inspect("monitoring-api")["Config"]["Env"]
    statuses = {
        path: running.machine.read(*curl, "--cacert", certificate, f"{ADDRESS}{path}").split()[0]
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


async def test_a_hundred_screenings_while_every_container_is_killed_once(running: Project, field: Field) -> None:
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


def test_the_recount_is_equal(running: Project) -> None:
    code, said = running.step("recount")
    assert code == 0, said


async def test_prometheus_sees_every_process(running: Project) -> None:
    running.compose("up", "-d", *OBSERVERS, profiles=["observability"])

    async def seen() -> bool:
        up = {each["metric"]["instance"].partition(":")[0] for each in running.prometheus("up == 1")}
        return up == {*PROCESSES, "node-exporter"}

    await eventually(seen, within_s=SETTLE_S, every_s=1)
    are_hardened(running, OBSERVERS)
    for name in OBSERVERS:
        published = [
            each["HostIp"] for port in running.inspect(name)["NetworkSettings"]["Ports"].values() for each in port or []
        ]
        assert published in ([], ["127.0.0.1"]), name


def expression(alert: str) -> str:
    """Return what Prometheus evaluates for an alert."""
    rules = (rule for group in groups(catalogue()) for rule in group["rules"])
    return str(next(rule["expr"] for rule in rules if rule.get("alert") == alert))


async def test_the_alerts_of_backup_and_restore_end_by_the_jobs(running: Project) -> None:
    async def none(alert: str) -> bool:
        return running.prometheus(expression(alert)) == []

    await eventually(lambda: none("IlpBackupTooOld"), within_s=SETTLE_S, every_s=1)
    assert not await none("IlpRestoreUntested")
    code, said = running.step("backup-test")
    assert code == 0, said
    for label in LABELS:
        assert f"ilp_{label.replace('-', '_')}: " in said
    await eventually(lambda: none("IlpRestoreUntested"), within_s=SETTLE_S, every_s=1)


def test_the_alert_of_the_disks_sees_them_and_nobody_reads_databases_there(running: Project) -> None:
    always = expression("IlpDiskFills").replace("< 0.15", "<= 1")
    seen = {each["metric"]["mountpoint"] for each in running.prometheus(always)}
    assert seen == {f"/disks/{name}" for name in ("postgres", "kafka", "prometheus", "backup")}
    for folder in ("postgres/pgdata", "backup"):
        assert running.machine.run("podman", "exec", "ilp_node-exporter_1", "ls", f"/disks/{folder}").returncode != 0


async def test_an_alert_reaches_whom_the_site_names(running: Project) -> None:
    image = running.inspect(PROCESSES[0])["ImageName"]
    program = ("--entrypoint", "/opt/ilp/bin/python", image, "-c", _RECEIVER)
    running.machine.read("podman", "run", "-d", "--name", RECEIVER, "--network", "ilp_edge", *program)
    try:
        curl, alertmanager = ("curl", "-fsS"), "http://127.0.0.1:9093/api/v2/alerts"
        known = json.loads(running.machine.read(*curl, "http://127.0.0.1:9090/api/v1/alertmanagers"))
        assert [each["url"] for each in known["data"]["activeAlertmanagers"]] == [
            "http://alertmanager:9093/api/v2/alerts"
        ]
        alerts = [{"labels": {"alertname": f"Example{name}", "severity": name}} for name in ("page", "ticket")]
        posted = ("-H", "Content-Type: application/json", "-d", json.dumps(alerts))
        running.machine.read(*curl, *posted, alertmanager)
        listed = json.loads(running.machine.read(*curl, alertmanager))
        receivers = {each["labels"]["alertname"]: each["receivers"] for each in listed}
        assert receivers["Examplepage"] == [{"name": "page"}]
        assert receivers["Exampleticket"] == [{"name": "ticket"}]

        async def told() -> bool:
            said = running.machine.read("podman", "logs", RECEIVER)
            return any(line.startswith("/page ") and "Examplepage" in line for line in said.splitlines())

        await eventually(told, within_s=SETTLE_S, every_s=1)
    finally:
        running.machine.read("podman", "rm", "--force", "--time", "0", RECEIVER)


def test_no_secret_is_shown(running: Project) -> None:
    folder = running.folder / "secrets"
    secrets = set(json.loads((folder / "vault.json").read_text()).values())
    assert len(secrets) > 10
    secrets |= {(folder / name).read_text().strip() for name in ("registry-nik-key", "registry-nik-index-key")}
    for name in (*CONTAINERS, *OBSERVERS):
        output = json.dumps(running.inspect(name)) + running.logs(name)
        assert [secret for secret in secrets if secret in output] == [], name


def screenings(running: Project) -> int:
    """Return how many screenings there are in the database."""
    return int(running.query("ilp_screening", "SELECT count(*) FROM screening.screening"))


async def test_the_newest_state_comes_back_by_the_commands_of_the_page(running: Project) -> None:
    await running.operate(TO_THE_NEWEST)
    assert screenings(running) == SCREENINGS  # the copy was made before them: they are from the log
    assert running.query("postgres", "SELECT timeline_id FROM pg_control_checkpoint()") == "2"
    await running.ready()
    await running.do("recount")


async def test_a_moment_comes_back_and_what_was_lost_is_listed(running: Project, field: Field) -> None:
    field.begin(FURTHER)
    field.done()
    moment = running.query("postgres", "SELECT clock_timestamp()")
    field.begin(FURTHER)
    field.done()
    await running.operate(TO_A_MOMENT, TARGET=moment)
    assert screenings(running) == SCREENINGS + FURTHER
    await running.operate(RECOVER)
    for label in ("registry", "screening"):  # a child each, and its screening
        lines = (running.folder / "lost" / f"{label}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) >= FURTHER, lines
    await running.ready()
    await running.operate(PROVE)
    assert screenings(running) == SCREENINGS + FURTHER


def test_nothing_is_left_on_the_machine(before: Remains, running: Project, machine: Machine) -> None:
    assert machine.processes() != []
    running.compose("down", "--volumes", "--timeout", "10", profiles=["steps", "observability", "backup"])
    assert running.machine.read("podman", "ps", "--all", "--quiet") == ""
    assert running.machine.read("podman", "volume", "ls", "--quiet") == ""
    machine.end()
    assert machine.processes() == []
    assert remains() == before
