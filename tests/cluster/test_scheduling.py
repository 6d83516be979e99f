"""A real scheduler places every pod of a preset on machines as the calculator sizes them; a drain; a lost zone.

Pods of operators have placeholders; an autoscaler that needs an operator or metrics is at its least, as at its start.
"""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import yaml

from deploy.capacity import ALLOCATABLE, PRESETS, Preset, Sizes, read_measured, sizes_of
from tests.cluster.conftest import define, established
from tests.cluster.control_plane import ControlPlane, node, running
from tests.cluster.placeholders import placeholders
from tests.support.waiting import PATIENCE_S, eventually
from tests.unit.k8s.renderings import rendering, text_of

ZONES = 3


def machine(index: int) -> str:
    return f"machine-{index}"


@contextlib.asynccontextmanager
async def scheduled(preset: Preset) -> AsyncIterator[tuple[ControlPlane, Sizes]]:
    """Run a control plane in which a whole preset is placed."""
    sizes, manifests = sizes_of(preset, read_measured()), rendering(preset.name)
    async with running() as plane:
        define(plane)
        await established(plane)
        cores, gib = (size * ALLOCATABLE for size in preset.node)
        plane.add_nodes([node(machine(i), f"zone-{i % ZONES}", cores, gib) for i in range(sizes.machines)])
        plane.apply(yaml.safe_dump(manifests.get("Namespace", "ilp")))
        plane.apply("---\n".join(yaml.safe_dump(each) for each in placeholders(manifests)))
        plane.apply(text_of(preset.name))
        for name, load in sizes.workloads.items():
            plane.kubectl("scale", "-n", "ilp", f"deployment/{name}", f"--replicas={load.pods}")
        await everything_runs(plane, sizes)
        yield plane, sizes


def counted(plane: ControlPlane) -> Counter[str]:
    """Return the running pods by workload."""
    running_pods = [
        pod
        for pod in plane.pods()
        if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
    ]
    return Counter(workload_of(pod["metadata"]["labels"]) for pod in running_pods)


def workload_of(labels: dict[str, str]) -> str:
    for key in ("cnpg.io/cluster", "strimzi.io/pool-name"):
        if key in labels:
            return labels[key]
    return f"{labels['app.kubernetes.io/name']}-{labels['app.kubernetes.io/component']}"


def expected(sizes: Sizes) -> dict[str, int]:
    """Return how many pods there must be."""
    pods = {name: load.pods for name, load in sizes.workloads.items()}
    pods |= {f"{name}-db": each.instances for name, each in sizes.databases.items()}
    pods["brokers"] = sizes.preset.brokers
    return pods | ({"controllers": sizes.preset.controllers} if sizes.preset.controllers else {})


async def everything_runs(plane: ControlPlane, sizes: Sizes) -> None:
    async def all_run() -> bool:
        pods = counted(plane)
        return all(pods[name] == number for name, number in expected(sizes).items())

    await eventually(all_run, within_s=PATIENCE_S)


async def stateless_run(plane: ControlPlane, sizes: Sizes) -> None:
    """Wait until every api and worker runs whole, and two of three of each database and of Kafka."""

    async def enough_run() -> bool:
        pods = counted(plane)
        stateful = {name: number for name, number in expected(sizes).items() if name not in sizes.workloads}
        return all(pods[name] == load.pods for name, load in sizes.workloads.items()) and all(
            pods[name] >= number - 1 for name, number in stateful.items()
        )

    await eventually(enough_run, within_s=PATIENCE_S)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
async def test_a_preset_fits_its_machines(preset: Preset) -> None:
    async with scheduled(preset) as (plane, sizes):
        pending = [pod["metadata"]["name"] for pod in plane.pods() if pod["status"]["phase"] == "Pending"]
        assert pending == []
        if preset.failing > 1:
            await _drained(plane, sizes)
        if preset.name == "national":
            await _zone_lost(plane, sizes)


async def _drained(plane: ControlPlane, sizes: Sizes) -> None:
    """Drain the first machine: at no moment a workload is without a running pod, and all runs again beside it."""
    plane.kubectl("cordon", machine(0))
    names = [pod["metadata"]["name"] for pod in plane.pods() if pod["spec"].get("nodeName") == machine(0)]
    assert names
    for _attempt in range(len(names)):
        options = ("--delete-emptydir-data", "--ignore-daemonsets", "--timeout=20s")
        ended = plane.kubectl("drain", machine(0), *options)
        least = counted(plane)
        assert all(least[name] >= 1 for name in expected(sizes)), least
        if ended.returncode == 0:
            break
    assert not [pod for pod in plane.pods() if pod["spec"].get("nodeName") == machine(0)]
    await stateless_run(plane, sizes)
    plane.kubectl("uncordon", machine(0))
    await everything_runs(plane, sizes)


async def _zone_lost(plane: ControlPlane, sizes: Sizes) -> None:
    """Lose a zone: what is bound to none runs whole in the two others; two of three databases and brokers are left."""
    lost = [machine(i) for i in range(sizes.machines) if i % ZONES == 0]
    names = [pod["metadata"]["name"] for pod in plane.pods() if pod["spec"].get("nodeName") in lost]
    plane.kubectl("delete", "node", *lost)
    plane.kubectl("delete", "pod", "-n", "ilp", "--force", "--grace-period=0", *names)
    await stateless_run(plane, sizes)
    zones = {pod["spec"]["nodeName"] for pod in plane.pods() if pod["status"]["phase"] == "Running"}
    assert zones.isdisjoint(lost)
