"""The calculator: the nation as it was planned, and presets that have what it computes."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.capacity import NAMES, PRESETS, RELAY_ONLY, Preset, Sizes, read_measured, sizes_of, table
from deploy.dev.settings_table import services
from deploy.k8s.rules.pods import quantity
from deploy.k8s.rules.scaling import scalers
from deploy.k8s.sizes import is_scaled
from tests.unit.k8s.renderings import changeable, rendering

NATION = {
    "registry": (4, 32, 1_000),
    "screening": (8, 64, 4_000),
    "cluster-services": (8, 32, 4_000),
    "monitoring": (8, 64, 2_000),
}
"""Cores, GiB and GB of each instance, as the plan for the nation has them."""
PODS = {
    "registry-api": (3, 8),
    "screening-api": (4, 12),
    "cluster-services-api": (3, 8),
    "monitoring-api": (8, 12),
    "registry-worker": (3, 3),
    "screening-worker": (3, 6),
    "cluster-services-worker": (3, 6),
    "monitoring-worker": (8, 16),
}


def sizes(name: str) -> Sizes:
    return sizes_of(next(preset for preset in PRESETS if preset.name == name), read_measured())


def test_the_nation_is_as_planned() -> None:
    nation = sizes("national")
    assert {name: (load.pods, load.most) for name, load in nation.workloads.items()} == PODS
    assert {load.cpu_m for load in nation.workloads.values()} == {1_000}
    instances = {name: (each.cpu_m / 1_000, each.memory_gib, each.disk_gb) for name, each in nation.databases.items()}
    assert instances == NATION
    assert nation.workloads["monitoring-api"].memory_mib == 512
    assert 120 <= nation.cores <= 150
    assert 600 <= nation.memory_gib <= 690


def test_slower_measurements_need_more_pods(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    text = (Path(__file__).parents[2] / "load" / "RESULTS.md").read_text(encoding="utf-8")
    page.write_text(text.replace("CPU µs: API 1006", "CPU µs: API 4024"), encoding="utf-8")
    slower = sizes_of(PRESETS[2], read_measured(page))
    assert slower.workloads["screening-api"].pods > PODS["screening-api"][0]


def test_machines_of_little_memory_are_more() -> None:
    cores, gib = PRESETS[1].node
    small = sizes_of(replace(PRESETS[1], node=(cores, gib // 2)), read_measured())
    assert small.machines > sizes("province").machines


def test_a_page_without_a_figure_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text("# Speed\n", encoding="utf-8")
    with pytest.raises(ValueError, match="durable screening POST"):
        read_measured(page)


def test_figures_beyond_what_was_measured_say_so() -> None:
    assert "extrapolated" in table(read_measured())


def test_the_services_are_those_of_the_product() -> None:
    assert [service.name for service in services()] == list(NAMES)
    assert {service.name for service in services() if not service.sources} == RELAY_ONLY


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_has_what_was_computed(preset: Preset) -> None:
    computed, manifests = sizes(preset.name), rendering(preset.name)
    ranges = {target: (least, most) for _each, target, least, most in scalers(manifests)}
    for name, load in computed.workloads.items():
        deployment = changeable(manifests, "Deployment", name)
        if is_scaled(computed, name):
            assert ranges[name] == (load.pods, load.most)
        else:
            assert deployment["spec"]["replicas"] == load.pods
            assert name not in ranges
        requests = deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
        assert quantity(requests["cpu"]) * 1_000 == pytest.approx(load.cpu_m)
        assert quantity(requests["memory"]) == load.memory_mib * 2**20
    for name, each in computed.databases.items():
        spec = changeable(manifests, "Cluster", f"{name}-db")["spec"]
        assert (spec["instances"], spec["storage"]["size"]) == (each.instances, f"{each.disk_gb}G")
        assert quantity(spec["resources"]["requests"]["cpu"]) * 1_000 == each.cpu_m
        assert int(spec["postgresql"]["parameters"]["max_connections"]) == each.connections


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_connections_suffice_for_every_pod_there_may_be(preset: Preset) -> None:
    computed = sizes(preset.name)
    for name in NAMES:
        pods = computed.workloads[f"{name}-api"].most + computed.workloads[f"{name}-worker"].most
        assert computed.databases[name].connections >= 20 * pods + 20


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_workers_keep_up_with_the_burst(preset: Preset) -> None:
    worker = sizes(preset.name).workloads["monitoring-worker"]
    needed = preset.commands_s * 3 * 1.53 * read_measured().event_us / 1e6
    assert worker.pods * worker.cpu_m / 1_000 >= needed
