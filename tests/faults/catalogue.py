"""The whole list of faults: imports every module that adds to it. Whoever adds a module names it here."""

from tests.faults import (
    broker_faults,
    client_faults,
    clock_faults,
    database_faults,
    disk_faults,
    idempotency_faults,
    network_faults,
    process_faults,
    restore_faults,
)
from tests.faults.fault import FAULTS

__all__ = [
    "FAULTS",
    "broker_faults",
    "client_faults",
    "clock_faults",
    "database_faults",
    "disk_faults",
    "idempotency_faults",
    "network_faults",
    "process_faults",
    "restore_faults",
]
