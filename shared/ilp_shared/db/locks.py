"""Ids of PostgreSQL's advisory locks, unique over all services although each has a database of its own."""

from typing import Final

MIGRATIONS: Final = 0x11B0
"""One run of a service's schema history at a time."""
REFERENCE_LOAD: Final = 0x11B1
"""One load of the registry's reference data at a time."""
FACILITY_NETWORK: Final = 0x11B2
"""One change of cluster-services' network of facilities at a time."""
RECOUNT: Final = 0x11B3
"""One scheduled recount of monitoring at a time, however many workers there are."""
