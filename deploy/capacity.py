"""The capacity calculator: how many pods, cores, GiB and partitions a preset needs, from the measured speed.

`python -m deploy.capacity [RESULTS.md]` prints the table of all presets. The measured figures come from
`tests/load/RESULTS.md` (one machine of two cores). What is in `Preset` and in the constants is planned or assumed, not
measured, so every figure of a preset beyond the measured machine is an extrapolation, and the table says so. Kubernetes
presets and `deploy/README.md` are generated from `sizes_of`.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.config import ROOT, SERVICES

RESULTS = ROOT / "tests" / "load" / "RESULTS.md"
NAMES = tuple(service.path.strip("/") for service in SERVICES)
_ROW = re.compile(r"^\| ([^|]+?) \| ([\d.,]+)(?: [^|]*)? \|.*$", re.MULTILINE)
_API_US = re.compile(r"CPU µs: API (\d+)")
_WORKER_US = re.compile(r"CPU µs: monitoring-worker (\d+)")


@dataclass(frozen=True)
class Measured:
    """Figures of the benchmark: CPU microseconds for one operation, and memory in MB by process."""

    post_us: int
    read_us: int
    event_us: int
    """One event through the worker of monitoring, from Kafka to the projection."""
    memory_mb: Mapping[str, float]


@dataclass(frozen=True)
class Preset:
    """What a preset is planned for. Loads are peaks; the average is a twentieth of the peak."""

    name: str
    commands_s: float
    streams: int
    reads_s: float
    copies: int
    """Pods that each workload has at least: one for each zone, or for each node that may fail."""
    core: float
    """CPU request of one api or worker."""
    partitions: int
    instances: int
    """Of each PostgreSQL cluster."""
    brokers: int
    controllers: int
    """Kafka nodes beside the brokers; none: brokers are controllers too."""
    broker_core: float
    broker_gib: int
    node: tuple[int, int]
    """Cores and GiB of one machine."""
    failing: int
    """Of so many equal parts (zones, machines) one may be gone: 1 means none."""
    retention_days: int


PRESETS = (
    Preset("dinas", 30, 1_200, 20, 1, 0.15, 6, 1, 1, 0, 0.5, 2, (4, 16), 1, 3),
    Preset("province", 270, 10_800, 180, 2, 0.25, 12, 3, 3, 0, 0.75, 3, (8, 32), 3, 3),
    Preset("national", 1_500, 60_000, 1_000, 3, 1.0, 64, 3, 3, 3, 4, 16, (16, 128), 3, 7),
)
HEADROOM = 1.5
"""An api is planned for so many times the peak, at half of what a core can do."""
BURST = 3
"""After an outage so many times the peak arrives (a day's entries at once)."""
COMMANDS = {"registry": 0.2, "screening": 0.6, "cluster-services": 0.2, "monitoring": 0.0}
"""Shares of the commands."""
BYTES = {"registry": 150, "screening": 1_000, "cluster-services": 850, "monitoring": 500}
"""Bytes of disk for each command of the platform, by database: 2.5 KB together."""
DISK_PER_MEMORY = {"registry": 24, "screening": 64, "cluster-services": 128, "monitoring": 32}
"""GB of rows for each GB of memory: numbers are read all the time, old tasks hardly ever."""
RELAY_ONLY = {"registry"}
"""Services that read no partitions: more workers would only wait for the relay's lease."""
EVENTS_PER_COMMAND, EVENT_BYTES = 1.53, 1_024
COMMANDS_A_YEAR = 2.4e9 / 1_500
"""For each command per second of the peak."""
MONTHS_KEPT, DISK_HEADROOM = 13, 1.5
STREAMS_PER_POD, STREAM_KB = 7_500, 50
GIB_PER_CORE, CORES_PER_TB = 8, 2
POOLS = 20
"""Connections of one process: two pools of ten."""
ALLOCATABLE = 0.93
"""Of a machine; the rest is the system's and the observability's."""


@dataclass(frozen=True)
class Workload:
    """Pods of one api or worker: how many at the planned peak, how many at most, and the requests of one."""

    pods: int
    most: int
    cpu_m: int
    memory_mib: int


@dataclass(frozen=True)
class Database:
    """One PostgreSQL cluster, and what each of its instances needs."""

    instances: int
    cpu_m: int
    memory_gib: int
    disk_gb: int
    connections: int


@dataclass(frozen=True)
class Sizes:
    """All sizes of a preset; names are `<service>-api`, `<service>-worker`, and those of the services."""

    preset: Preset
    workloads: Mapping[str, Workload]
    databases: Mapping[str, Database]
    broker_disk_gb: int
    machines: int

    @property
    def cores(self) -> float:
        """Sum of the CPU requests at the planned peak."""
        stateful = self.preset.brokers * self.preset.broker_core + self.preset.controllers
        stateful += sum(each.instances * each.cpu_m for each in self.databases.values()) / 1_000
        return stateful + sum(each.pods * each.cpu_m for each in self.workloads.values()) / 1_000

    @property
    def memory_gib(self) -> float:
        """Sum of the memory requests at the planned peak."""
        stateful = self.preset.brokers * self.preset.broker_gib + self.preset.controllers * CONTROLLER_GIB
        stateful += sum(each.instances * each.memory_gib for each in self.databases.values())
        return stateful + sum(each.pods * each.memory_mib for each in self.workloads.values()) / 1_024


CONTROLLER_GIB = 4


def read_measured(path: Path = RESULTS) -> Measured:
    """Return the figures; raises ValueError where the page lacks one."""
    rows = {
        name: (figure, line) for line in path.read_text("utf-8").splitlines() for name, figure in _ROW.findall(line)
    }

    def micros(start: str, pattern: re.Pattern[str]) -> int:
        match = next((pattern.search(line) for name, (_, line) in rows.items() if name.startswith(start)), None)
        if match is None:
            raise ValueError(f"{path.name} has no CPU µs for {start!r}")
        return int(match[1])

    memory = {
        name.removeprefix("memory of "): float(figure.replace(",", ""))
        for name, (figure, _) in rows.items()
        if name.startswith("memory of ")
    }
    return Measured(
        micros("durable screening POST", _API_US),
        micros("dashboard reads", _API_US),
        micros("rebuild of", _WORKER_US),
        memory,
    )


def sizes_of(preset: Preset, measured: Measured) -> Sizes:
    """Return what a preset needs."""
    workloads = {}
    for service in NAMES:
        workloads[f"{service}-api"] = _api(service, preset, measured)
        workloads[f"{service}-worker"] = _worker(service, preset, measured)
    databases = {service: _database(service, preset, workloads) for service in NAMES}
    day_bytes = preset.commands_s / 20 * EVENTS_PER_COMMAND * EVENT_BYTES * 86_400
    disk = day_bytes * preset.retention_days * min(3, preset.brokers) / preset.brokers * DISK_HEADROOM / 1e9
    partial = Sizes(preset, workloads, databases, _up(disk, 10), 0)
    return Sizes(preset, workloads, databases, _up(disk, 10), _machines(partial))


def _api(service: str, preset: Preset, measured: Measured) -> Workload:
    """Size an api by its CPU; that of monitoring also by its live screens, each of which is an open file."""
    per_core = 1e6 / (measured.read_us if service == "monitoring" else measured.post_us) / 2
    load = preset.reads_s if service == "monitoring" else preset.commands_s * COMMANDS[service]
    spare = int(preset.copies > 1)
    needed = math.ceil(load * HEADROOM / (per_core * preset.core))
    pods, most, streams = max(preset.copies, needed + spare), 0, 0
    if service == "monitoring":
        pods = max(pods, math.ceil(preset.streams / STREAMS_PER_POD))
        most = math.ceil(pods * HEADROOM) if spare else pods
        streams = math.ceil(preset.streams / pods)
    else:
        most = pods if not spare else 4 * (pods - spare)
    memory = measured.memory_mb[f"{service}-api"] * HEADROOM + streams * STREAM_KB / 1_024
    return Workload(pods, most, round(preset.core * 1_000), _up(memory, 64))


def _worker(service: str, preset: Preset, measured: Measured) -> Workload:
    """Size a worker by the partitions that it reads: one for each eight of monitoring's, which are even enough then."""
    memory = _up(measured.memory_mb[f"{service}-worker"] * HEADROOM, 64)
    pods = max(preset.copies, preset.partitions // 8) if service == "monitoring" else preset.copies
    peak_cores = preset.commands_s * EVENTS_PER_COMMAND * BURST * measured.event_us / 1e6
    while service == "monitoring" and pods * preset.core < peak_cores:
        pods += 1
    fixed = preset.copies == 1 or service in RELAY_ONLY
    most = pods if fixed else min(preset.partitions, 2 * pods)
    return Workload(pods, most, round(preset.core * 1_000), memory)


def _database(service: str, preset: Preset, workloads: Mapping[str, Workload]) -> Database:
    year = preset.commands_s * COMMANDS_A_YEAR
    disk_gb = year * MONTHS_KEPT / 12 * BYTES[service] * DISK_HEADROOM / 1e9
    memory_gib = 2 ** max(0, round(math.log2(disk_gb / DISK_PER_MEMORY[service])))
    cores = max(memory_gib / GIB_PER_CORE, disk_gb / 1_000 * CORES_PER_TB)
    cpu_m = _up(cores * 1_000, 250 if cores < CORES_PER_TB else 2_000)
    clients = sum(workloads[f"{service}-{part}"].most for part in ("api", "worker"))
    disk = _up(disk_gb, 10) if disk_gb < 500 else _up(disk_gb, 1_000)
    return Database(preset.instances, cpu_m, memory_gib, disk, _up(clients * POOLS + 40, 20))


def _machines(sizes: Sizes) -> int:
    """Return how many machines carry everything when one part (zone or machine) of the stateless pods is gone."""
    preset, parts = sizes.preset, sizes.preset.failing
    pods_m = sum(each.pods * each.cpu_m for each in sizes.workloads.values())
    stateful_m = sum(each.instances * each.cpu_m for each in sizes.databases.values())
    stateful_m += round((preset.brokers * preset.broker_core + preset.controllers) * 1_000)
    part_m = stateful_m / parts + pods_m / max(1, parts - 1)
    pods_gib = sum(each.pods * each.memory_mib for each in sizes.workloads.values()) / 1_024
    part_gib = (sizes.memory_gib - pods_gib) / parts + pods_gib / max(1, parts - 1)
    cores, gib = (size * ALLOCATABLE for size in preset.node)
    return parts * math.ceil(max(part_m / (cores * 1_000), part_gib / gib))


def _up(value: float, step: int) -> int:
    return max(step, math.ceil(round(value / step, 6)) * step)


def table(measured: Measured) -> str:
    """Return the sizes of all presets as a table in Markdown."""
    head = [
        f"Measured: POST {measured.post_us} µs and read {measured.read_us} µs of an api's CPU, {measured.event_us} µs"
        " of monitoring's worker for an event. Everything below is **extrapolated** from that machine of two cores.",
        "",
        "| part (pods × cores, GiB) | " + " | ".join(preset.name for preset in PRESETS) + " |",
        "| --- |" + " --- |" * len(PRESETS),
    ]
    every = [sizes_of(preset, measured) for preset in PRESETS]
    loads = [f"{p.commands_s:g} commands/s, {p.streams:,} screens, {p.reads_s:g} reads/s" for p in PRESETS]
    rows = [("planned peak", loads)]
    for name in every[0].workloads:
        rows.append((name, [_pods(sizes.workloads[name]) for sizes in every]))
    for name in every[0].databases:
        rows.append((f"PostgreSQL {name}", [_cluster(sizes.databases[name]) for sizes in every]))
    rows.append(("Kafka", [_kafka(sizes) for sizes in every]))
    rows.append(("partitions, days kept", [f"{p.partitions}, {p.retention_days}" for p in PRESETS]))
    rows.append(("machines", [f"{s.machines} × {s.preset.node[0]} cores, {s.preset.node[1]} GiB" for s in every]))
    rows.append(("requests together", [f"{s.cores:.1f} cores, {s.memory_gib:.0f} GiB" for s in every]))
    return "\n".join([*head, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)])


def _pods(load: Workload) -> str:
    most = f" (to {load.most})" if load.most > load.pods else ""
    return f"{load.pods}{most} × {load.cpu_m / 1_000:g}, {load.memory_mib / 1_024:.2g}"


def _cluster(database: Database) -> str:
    size = f"{database.disk_gb / 1_000:g} TB" if database.disk_gb >= 1_000 else f"{database.disk_gb} GB"
    return f"{database.instances} × {database.cpu_m / 1_000:g}, {database.memory_gib}; {size}"


def _kafka(sizes: Sizes) -> str:
    preset = sizes.preset
    controllers = f" + {preset.controllers} × 1, {CONTROLLER_GIB}" if preset.controllers else ""
    return f"{preset.brokers} × {preset.broker_core:g}, {preset.broker_gib}; {sizes.broker_disk_gb} GB{controllers}"


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 2 for a wrong call."""
    if len(arguments) > 1:
        sys.stderr.write("usage: python -m deploy.capacity [RESULTS.md]\n")
        return 2
    print(table(read_measured(*map(Path, arguments))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
