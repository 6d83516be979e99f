"""`eval "$(.venv/bin/python -m deploy.dev.shell monitoring-worker)"`: what runbooks ask of a shell, for a run here.

Prints `export NAME=value` for bash: INSTANCE, SERVICE, DATABASE, PGPASSWORD, the settings of the service (monitoring's
with those of the recount), and PATH with `python` and `psql`. Passwords and keys are among them, so nothing is printed
on a terminal: one line there, and exit code 2. Exit code 1 after one line for an unknown process, and where nothing
runs: what is printed then unsets the names of the process before, and lets `eval` fail.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from deploy.dev.failure import StartError

_REFUSED: Final = "unset INSTANCE SERVICE DATABASE PGPASSWORD; false"
"""What bash evaluates where there is nothing to set: the names of another process must not stay."""
try:
    from deploy.dev.config import SERVICES, Config, Service
    from deploy.dev.databases import database_urls
    from deploy.dev.display import answered, complain
    from deploy.dev.environment import Backing, Ports, service_settings, worker_environment
    from deploy.dev.kafka import EmbeddedKafka, choose_kafka
    from deploy.dev.ledger import facts, living
    from deploy.dev.postgres import EmbeddedPostgres, choose_postgres
    from deploy.dev.postgres_binaries import find_binaries
    from deploy.dev.steps import start_under_way
    from deploy.dev.vault import Vault
except ImportError as missing:
    if __name__ != "__main__":
        raise
    sys.stdout.write("" if sys.stdout.isatty() else f"{_REFUSED}\n")
    sys.exit(f"Pemasangan belum selesai: tunggu / the installation has not ended yet: wait ({missing.name})")

_PROCESSES: Final = {f"{service.label}-{role}": (service, role) for service in SERVICES for role in ("api", "worker")}


def operator_names(service: Service, instance: str, superuser: str, data: Path) -> dict[str, str]:
    """Return INSTANCE (`host:port`), SERVICE, DATABASE, PGPASSWORD, and PATH with `python` and `psql`.

    DATABASE is the service's, for the superuser: a role sees and ends its own sessions only. Its password is apart,
    where it has one: all accounts of a machine see the arguments of `psql`. A `psql` that the machine has is used; else
    that of the embedded server of the data folder. Raises StartError.
    """
    parts = urlsplit(superuser)
    account, _, server = parts.netloc.rpartition("@")
    user = account.partition(":")[0]
    place = f"{user}@{server}" if user else server
    password = {} if parts.password is None else {"PGPASSWORD": unquote(parts.password)}
    query = f"{parts.query}&" if parts.query else ""
    database = f"postgresql://{place}/ilp_{service.name}?{query}options=-csearch_path%3D{service.name}"
    programs = [str(Path(sys.executable).parent), *os.environ["PATH"].split(os.pathsep)]
    if shutil.which("psql") is None:
        programs.append(str(find_binaries(data / "postgres").folder))
    return {
        "INSTANCE": instance,
        "SERVICE": service.module,
        "DATABASE": database,
        **password,
        "PATH": os.pathsep.join(dict.fromkeys(programs)),
    }


def exports(config: Config, process: str) -> dict[str, str]:
    """Return what a shell needs for a process, e.g. `screening-api`, of the run in the data folder.

    Raises StartError where the process is unknown, nothing runs, or the run is of a release that notes other facts.
    """
    if process not in _PROCESSES:
        raise StartError(f"Proses harus salah satu dari / the process must be one of: {' '.join(_PROCESSES)}")
    service, role = _PROCESSES[process]
    run_facts = _facts(config)
    try:
        addresses = {each: urlsplit(run_facts["routes"][service.path][each]) for each in ("api", "worker")}
        ports = Ports(*(int(address.port or 0) for address in addresses.values()))
        servers = frozenset(run_facts["servers"])
    except (KeyError, TypeError, AttributeError, ValueError):
        raise StartError(
            f"Yang berjalan di {config.data} dari rilis lain: hentikan, lalu `make run`"
            " / what runs there is of another release: stop it, then `make run`"
        ) from None
    vault = Vault(config.data / "secrets.json")
    superuser, backing = _backing(config, servers, vault)
    return {
        **service_settings(service, backing, ports, vault),
        **worker_environment(service, backing),
        **operator_names(service, addresses[role].netloc, superuser, config.data),
    }


def _facts(config: Config) -> dict[str, Any]:
    """Return the facts of a run that goes on and has come to its services."""
    run = config.data / "run.json"
    if not living(run):
        raise StartError(f"Tidak berjalan di {config.data}: `make run` / not running: `make run`")
    content = facts(run)
    if "routes" not in content and start_under_way(run):
        raise StartError("Sedang dijalankan: lihat `make status` / is starting: see `make status`")
    return content


def _backing(config: Config, servers: frozenset[str], vault: Vault) -> tuple[str, Backing]:
    """Return the superuser's address and the backing services: embedded ones, others as the environment names them."""
    for server, name, address in (
        ("postgres", "ILP_DATABASE_URL", config.database_url),
        ("kafka", "ILP_KAFKA_BOOTSTRAP", config.kafka_bootstrap),
    ):
        if server not in servers and not address:
            raise StartError(f"Isi {name} seperti untuk `make run` / set {name} as for `make run`")
    postgres = choose_postgres(config.data, None if "postgres" in servers else config.database_url)
    kafka = choose_kafka(config.data, None if "kafka" in servers else config.kafka_bootstrap, config.cache)
    if isinstance(postgres, EmbeddedPostgres):
        postgres.assume_running()
    if isinstance(kafka, EmbeddedKafka):
        kafka.assume_running()
    return postgres.dsn, Backing(database_urls(postgres.dsn, vault), kafka.bootstrap, config.issuer)


def main(arguments: list[str] | None = None) -> int:
    """Print the exports; return 2 where they would be shown on a terminal."""
    parser = argparse.ArgumentParser(description="names for runbooks")
    parser.add_argument("process", nargs="?", default="")
    process = parser.parse_args(arguments).process
    if sys.stdout.isatty():
        line = f'eval "$(.venv/bin/python -m deploy.dev.shell {shlex.quote(process)})"'
        complain(f"Berisi kata sandi, tidak ditampilkan; ketik / holds passwords, is not shown; type: {line}")
        return 2
    code = answered(lambda: _print(process))
    if code != 0:
        print(_REFUSED)
    return code


def _print(process: str) -> int:
    for name, value in exports(Config.from_environment(), process).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
