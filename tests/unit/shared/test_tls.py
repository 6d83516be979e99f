"""TLS of clients, against a server that asks for a certificate: who is trusted, and what is shown."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ilp_shared.tls import expiry_of, verifying
from tests.support.certificates import Authority, Signed


@asynccontextmanager
async def server(authority: Authority, own: Signed) -> AsyncIterator[tuple[int, list[str]]]:
    """Yield the port of a server, and the serial numbers of the certificates that it was shown."""
    serials: list[str] = []

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serials.append(str(writer.get_extra_info("peercert")["serialNumber"]))
        writer.write(b"seen")
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(own.certificate, own.key)
    listening = await asyncio.start_server(note, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield listening.sockets[0].getsockname()[1], serials


async def meet(host: str, port: int, context: ssl.SSLContext) -> None:
    """Connect once, and wait for the server's word."""
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    assert await reader.read() == b"seen"
    writer.close()
    await writer.wait_closed()


async def test_a_renewed_certificate_is_shown_at_the_next_connection() -> None:
    with TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        client = authority.sign("screening")
        context = verifying(authority.file, client.certificate, client.key)
        async with server(authority, authority.sign("kafka")) as (port, serials):
            await meet("127.0.0.1", port, context)
            await meet("127.0.0.1", port, context)
            renewed = authority.sign("screening")
            shutil.copy(renewed.certificate, client.certificate)
            shutil.copy(renewed.key, client.key)
            await meet("127.0.0.1", port, context)
        first, second, third = serials
        assert first == second != third


async def test_neither_another_authority_nor_another_host_is_trusted() -> None:
    with TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        client = authority.sign("screening")
        other = Authority.beside(authority)
        async with server(authority, authority.sign("kafka")) as (port, serials):
            for host, ca in (("127.0.0.1", other.file), ("localhost", authority.file)):
                with pytest.raises(ssl.SSLCertVerificationError):
                    await meet(host, port, verifying(ca, client.certificate, client.key))
        assert serials == []


def test_files_that_are_no_certificates_are_refused_at_the_start() -> None:
    with TemporaryDirectory() as folder:
        wrong = Path(folder) / "ca.pem"
        with pytest.raises(OSError, match=r"No such file"):
            verifying(wrong)
        wrong.write_text("no certificate")
        with pytest.raises(ssl.SSLError):
            verifying(wrong)


def test_until_when_certificates_can_be_used() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        authority = Authority(folder, days=400)
        own = authority.sign("kafka")
        successor = Authority(folder / "next", days=900)
        own_end, old_end, new_end = (
            expiry_of(file, own=True) for file in (own.certificate, authority.file, successor.file)
        )
        assert own_end is not None
        assert old_end is not None
        assert new_end is not None
        assert (old_end - own_end).days >= 300
        assert (new_end - old_end).days >= 499
        chain, bundle, broken = folder / "chain.pem", folder / "bundle.pem", folder / "broken.pem"
        chain.write_bytes(own.certificate.read_bytes() + authority.file.read_bytes())
        bundle.write_bytes(authority.file.read_bytes() + successor.file.read_bytes())
        broken.write_text("no certificate")
        assert expiry_of(chain, own=True) == own_end, "a chain begins with one's own"
        assert expiry_of(bundle, own=False) == new_end, "an authority that ends may lie beside its successor"
        assert [expiry_of(file, own=True) for file in (broken, folder / "missing.pem")] == [None, None]
