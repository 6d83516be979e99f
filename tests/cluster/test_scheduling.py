"""A real scheduler places every pod of a preset on machines as the calculator sizes them; a drain; a lost zone.

Pods of operators have placeholders; an autoscaler that needs an operator or metrics is at its least, as at its start.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml

from deploy.capacity import ALLOCATABLE, PRESETS, Preset, Sizes, read_measured, sizes_of
from tests.cluster.conftest import define, established
from tests.cluster.control_plane import ControlPlane, node, running
from tests.cluster.placeholders import OPERATOR, placeholders
from tests.support.waiting import PATIENCE_S, eventually
from tests.unit.k8s.renderings import rendering, text_of

ZONES = 3
_OF_OPERATORS = ("cnpg.io/cluster", "strimzi.io/pool-name", "strimzi.io/name")


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
            plane.command("scale", "-n", "ilp", f"deployment/{name}", f"--replicas={load.pods}")
        await everything_runs(plane, sizes)
        yield plane, sizes


def counted(plane: ControlPlane) -> Counter[str]:
    """Return the ready pods by workload."""
    ready = [pod for pod in plane.pods() if is_ready(pod) and "deletionTimestamp" not in pod["metadata"]]
    return Counter(workload_of(pod["metadata"]["labels"]) for pod in ready)


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return pod["status"]["phase"] == "Running" and conditions.get("Ready") == "True"


def workload_of(labels: dict[str, str]) -> str:
    for key in _OF_OPERATORS:
        if key in labels:
            return labels[key]
    return f"{labels['app.kubernetes.io/name']}-{labels['app.kubernetes.io/component']}"


def expected(sizes: Sizes) -> dict[str, int]:
    """Return how many pods there must be."""
    pods = {name: load.pods for name, load in sizes.workloads.items()}
    pods |= {f"{name}-db": each.instances for name, each in sizes.databases.items()}
    pods |= {"brokers": sizes.preset.brokers, OPERATOR: 1}
    return pods | ({"controllers": sizes.preset.controllers} if sizes.preset.controllers else {})


async def everything_runs(plane: ControlPlane, sizes: Sizes) -> None:
    """Wait until every pod is ready, and none has no place."""

    async def all_run() -> bool:
        pods = counted(plane)
        pending = [pod for pod in plane.pods() if pod["status"]["phase"] == "Pending"]
        return not pending and all(pods[name] == number for name, number in expected(sizes).items())

    await seen(all_run, plane)


async def stateless_run(plane: ControlPlane, sizes: Sizes) -> None:
    """Wait until every api and worker runs whole, and two of three of each database and of Kafka."""

    async def enough_run() -> bool:
        pods = counted(plane)
        stateful = {name: number for name, number in expected(sizes).items() if name not in sizes.workloads}
        return all(pods[name] == load.pods for name, load in sizes.workloads.items()) and all(
            pods[name] >= number - 1 for name, number in stateful.items()
        )

    await seen(enough_run, plane)


async def seen(probe: Any, plane: ControlPlane) -> None:
    """Wait for a condition; fails with what has no place, and why."""
    try:
        await eventually(probe, within_s=3 * PATIENCE_S, every_s=0.5)
    except AssertionError:
        reasons = [
            f"{pod['metadata']['name']}: {each.get('message')}"
            for pod in plane.pods()
            for each in pod["status"].get("conditions", [])
            if each["type"] == "PodScheduled" and each["status"] != "True"
        ]
        raise AssertionError("\n".join([str(dict(counted(plane))), *reasons])) from None


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
async def test_a_preset_fits_its_machines(preset: Preset) -> None:
    async with scheduled(preset) as (plane, sizes):
        if preset.failing > 1:
            await _drained(plane, sizes)
        if preset.name == "national":
            await _zone_lost(plane, sizes)


async def _drained(plane: ControlPlane, sizes: Sizes) -> None:
    """Drain the first machine: whatever has several pods has a ready one at every look; then all runs beside it."""
    several = [name for name, number in expected(sizes).items() if number > 1]
    assert [pod for pod in plane.pods() if pod["spec"].get("nodeName") == machine(0)]
    options = ("--delete-emptydir-data", "--ignore-daemonsets", f"--timeout={5 * PATIENCE_S:.0f}s")
    drain = asyncio.create_task(asyncio.to_thread(plane.command, "drain", machine(0), *options))
    while not drain.done():
        least = await asyncio.to_thread(counted, plane)
        assert all(least[name] >= 1 for name in several), least
    await drain
    assert not [pod for pod in plane.pods() if pod["spec"].get("nodeName") == machine(0)]
    await stateless_run(plane, sizes)
    plane.command("uncordon", machine(0))
    await everything_runs(plane, sizes)


async def _zone_lost(plane: ControlPlane, sizes: Sizes) -> None:
    """Lose a zone: what is bound to none runs whole in the two others; two of three databases and brokers are left."""
    lost = [machine(i) for i in range(sizes.machines) if i % ZONES == 0]
    names = [pod["metadata"]["name"] for pod in plane.pods() if pod["spec"].get("nodeName") in lost]
    plane.command("delete", "node", *lost)
    plane.command("delete", "pod", "-n", "ilp", "--force", "--grace-period=0", "--ignore-not-found", *names)
    await stateless_run(plane, sizes)
    machines = {pod["spec"]["nodeName"] for pod in plane.pods() if pod["status"]["phase"] == "Running"}
    assert machines.isdisjoint(lost)
