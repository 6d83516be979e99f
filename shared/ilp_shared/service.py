"""The description of a service: its names, settings, app and projection. Each service has one in its `service.py`.

App and projection are named, not imported: an API needs no projection and a worker no routes, so a start imports only
what it needs.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import asyncpg

from ilp_shared.db.connection import Connection
from ilp_shared.settings import EnvironmentSettings, ServiceSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ilp_shared.bus.consume.applier import Projection

Job = Callable[[asyncpg.Pool], Coroutine[None, None, None]]
"""Background work of a worker; runs until cancelled."""
Expiry = Callable[[Connection], Coroutine[None, None, None]]
"""Deletes what is older than it must be kept."""
Misfits = Callable[[ServiceSettings], AsyncIterator[Any]]
"""Yields a `Fault` for each setting that does not fit the data that are stored."""
Forget = Callable[[Connection, str], Coroutine[None, None, None]]
"""Deletes what was copied from a domain, as owner, in the transaction that sets the positions to 0."""


@dataclass(frozen=True)
class Service:
    """One deployable: `python -m <package> api|worker|migrate|check-config|unpark|forget|recover`."""

    name: str
    """As in URLs and folders, e.g. `cluster-services`."""
    package: str
    schema: str
    """PostgreSQL schema, e.g. `cluster_services`."""
    domain: str
    """Domain of its events, e.g. `cluster`."""
    settings: type[ServiceSettings]
    app: str
    """`module:function` that takes the settings and returns the FastAPI app."""
    sources: Sequence[str] = ()
    """Domains whose events it consumes."""
    projection: str | None = None
    """`module:callable` that returns the projection; none where nothing is consumed."""
    forget: str | None = None
    """`module:function` that deletes what was copied from a domain; none where nothing is consumed."""
    jobs: Sequence[str] = ()
    """`module:function` of each background work of the worker."""
    expiries: Sequence[str] = ()
    """`module:function` of each deletion of what is too old; the worker runs them every hour."""
    misfits: str | None = None
    """`module:function` that yields what of the settings does not fit the stored data, e.g. keys; none without such."""
    companions: Sequence[str] = ()
    """`module:class` of further settings that its worker reads."""

    def create_app(self, settings: ServiceSettings) -> "FastAPI":
        """Build the API."""
        return cast("FastAPI", _load(self.app)(settings))

    def make_projection(self) -> "Projection":
        """Build the projection; raises LookupError where nothing is consumed."""
        if self.projection is None:
            raise LookupError(f"{self.name} consumes no events")
        return cast("Projection", _load(self.projection)())

    def load_forget(self) -> Forget:
        """Return the function that deletes the copies of a domain; raises LookupError where nothing is consumed."""
        if self.forget is None:
            raise LookupError(f"{self.name} consumes no events")
        return _load(self.forget)

    def load_jobs(self) -> list[Job]:
        """Return the background work."""
        return [_load(job) for job in self.jobs]

    def load_misfits(self) -> Misfits | None:
        """Return the comparison of settings and stored data; None where there is none."""
        return _load(self.misfits) if self.misfits is not None else None

    def load_companions(self) -> "tuple[type[EnvironmentSettings], ...]":
        """Return the further settings."""
        return tuple(cast("type[EnvironmentSettings]", _load(companion)) for companion in self.companions)

    def load_expiries(self) -> list[Expiry]:
        """Return the deletions of what is too old."""
        return [_load(expiry) for expiry in self.expiries]


def _load(reference: str) -> Callable[..., Any]:
    module, _, name = reference.partition(":")
    return cast(Callable[..., Any], getattr(import_module(module), name))
