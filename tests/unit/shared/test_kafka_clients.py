"""Kafka clients are stopped whatever happens: a start that fails or is cancelled, an error inside, a failing stop."""

import asyncio

import pytest
from structlog.testing import capture_logs

from ilp_shared.bus.clients import started


class Client:
    """A client that fails where it should."""

    def __init__(self, *, refuses: bool = False, hangs: bool = False, breaks: bool = False) -> None:
        self._refuses, self._hangs, self._breaks = refuses, hangs, breaks
        self.stops = 0

    async def start(self) -> None:
        """Start."""
        if self._refuses:
            raise ConnectionError
        if self._hangs:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        """Stop."""
        self.stops += 1
        if self._breaks:
            raise OSError


async def test_one_that_cannot_start_is_stopped_with_those_before_it() -> None:
    first, second, third = Client(), Client(refuses=True), Client()
    with pytest.raises(ConnectionError):
        async with started(first, second, third):
            pytest.fail("it did not start")
    assert [client.stops for client in (first, second, third)] == [1, 1, 1]


async def test_one_whose_start_is_cancelled_is_stopped() -> None:
    client = Client(hangs=True)

    async def run() -> None:
        async with started(client):
            pytest.fail("it did not start")

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.stops == 1


async def test_an_error_inside_is_raised_although_a_stop_fails_too_and_that_is_logged() -> None:
    first, second = Client(breaks=True), Client()
    with capture_logs() as lines, pytest.raises(KeyError):
        async with started(first, second):
            raise KeyError
    assert (first.stops, second.stops) == (1, 1)
    assert [(line["event"], line["reason"]) for line in lines] == [("kafka_client_stop_failed", "OSError")]
