"""The common part of commands: settings from the environment, and one line that says why a command cannot run.

Also the two commands for a database that was restored to an older state, `forget` and `recover`.
"""

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from ilp_shared.logging import configure_logging
from ilp_shared.operations.production import Fault, Process, faults_of
from ilp_shared.problems import MESSAGE
from ilp_shared.secrets import secrets_of, variable_in, variable_of
from ilp_shared.service import Service
from ilp_shared.settings import EnvironmentSettings, ServiceSettings
from ilp_shared.text import Text

E = TypeVar("E", bound=EnvironmentSettings)
_NOT_SET = Text("belum diisi", "is not set")
_INVALID = Text("tidak sah ({why})", "is not valid ({why})")
_NOT_JSON = Text("harus JSON", "must be JSON")
_LEASE_LOST = Text(
    "worker mulai jalan di tengah perintah ini: hentikan, lalu ulangi",
    "a worker started while this ran: stop it, then run this again",
)
_TOO_FEW_BROKERS = Text(
    "broker Kafka yang hidup kurang untuk salinan topik: hidupkan dulu, lalu ulangi",
    "too few Kafka brokers are alive for the copies of the topic: start them, then run this again",
)
_MADE_BY_OTHERS = Text(
    "topik dibuat pihak lain di tengah perintah ini: hentikan semua pemakainya, lalu ulangi",
    "the topic was created by another program while this ran: stop all that use it, then run this again",
)
NO_KAFKA = Text(
    "Kafka belum dapat menjawab: coba lagi",
    "Kafka cannot answer now: try again",
)


def add_recovery(cli: typer.Typer, service: Service) -> None:
    """Add `forget` and `recover`, the commands for a database that was restored to an older state."""

    @cli.command()
    def forget(domain: str) -> None:
        """Start over with a source that was restored: forget what was copied from it (workers stopped)."""
        from ilp_shared.operations.forgetting import forget

        with refusing("forget"):
            asyncio.run(forget(service, read_settings(service), domain))
        typer.echo(
            f"dilupakan / forgotten: {domain}; worker akan meminta semuanya lagi setelah sumbernya pulih"
            " / the worker will ask for all of it again, once the source has recovered"
        )

    @cli.command()
    def recover(listing: Path) -> None:
        """List what this service lost when its database was restored, and recreate its topic (workers stopped)."""
        from ilp_shared.operations.recovery import recover

        with refusing("recover"):
            lost = asyncio.run(recover(service, read_settings(service), listing))
        typer.echo(f"topik dibuat baru / topic recreated: {service.domain}")
        if lost is None:
            typer.echo("daftar ditulis oleh perintah yang terputus / the list was written by the run that was cut")
            return
        typer.echo(f"peristiwa hilang, tercatat / lost events, listed: {len(lost.events)} ({listing})")
        if lost.gone:
            typer.echo(
                "tidak ada lagi di Kafka, hanya nomor urutnya / no longer in Kafka, only their sequences:"
                f" {lost.number_gone}"
            )


@contextmanager
def refusing(command: str) -> Iterator[None]:
    """Exit with code 1 and one line if the command cannot run now; other errors are raised."""
    try:
        yield
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        typer.echo(f"{command}: {reason}", err=True)
        sys.exit(1)


def _reason(error: Exception) -> str | None:
    """Return in both languages why a command cannot run; None for an error that is a defect."""
    from aiokafka.errors import InvalidReplicationFactorError, KafkaError, TopicAlreadyExistsError

    from ilp_shared.bus.consume.applier import ProjectionRefuses
    from ilp_shared.bus.relay.lease import LeaseLost
    from ilp_shared.db.address import why_refused
    from ilp_shared.operations.maintenance import NotNow

    kind = type(error).__name__
    if isinstance(error, (NotNow, ProjectionRefuses)):
        return str(error)
    if isinstance(error, LeaseLost):
        text = _LEASE_LOST
    elif isinstance(error, InvalidReplicationFactorError):
        text = _TOO_FEW_BROKERS
    elif isinstance(error, TopicAlreadyExistsError):
        text = _MADE_BY_OTHERS
    elif isinstance(error, KafkaError):
        text = NO_KAFKA
    elif (refusal := why_refused(error)) is not None:
        text = refusal
    else:
        return None
    return f"{text.both} ({kind})"


def read_settings(service: Service, process: Process = "command") -> ServiceSettings:
    """Read the settings from the environment; exit with one line if they are incomplete, or production refuses them."""
    settings, _, faults = examined(service, process)
    if settings is None or faults:
        typer.echo(f"configuration: {'; '.join(map(str, faults))}", err=True)
        sys.exit(2)
    configure_logging(service.name, settings.log_level)
    return settings


class Examined(NamedTuple):
    """What the environment says to a process."""

    settings: ServiceSettings | None
    """None where they cannot be used."""
    read: list[EnvironmentSettings]
    """The settings and their companions as far as they can be read: a faulty field is None."""
    faults: list[Fault]


def examined(service: Service, process: Process) -> Examined:
    """Return the settings and everything that is wrong with them."""
    settings, faults = _read(service.settings)
    companions: list[EnvironmentSettings] = []
    for kind in service.load_companions():
        companion, wrong = _read(kind)
        companions.append(companion)
        faults += wrong
    refused = faults_of(settings, os.environ, process, companions)
    return Examined(None if faults else service.settings(), [settings, *companions], [*faults, *refused])


def _read(kind: type[E]) -> tuple[E, list[Fault]]:
    """Return what the environment says, faulty fields None, and what is wrong with fields and rules."""
    faulty: dict[str, Fault] = {}
    while True:
        try:
            settings = kind.without(faulty)
            break
        except ValidationError as error:
            for entry in error.errors(include_input=False):
                faulty.setdefault(str(entry["loc"][0]), _fault(kind, entry))
        except SettingsError as error:  # names the field, and has the value in its cause
            (field,) = re.findall(r'field "(\w+)"', str(error))
            faulty[field] = Fault(variable_of(kind, field), _NOT_JSON)
    faults = [faulty[name] for name in kind.model_fields if name in faulty]
    for rule in kind.rules():
        if not faulty.keys() & set(rule.fields) and (why := rule.check(settings)) is not None:
            faults.append(Fault(", ".join(variable_of(kind, name) for name in rule.fields), why))
    return settings, faults


def _fault(kind: type[EnvironmentSettings], entry: ErrorDetails) -> Fault:
    """Return a fault that pydantic found; its messages show no value."""
    name, *within = map(str, entry["loc"])
    where = variable_in(kind, name, os.environ)
    if entry["type"] == "missing" and not within:
        return Fault(where, _NOT_SET)
    if (own := entry.get("ctx", {}).get(MESSAGE)) is not None:
        return Fault(where, own)
    is_secret = name in {secret for secret, _variable in secrets_of(kind)}  # what is within may be a part of it
    path = "" if is_secret or not within else f"{'.'.join(within)}: "
    return Fault(where, _INVALID.format(why=path + entry["msg"].removeprefix("Value error, ")))
