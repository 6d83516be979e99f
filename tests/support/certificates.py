"""Certificates of a test run: an authority, and what it signs. Keys stay in the folder of the test."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Signed:
    """The files of one certificate: chain, private key, and both in one for a server."""

    certificate: Path
    key: Path
    both: Path


class Authority:
    """Signs certificates of servers and clients; `file` holds its own."""

    def __init__(self, folder: Path, name: str = "test authority", days: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._serial = 0
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self._own = self._draft(self._name, self._key, days).add_extension(constraints, critical=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._own.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    @classmethod
    def beside(cls, other: Self) -> Self:
        """Return another authority, which no client that trusts the first one trusts."""
        return cls(other._folder / "other", "another authority")

    def sign(self, name: str, address: str = "127.0.0.1") -> Signed:
        """Return a new certificate: `name` is its common name, `address` the host (IP or name) that it is valid for."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            host: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(address))
        except ValueError:
            host = x509.DNSName(address)
        draft = self._draft(_name(name), key).add_extension(x509.SubjectAlternativeName([host]), critical=False)
        certificate = draft.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._serial += 1
        stem = self._folder / f"{name}-{self._serial}"
        files = Signed(stem.with_suffix(".crt"), stem.with_suffix(".key"), stem.with_suffix(".pem"))
        for path, content in (
            (files.certificate, certificate),
            (files.key, private),
            (files.both, private + certificate),
        ):
            path.touch(mode=0o600)
            path.write_bytes(content)
        return files

    def _draft(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 1) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + days * _DAY)
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
