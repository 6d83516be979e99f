"""Clients of plain HTTP on loopback, for tests that ask a process again and again.

A client without TLS reads no certificates: reading them costs about 40 ms of CPU time for each client.
"""

from typing import Any

import httpx2


def plain_client(address: str = "", **options: Any) -> httpx2.AsyncClient:
    """Return a client of an address that begins with `http:`; options are those of `httpx2.AsyncClient`."""
    return httpx2.AsyncClient(base_url=address, verify=False, **options)
