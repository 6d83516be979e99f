"""How a shell gets the names of the runbooks: the containers, ports, databases and secrets of README.md exist."""

import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml

from deploy.dev.config import ROOT, SERVICES, Service
from deploy.k8s.secrets import new_secrets
from tests.support.runbooks import FOLDER, names_of

COMPOSE = ROOT / "deploy" / "compose"
PRODUCT = ROOT / "deploy" / "k8s" / "base" / "product"
PROCESSES = [(service, role) for service in SERVICES for role in ("api", "worker")]
PORTS = {"api": 8080, "worker": 8081}
IDS = [f"{service.name}-{role}" for service, role in PROCESSES]
_SAID = """printf '%s\n' "$INSTANCE" "$SERVICE" "$DATABASE"; psql "$DATABASE" -c 'SELECT 1'; python -m "$SERVICE\""""


def shell(installation: str, program: str, process: str, port: int) -> tuple[list[str], list[list[str]]]:
    """Run the lines for a process with a program that only repeats its arguments; return names, and what was run."""
    lines = names_of(installation)
    assert "process=monitoring-worker port=8081\n" in lines
    lines = lines.replace("process=monitoring-worker port=8081\n", f"process={process} port={port}\n")
    script = f"{program}() {{ printf '%q ' \"$@\" >&2; echo >&2; echo 192.0.2.1; }}\n{lines}\nwait\n{_SAID}"
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout.splitlines()[:3], [shlex.split(line) for line in done.stderr.splitlines()]


def objects_of(name: str) -> dict[tuple[str, str], Any]:
    """Return the manifests of a file by kind and name."""
    documents = yaml.safe_load_all((PRODUCT / f"{name}.yaml").read_text(encoding="utf-8"))
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


@pytest.mark.parametrize(("service", "role"), PROCESSES, ids=IDS)
def test_compose_has_the_containers_and_ports(service: Service, role: str) -> None:
    label = service.label
    names, run = shell("Compose", "docker", f"{label}-{role}", PORTS[role])
    containers = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))["services"]
    asked = yaml.safe_load((COMPOSE / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = {each["job_name"]: each["static_configs"][0]["targets"] for each in asked}
    assert targets[f"ilp-{label}-{role}"] == [f"{label}-{role}:{PORTS[role]}"]
    assert names == [f"192.0.2.1:{PORTS[role]}", service.module, database(service)]
    look, node, query, program = run
    assert node[:6] == ["compose", "--profile", "observability", "exec", "-T", "node-exporter"]
    assert look[:4] == ["compose", "exec", "-T", f"{label}-{role}"]
    assert query == ["compose", "exec", "-T", "postgres", "psql", database(service), "-c", "SELECT 1"]
    assert program[:3] == ["compose", "--profile", "steps"]
    assert program[-4:] == [f"{label}-{role}", "-P", "-m", service.module]
    assert {"node-exporter", "postgres", f"{label}-{role}", f"{label}-migrate"} <= set(containers)
    assert containers["postgres"]["user"] == "postgres"
    assert re.search(r"^local +all +postgres +peer$", (COMPOSE / "pg_hba.conf").read_text(), re.M)


@pytest.mark.parametrize(("service", "role"), PROCESSES, ids=IDS)
def test_kubernetes_has_the_workloads_and_ports(service: Service, role: str) -> None:
    label = service.label
    names, run = shell("Kubernetes", "kubectl", f"{label}-{role}", PORTS[role])
    assert names == ["127.0.0.1:18081", service.module, database(service)]
    manifests = objects_of(label)
    (container,) = manifests["Deployment", f"{label}-{role}"]["spec"]["template"]["spec"]["containers"]
    assert [port["containerPort"] for port in container["ports"]] == [PORTS[role]]
    (forward,) = (each for each in run if each[2] == "port-forward")
    assert forward == ["-n", "ilp", "port-forward", f"deploy/{label}-{role}", f"18081:{PORTS[role]}"]
    query, program = (each for each in run if each[2] == "exec")
    (cluster,) = (each for each in objects_of(f"{label}-db").values() if each["kind"] == "Cluster")
    assert cluster["spec"]["bootstrap"]["initdb"]["database"] == service.module
    assert query[:7] == ["-n", "ilp", "exec", "-i", f"svc/{cluster['metadata']['name']}-rw", "-c", "postgres"]
    assert program[3:] == ["-i", f"deploy/{label}-{role}", "--", "/opt/ilp/bin/python", "-P", "-m", service.module]


def database(service: Service) -> str:
    """Return the address of a service's database by the socket of its server."""
    return f"postgresql:///ilp_{service.name}?user=postgres&options=-csearch_path%3D{service.name}"


def test_the_secrets_that_are_named_are_made() -> None:
    named = re.findall(r"get secret (\S+) -o jsonpath='\{\.data\.(\w+)\}'", (FOLDER / "README.md").read_text())
    made = {each["metadata"]["name"]: each for each in new_secrets()}
    assert named == [("monitoring-owner", "url")]
    for name, key in named:
        assert key in made[name]["stringData"]
        assert made[name]["metadata"]["namespace"] == "ilp"
