"""The environment of each service's processes in the one-command run: the whole contract in one place.

Secrets and internal ports come from the data folder and stay the same over restarts.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.config import ROOT, SERVICES, Config, Service
from deploy.dev.databases import DatabaseUrls
from deploy.dev.vault import PortBook, Vault

LIMITS = json.dumps(
    {
        "lookups_per_hour": 600,
        "reads_per_s": 5_000,
        "commands_per_s": 5_000,
        "batch_rows_per_min": 6_000_000,
        "evaluations_per_s": 1_000,
    }
)
"""Of one machine on which the demonstration, its visitors and measurements share few accounts and one address."""


@dataclass(frozen=True)
class Ports:
    """Internal ports of one service: that of its API, and the status port of its worker."""

    api: int
    worker: int


@dataclass(frozen=True)
class Backing:
    """The backing services: databases by service name, Kafka, and the folder of the issuer's keys."""

    databases: Mapping[str, DatabaseUrls]
    bootstrap: str
    issuer: Path


def take_ports(book: PortBook) -> dict[str, Ports]:
    """Return free ports for every service, the same as last time where possible."""
    return {
        service.name: Ports(book.take(f"{service.name}-api"), book.take(f"{service.name}-worker"))
        for service in SERVICES
    }


def routes(ports: Mapping[str, Ports]) -> dict[str, dict[str, str]]:
    """Return the addresses of API and worker by path prefix, for the front door and `make status`."""
    return {
        service.path: {
            "api": f"http://127.0.0.1:{ports[service.name].api}",
            "worker": f"http://127.0.0.1:{ports[service.name].worker}",
        }
        for service in SERVICES
    }


def prepare_issuer(folder: Path, address: str = "") -> None:
    """Create the development issuer's keys on first use; with the front door's address it is a provider there too."""
    from deploy.dev.issuer.registration import register_pages
    from ilp_shared.auth.development import create_issuer

    create_issuer(folder)
    if address:
        register_pages(folder, address)


def issuer_with_address(config: Config) -> Path:
    """Return the folder of the development issuer, made on first use; the address that it has stays."""
    from ilp_shared.auth.development import ISSUER, identity_of

    prepare_issuer(config.issuer, config.address if identity_of(config.issuer) == ISSUER else "")
    return config.issuer


def commit() -> str:
    """Return the short id of the commit that runs here; empty where git does not tell."""
    command = ("git", "rev-parse", "--short", "HEAD")
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def service_settings(service: Service, backing: Backing, ports: Ports, vault: Vault) -> dict[str, str]:
    """Return the settings of one service's api, worker and migrate processes, by their full names."""
    from ilp_shared.auth.development import identity_of

    urls = backing.databases[service.name]
    settings = {
        "PROFILE": "development",
        "DATABASE_URL": urls.app,
        "MIGRATE_DATABASE_URL": urls.owner,
        "KAFKA_BOOTSTRAP": backing.bootstrap,
        "HOST": "127.0.0.1",
        "PORT": str(ports.api),
        "ROOT_PATH": service.path,
        "OIDC_ISSUER": identity_of(backing.issuer),
        "OIDC_AUDIENCE": "ilp",
        "OIDC_JWKS": str(backing.issuer / "jwks.json"),
        "WORKER_STATUS_PORT": str(ports.worker),
        "BUILD": commit(),
        "LIMITS": LIMITS,
    }
    if service.name == "registry":
        settings["NIK_KEY"] = vault.key("registry-nik")
        settings["NIK_INDEX_KEY"] = vault.key("registry-nik-index")
    if service.name == "monitoring":
        settings["DEV_SESSION_KEY"] = str(backing.issuer / "private.json")
        settings |= sign_in_settings(backing.issuer, vault)
    return {service.prefix + name: value for name, value in settings.items()}


def service_environment(service: Service, backing: Backing, ports: Ports, vault: Vault) -> dict[str, str]:
    """Return the environment of one service's api, worker and migrate processes."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **service_settings(service, backing, ports, vault), "PYTHONUNBUFFERED": "1"}


def sign_in_settings(issuer: Path, vault: Vault) -> dict[str, str]:
    """Return the settings of the pages' sign-in; none where the issuer is no provider.

    A demonstration that is only watched is not signed out, so its idle limit is the absolute one.
    """
    from deploy.dev.issuer.registration import pages_of

    pages = pages_of(issuer)
    if pages is None:
        return {}
    return {
        "SIGN_IN_ADDRESS": pages.address,
        "SIGN_IN_CLIENT": pages.client,
        "SIGN_IN_CLIENT_KEY_FILE": str(pages.key_file),
        "SIGN_IN_SEAL_KEY": vault.key("monitoring-sign-in"),
        "SIGN_IN_IDLE_S": "43200",
    }


def worker_environment(service: Service, backing: Backing) -> dict[str, str]:
    """Return what a service's worker has besides: monitoring's runs the recount, which reads every archive.

    The addresses are those of the applications, which may neither change tables nor pass row-level security.
    """
    if service.name != "monitoring":
        return {}
    return {f"ILP_RECOUNT_{name.upper()}_URL": urls.app for name, urls in backing.databases.items()}
