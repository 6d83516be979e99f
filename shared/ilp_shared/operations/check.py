"""`check-config`, and the refusal of a start in production: everything that is wrong, at once, in both languages."""

import asyncio
import logging
import os
import sys
from typing import Annotated

import structlog
import typer
from aiokafka.errors import KafkaError

from ilp_shared.db.address import why_refused
from ilp_shared.operations.backing import allow_files, database_faults, file_faults, topic_faults
from ilp_shared.operations.commands import NO_KAFKA, examined
from ilp_shared.operations.named_files import named_file_faults
from ilp_shared.operations.production import Fault, Process
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings

log = structlog.get_logger()
_Chosen = Annotated[Process, typer.Option("--process", help="for which process: api, worker or command")]
_Backing = Annotated[bool, typer.Option("--backing", help="ask database and Kafka too")]


def add_check(cli: typer.Typer, service: Service) -> None:
    """Add `check-config`."""

    @cli.command()
    def check_config(process: _Chosen = "command", backing: _Backing = False) -> None:
        """Check the environment, and with --backing the servers: one line for each fault, exit code 1 if there are any.

        For an api or worker: --process api|worker.
        """
        settings, read, faults = examined(service, process)
        of_files = [fault for each in read for fault in named_file_faults(each, os.environ)]
        faults += of_files
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the line of the fault says what is out of reach
        if settings is not None and backing and not of_files:  # else it would be the servers that seem wrong
            unfit, out_of_reach = asyncio.run(_examine(service, settings, process))
            faults += [*unfit, *out_of_reach]
        for fault in faults:
            typer.echo(str(fault), err=True)
        if faults:
            sys.exit(1)
        typer.echo("ok")


async def refuse_backing(service: Service, settings: ServiceSettings, process: Process) -> None:
    """Exit in production where a server is not fit, with one line of the log that says everything.

    A server out of reach is not judged: the process waits for it, or ends, as its own start has it.
    """
    if settings.profile != "production":
        return
    faults, out_of_reach = await _examine(service, settings, process)
    for fault in out_of_reach:
        log.warning("backing_not_checked", server=fault.where, why=fault.why.both)
    if faults:
        log.critical("not_started", why="; ".join(map(str, faults)))
        sys.exit(1)


async def _examine(service: Service, settings: ServiceSettings, process: Process) -> tuple[list[Fault], list[Fault]]:
    """Return what is wrong, and which servers cannot be asked."""
    faults: list[Fault] = []
    if process == "api":
        allow_files(settings)
        faults += file_faults(settings)
    out_of_reach: list[Fault] = []
    try:
        faults += [fault async for fault in database_faults(settings)]
        if (misfits := service.load_misfits()) is not None:
            faults += [fault async for fault in misfits(settings)]
    except Exception as error:
        if (why := why_refused(error)) is None:
            raise
        out_of_reach.append(Fault("PostgreSQL", why))
    if process == "api":
        return faults, out_of_reach
    try:
        faults += [fault async for fault in topic_faults(service, settings)]
    except (KafkaError, OSError):
        out_of_reach.append(Fault("Kafka", NO_KAFKA))
    return faults, out_of_reach
