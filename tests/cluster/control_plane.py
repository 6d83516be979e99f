"""A control plane on this machine's loopback: etcd, API server, controllers, scheduler, and machines that run nothing.

It proves admission, validation, scheduling, rollouts and drains as in a cluster. No container runs: it proves no probe,
no network policy and no operator.
"""

import contextlib
import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.dev.vault import free_port
from tests.cluster.tools import tools_folder
from tests.support.waiting import PATIENCE_S, eventually

Object = Mapping[str, Any]
STAGES = Path(__file__).with_name("stages.yaml")
_STOP_S = 20


class Refused(Exception):  # noqa: N818 - it says what is the case
    """The API server did not take an object; the text is what it said."""


class ControlPlane:
    """A running control plane; `kubectl` asks it as its administrator."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._bin = folder, tools_folder()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._config = folder / "kubeconfig"
        self._key = folder / "accounts.key"

    async def start(self) -> None:
        """Start everything, and wait until the API server is ready."""
        etcd, peer, port = free_port(), free_port(), free_port()
        self._write_files(port)
        self._run("etcd", *self._etcd(f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{peer}"))
        self._run("kube-apiserver", *self._api_server(f"http://127.0.0.1:{etcd}", port))
        await eventually(self._is_ready, within_s=PATIENCE_S)
        common = [f"--kubeconfig={self._config}", "--leader-elect=false", "--bind-address=127.0.0.1"]
        key = f"--service-account-private-key-file={self._key}"
        silent = "--node-monitor-grace-period=24h"  # a machine says that it is ready once, and nothing more
        self._run("kube-controller-manager", *common, f"--secure-port={free_port()}", key, silent)
        self._run("kube-scheduler", *common, f"--secure-port={free_port()}")
        self._run("kwok", f"--kubeconfig={self._config}", f"--config={STAGES}", "--manage-all-nodes=true")

    def _etcd(self, clients: str, peers: str) -> list[str]:
        return [
            f"--data-dir={self._folder / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
        ]

    def _api_server(self, etcd: str, port: int) -> list[str]:
        return [
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={self._folder / 'certificates'}",
            f"--token-auth-file={self._folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.99.0.0/16",
            "--service-account-issuer=https://ilp.invalid",
            f"--service-account-signing-key-file={self._key}",
            f"--service-account-key-file={self._key}",
        ]

    async def _is_ready(self) -> bool:
        return self.kubectl("get", "--raw=/readyz").returncode == 0

    def stop(self) -> None:
        """End everything, the API server before etcd."""
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _write_files(self, port: int) -> None:
        token = secrets.token_urlsafe()
        (self._folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n', encoding="utf-8")
        subprocess.run(["openssl", "genrsa", "-out", self._key, "2048"], check=True, capture_output=True)
        server = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        }
        self._config.write_text(yaml.safe_dump(config), encoding="utf-8")

    def _run(self, name: str, *arguments: str) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes.append(subprocess.Popen([self._bin / name, *arguments], stdout=log, stderr=log))

    def kubectl(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl; its output is captured."""
        command = [str(self._bin / "kubectl"), f"--kubeconfig={self._config}", *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script that asks the control plane through `kubectl`; its output is captured."""
        path = f"{self._bin}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "KUBECONFIG": str(self._config)}
        return subprocess.run(["bash", "-ec", script], env=environment, capture_output=True, text=True, check=False)

    def command(self, *arguments: str) -> None:
        """Run kubectl; raises Refused."""
        ended = self.kubectl(*arguments)
        if ended.returncode != 0:
            raise Refused(ended.stderr)

    def apply(self, text: str) -> None:
        """Apply objects with strict validation on the server; raises Refused, also for a warning."""
        options = ("--server-side", "--force-conflicts", "--validate=strict")
        ended = self.kubectl("apply", *options, "-f", "-", text=text)
        warnings = [line for line in ended.stderr.splitlines() if line.startswith("Warning:")]
        if ended.returncode != 0 or warnings:
            raise Refused("\n".join(warnings) or ended.stderr)

    def read(self, *arguments: str) -> Any:
        """Return what `kubectl get` says, as objects."""
        ended = self.kubectl("get", *arguments, "-o", "json")
        if ended.returncode != 0:
            raise Refused(ended.stderr)
        return json.loads(ended.stdout)

    def pods(self) -> list[Any]:
        """Return the pods of the platform that are not ended."""
        items = self.read("pods", "-n", "ilp")["items"]
        return [pod for pod in items if pod["status"]["phase"] in ("Pending", "Running")]

    def add_nodes(self, nodes: Sequence[Object]) -> None:
        """Add machines that run nothing."""
        text = "---\n".join(yaml.safe_dump(dict(each)) for each in nodes)
        ended = self.kubectl("create", "-f", "-", text=text)  # apply would leave out what the machines have
        if ended.returncode != 0:
            raise Refused(ended.stderr)


def node(name: str, zone: str, cores: float, gib: float) -> Object:
    """Return a machine of a zone, with what pods may use of it."""
    capacity = {"cpu": f"{cores * 1_000:.0f}m", "memory": f"{gib * 1_024:.0f}Mi", "pods": "110"}
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "status": {"allocatable": capacity, "capacity": capacity},
    }


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[ControlPlane]:
    """Run a control plane for the duration of a block, in a folder that goes with it: its keys are in there."""
    with tempfile.TemporaryDirectory(prefix="ilp-plane-") as folder:
        plane = ControlPlane(Path(folder))
        try:
            await plane.start()
            yield plane
        finally:
            plane.stop()
