"""Ids of PostgreSQL's advisory locks, unique over all services although each has a database of its own."""

from typing import Final

MIGRATIONS: Final = 0x11B0
"""One run of a service's schema history at a time."""
REFERENCE_LOAD: Final = 0x11B1
"""One load of the registry's reference data at a time."""
FACILITY_NETWORK: Final = 0x11B2
"""One change of cluster-services' network of facilities at a time."""
LOOKUPS: Final = 0x11B3
"""First of a pair of keys, the second is the hash of an account: its look-ups are counted one after the other."""
RECOUNT: Final = 0x11B4
"""One scheduled recount of monitoring at a time, however many workers there are."""
KEY_CHANGE: Final = 0x11B5
"""One change of the registry's keys at a time: a run goes on in many transactions."""
