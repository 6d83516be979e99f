"""What a user reads where a proxy opens the connections: its certificate is named, not the network.

Both downloads of a first start: Python's packages, and Kafka.
"""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.dev import bootstrap
from deploy.dev.config import ROOT
from deploy.dev.failure import StartError
from deploy.dev.kafka_jars import fetch_jars
from tests.support.certificates import Authority

MEMBERS = [f"{member}/pyproject.toml" for member in bootstrap.MEMBERS]


@pytest.fixture
def inspecting_proxy() -> Iterator[str]:
    """Run a proxy that answers every connection with a certificate of its own; yields its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        signed = Authority(Path(folder)).sign("proxy")
        context.load_cert_chain(signed.certificate, signed.key)
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=_inspect, args=(connection, context), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    door.shutdown(socket.SHUT_RDWR)
    door.close()
    thread.join()


def _inspect(connection: socket.socket, context: ssl.SSLContext) -> None:
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            return


def test_a_certificate_that_is_not_trusted_is_named(
    inspecting_proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, inspecting_proxy)
    for name in ("NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StartError, match=r"sertifikat tidak dikenal.*REQUESTS_CA_BUNDLE"):
        fetch_jars(tmp_path / "cache")


def test_so_is_it_for_the_packages_of_python(inspecting_proxy: str, tmp_path: Path) -> None:
    copy = tmp_path / "ilp"
    for name in ("deploy/dev/bootstrap.py", bootstrap.BOOTSTRAP, bootstrap.LOCKED, *MEMBERS):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    trusting = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_", "CURL_", "NO_PROXY", "no_proxy")
    names = {name: value for name, value in os.environ.items() if not name.startswith(trusting)}
    proxied = {"HTTPS_PROXY": inspecting_proxy, "https_proxy": inspecting_proxy, "PIP_NO_CACHE_DIR": "1"}
    ended = subprocess.run(
        [sys.executable, copy / "deploy/dev/bootstrap.py"],
        env={**names, **proxied},
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(copy / ".venv")
    assert ended.returncode == 1
    assert "Sertifikat sumber paket tidak dikenal" in ended.stderr, ended.stderr
    assert "PIP_CERT" in ended.stderr
