"""Tests ask processes over plain HTTP with `plain_client`: a client with TLS costs 40 ms of CPU time each."""

from collections.abc import Iterator

import pytest

from tests.architecture.names import names_of
from tests.architecture.rules import calls, planted
from tests.architecture.sources import Source, sources

OTHERWISE = {"transport", "verify"}
"""Says how it connects: in this process, or to a server whose certificates are what is tested."""
CLIENTS = {"httpx2.AsyncClient", "httpx2.Client"}
EXCEPTIONS = {
    "tests/faults/oracle/access.py": "the oracle imports nothing of the tests",
}


def clients_with_tls(source: Source) -> Iterator[int]:
    """Find clients that make a connection of their own and read certificates for it."""
    names = names_of(source)
    for node, _ in calls(source):
        if names.path(node.func) in CLIENTS and not OTHERWISE & {each.arg for each in node.keywords}:
            yield node.lineno


def test_tests_make_plain_clients() -> None:
    judged = [each for each in sources() if each.path.startswith("tests/")]
    paths = {each.path for each in judged if list(clients_with_tls(each))}
    assert paths == EXCEPTIONS.keys(), "use tests.support.plain_http.plain_client"


@pytest.mark.parametrize(
    "text",
    [
        "import httpx2\nclient = httpx2.AsyncClient(timeout=5)",
        "from httpx2 import AsyncClient as C\nasync def f():\n    async with C() as client: ...",
        "import httpx2\nclient = httpx2.Client(base_url='http://x')",
    ],
)
def test_the_search_finds_what_is_planted(text: str) -> None:
    assert list(clients_with_tls(planted(text))) != []


@pytest.mark.parametrize(
    "text",
    [
        "import httpx2\nclient = httpx2.AsyncClient(transport=app)",
        "import httpx2\nclient = httpx2.AsyncClient(verify=context)",
        "client = plain_client('http://x')",
    ],
)
def test_the_search_leaves_others_alone(text: str) -> None:
    assert list(clients_with_tls(planted(text))) == []
