"""A PostgreSQL with TLS: Debian's, because that of the wheel is built without it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.dev.failure import StartError
from deploy.dev.postgres import EmbeddedPostgres
from deploy.dev.postgres_binaries import DEBIAN, Binaries, find_binaries
from deploy.dev.unprivileged import server_user
from tests.support import apt
from tests.support.addresses import Address
from tests.support.certificates import Authority


class SecurePostgres(EmbeddedPostgres):
    """A server whose certificate is for 127.0.0.1 alone; data, keys and password lie in its folder."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "authority")
        own = self.authority.sign("postgres")
        key = own.key.replace(folder / "server.key")
        if os.geteuid() == 0:
            user = server_user()
            os.chown(key, user.pw_uid, user.pw_gid)
        certificate = own.certificate.replace(folder / "server.crt")
        certificate.chmod(0o644)
        files = {"ssl_cert_file": str(certificate), "ssl_key_file": str(key)}
        super().__init__(folder / "data", {"ssl": "on", "fsync": "off", **files})

    def programs(self) -> Binaries:
        """Return Debian's programs; raises StartError."""
        return find_binaries(self._folder, DEBIAN)

    @property
    def address(self) -> Address:
        """The superuser's address, with verification."""
        return self.verified(Address(self.dsn))

    def verified(self, address: Address, *, ca: Path | None = None, host: str = "127.0.0.1") -> Address:
        """Return an address that asks for a proven server."""
        place = str(address).replace("@127.0.0.1:", f"@{host}:")
        return Address(f"{place}?sslmode=verify-full&sslrootcert={ca or self.authority.file}")


@asynccontextmanager
async def running() -> AsyncIterator[SecurePostgres]:
    """Run the server, installed now where Debian's PostgreSQL was missing.

    Where it cannot be installed, skip the tests with that reason, and in CI fail them.
    """
    if not _is_there() and (refusal := apt.install(["postgresql"])):
        reason = f"Debian's PostgreSQL is missing: {refusal}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = SecurePostgres(folder)
        try:
            await server.start()
            yield server
        finally:
            await server.stop()


def _is_there() -> bool:
    try:
        find_binaries(Path("/nonexistent"), DEBIAN)
    except StartError:
        return False
    return True
