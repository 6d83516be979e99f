"""The settings of the one-command run, from its environment, and the services that it runs.

Fixed names, on which scripts of others rely: ILP_PORT, ILP_DATA_DIR, ILP_DEMO, ILP_DEMO_HISTORY, ILP_DATABASE_URL,
ILP_KAFKA_BOOTSTRAP, ILP_CACHE_DIR. Everything else is derived from these.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.failure import StartError

ROOT = Path(__file__).resolve().parents[2]
HISTORY_MONTHS = 13
"""Months before the demonstration day: a year to compare with, and the month before it. Services accept no older."""
OFF = ("off", "0", "no", "false")


@dataclass(frozen=True)
class Service:
    """One service and the names that follow from its own."""

    name: str

    @property
    def module(self) -> str:
        """Import name, run as `python -m <module> api|worker|migrate`."""
        return f"ilp_{self.name}"

    @property
    def prefix(self) -> str:
        """Prefix of its settings in the environment."""
        return f"ILP_{self.name.upper()}_"

    @property
    def label(self) -> str:
        """Name in those of processes and containers, e.g. `cluster-services` in `cluster-services-api`."""
        return self.name.replace("_", "-")

    @property
    def path(self) -> str:
        """Path prefix at the front door, the same as at the Ingress."""
        return f"/{self.label}"


SERVICES = tuple(Service(name) for name in ("registry", "screening", "cluster_services", "monitoring"))


@dataclass(frozen=True)
class Config:
    """Settings of one run; paths are absolute."""

    data: Path
    cache: Path
    port: int
    demo: bool
    database_url: str | None
    kafka_bootstrap: str | None
    history: int = 0
    """Months of history that the demonstration has; 0: none."""

    @property
    def address(self) -> str:
        """The one address of the platform."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> Path:
        """Folder of the development issuer's keys."""
        return self.data / "dev-issuer"

    @property
    def logs(self) -> Path:
        """Folder of the children's logs."""
        return self.data / "logs"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Config:
        """Read the fixed names; raises StartError for an invalid port or number of months."""
        env = os.environ if environment is None else environment
        port = env.get("ILP_PORT") or "8000"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise StartError(f"ILP_PORT={port} bukan nomor port / is not a port number (1–65535)")
        return cls(
            data=(ROOT / Path(env.get("ILP_DATA_DIR") or ".data").expanduser()).resolve(),
            cache=cache_folder(env),
            port=int(port),
            demo=(env.get("ILP_DEMO") or "on").lower() not in OFF,
            database_url=env.get("ILP_DATABASE_URL") or None,
            kafka_bootstrap=env.get("ILP_KAFKA_BOOTSTRAP") or None,
            history=history_months(env),
        )


def history_months(env: Mapping[str, str]) -> int:
    """Return the months of history of the demonstration; raises StartError for another number than 0 to 13."""
    months = (env.get("ILP_DEMO_HISTORY") or str(HISTORY_MONTHS)).lower()
    if months in OFF:
        return 0
    if not months.isdecimal() or int(months) > HISTORY_MONTHS:
        raise StartError(f"ILP_DEMO_HISTORY={months}: off, 1–{HISTORY_MONTHS} bulan / months")
    return int(months)


def cache_folder(env: Mapping[str, str]) -> Path:
    """Return the folder of downloads for all clones of this user: ILP_CACHE_DIR, else the XDG cache."""
    chosen = env.get("ILP_CACHE_DIR")
    if chosen:
        return (ROOT / Path(chosen).expanduser()).resolve()
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "ilp"
