"""The fault proxy does what it says: each hurt seen from both ends of a plain TCP connection."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.faults.proxy import FaultProxy
from tests.support.waiting import eventually, is_pending, patiently

pytestmark = pytest.mark.asyncio
SILENCE_S = 0.3
"""How long nothing may arrive before it counts as held; what is not held arrives in a millisecond or two."""


@dataclass
class Server:
    """Answers every line with the same line; remembers how the reads came and how connections ended."""

    reads: list[bytes] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        try:
            while data := await reader.read(1024):
                self.reads.append(data)
                writer.write(data)
            self.ended.append("end")
        except ConnectionResetError:
            self.ended.append("reset")
        finally:
            writer.close()


@dataclass
class Scene:
    """A server, the proxy before it, and clients of the proxy."""

    server: Server
    proxy: FaultProxy
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a new client."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        self.writers.append(writer)
        return reader, writer

    async def settled(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a client whose connection reaches the server."""
        reader, writer = await self.connect()
        assert await echo(reader, writer, b"hello") == b"hello"
        return reader, writer


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Return everything started, and everything stopped."""
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    proxy = FaultProxy(listening.sockets[0].getsockname(), random.Random(1))
    await proxy.start()
    made = Scene(server, proxy)
    try:
        yield made
    finally:
        await proxy.stop()
        listening.close()
        for writer in (*made.writers, *server.writers):
            writer.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> bytes:
    """Return what comes back."""
    writer.write(data)
    return await patiently(reader.readexactly(len(data)))


async def is_silent(reader: asyncio.StreamReader) -> bool:
    """Tell whether nothing comes, not even an end."""
    reading = asyncio.ensure_future(reader.read(1))
    is_quiet = await is_pending(reading, SILENCE_S)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return is_quiet


async def test_passes_everything_and_orderly_ends() -> None:
    async with scene() as it:
        reader, writer = await it.connect()
        data = random.Random(2).randbytes(1_000_000)
        assert await echo(reader, writer, data) == data
        writer.write(b"last")
        writer.write_eof()
        assert await patiently(reader.read()) == b"last"
        await eventually(lambda: _is(it.server.ended == ["end"] and it.proxy.connections == 0))
        assert not any(it.proxy.tally.values())


async def test_latency_is_added_both_ways_and_jitter_keeps_the_order() -> None:
    async with scene() as it:
        reader, writer = await it.settled()
        it.proxy.slow(0.1)
        started = time.monotonic()
        assert await echo(reader, writer, b"late") == b"late"
        assert time.monotonic() - started >= 0.2
        assert it.proxy.tally["delayed"] == 2
        it.proxy.slow(0.001, jitter_s=0.01)
        numbers = b"".join(b"%04d" % n for n in range(200))
        for start in range(0, len(numbers), 4):
            writer.write(numbers[start : start + 4])
            await writer.drain()
        assert await patiently(reader.readexactly(len(numbers))) == numbers


async def test_delays_repeat_with_the_seed() -> None:
    def drawn(seed: int, connection: int) -> list[float]:
        proxy = FaultProxy(("127.0.0.1", 1), random.Random(seed))
        proxy.slow(0.0, jitter_s=1.0)
        delays = proxy.delays(connection)[0]
        return [delays.uniform(0, 1) for _ in range(5)]

    assert drawn(7, 0) == drawn(7, 0)
    assert drawn(7, 0) != drawn(7, 1)
    assert drawn(7, 0) != drawn(8, 0)


async def test_one_byte_at_a_time() -> None:
    async with scene() as it:
        reader, writer = await it.settled()
        it.server.reads.clear()
        it.proxy.trickle(rate=500)
        started = time.monotonic()
        assert await echo(reader, writer, b"0123456789" * 5) == b"0123456789" * 5
        assert time.monotonic() - started >= 0.09
        assert len(it.server.reads) > 10
        assert it.proxy.tally["trickled"] == 100


async def test_held_both_ways_then_healed_loses_no_byte() -> None:
    async with scene() as it:
        reader, writer = await it.settled()
        it.proxy.hold()
        writer.write(b"held")
        assert await is_silent(reader)
        assert it.server.reads == [b"hello"]
        assert it.proxy.tally["held"] == 1
        newcomer, newcomers_writer = await it.connect()
        newcomers_writer.write(b"new")
        assert await is_silent(newcomer)
        assert it.proxy.tally["held"] == 2
        it.proxy.heal()
        assert await patiently(reader.readexactly(4)) == b"held"
        assert await patiently(newcomer.readexactly(3)) == b"new"


async def test_held_answers_mean_that_the_request_arrived() -> None:
    async with scene() as it:
        reader, writer = await it.settled()
        it.proxy.hold(it.proxy.down)
        writer.write(b"command")
        await eventually(lambda: _is(it.server.reads == [b"hello", b"command"]))
        assert await is_silent(reader)
        it.proxy.heal()
        assert await patiently(reader.readexactly(7)) == b"command"


async def test_stranded_stays_silent_after_healing_and_the_server_hears_of_it_when_the_client_left() -> None:
    async with scene() as it:
        reader, writer = await it.settled()
        it.proxy.strand()
        writer.write(b"into the void")
        assert await is_silent(reader)
        assert it.proxy.tally["silenced"] == 1
        newcomer, newcomers_writer = await it.connect()
        assert await echo(newcomer, newcomers_writer, b"new") == b"new"
        writer.close()
        assert await is_silent(newcomer)
        assert it.server.ended == []
        it.proxy.heal()
        await eventually(lambda: _is(it.server.ended == ["reset"]))
        assert it.server.reads == [b"hello", b"new"]


async def test_cut_resets_both_sides_and_new_connections_work() -> None:
    async with scene() as it:
        reader, _ = await it.settled()
        it.proxy.cut()
        with pytest.raises(ConnectionResetError):
            await patiently(reader.read())
        await eventually(lambda: _is(it.server.ended == ["reset"]))
        await it.settled()


async def test_refused_until_healed() -> None:
    async with scene() as it:
        it.proxy.refuse()
        reader, _ = await it.connect()
        with pytest.raises(ConnectionResetError):
            await patiently(reader.read())
        it.proxy.heal()
        await it.settled()


async def test_nobody_behind_the_proxy_is_a_reset() -> None:
    async with scene() as it:
        it.proxy.target = ("127.0.0.1", 1)
        reader, _ = await it.connect()
        with pytest.raises(ConnectionResetError):
            await patiently(reader.read())


async def test_a_lost_answer_was_served_and_only_the_next_one_is_lost() -> None:
    async with scene() as it:
        reader, writer = await it.settled()
        it.proxy.lose_answers(1)
        writer.write(b"command")
        with pytest.raises(ConnectionResetError):
            await patiently(reader.readexactly(7))
        assert it.server.reads == [b"hello", b"command"]
        await it.settled()


async def _is(fact: bool) -> bool:
    return fact
