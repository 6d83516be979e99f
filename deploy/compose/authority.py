"""The project's own certificate authority: it signs what PostgreSQL, Kafka, the services and the gateway show.

Its key stays beside the secrets, and in no container. Certificates are valid for two years; `make compose-prepare`
signs again what is missing, ends within 60 days, or is from an authority that this one replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.compose.replacing import replace_file
from deploy.dev.failure import StartError

_AUTHORITY = timedelta(days=3_650)
_LEAF = timedelta(days=730)
RENEWED = timedelta(days=60)
"""What ends within this time is signed again."""
_REMEDY = (
    "kembalikan salinannya, atau hapus lalu ulangi: semua sertifikat ditandatangani lagi"
    " / put a copy of it back, or remove it and repeat: all certificates are signed again"
)
_HOUR = timedelta(hours=1)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Signed:
    """A certificate and its private key, PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """An authority in two files, made on first use.

    Its key is the authority: where that is lost, another one replaces it. The certificate follows from the key: one
    that is lost, or is of another key, is made again, and what the key has signed stays valid.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        if not key.exists():
            replace_file(key, _pem(ec.generate_private_key(ec.SECP256R1())), 0o600)
        try:
            own = load_pem_private_key(key.read_bytes(), password=None)
        except ValueError:
            raise StartError(f"{key} rusak / is damaged: {_REMEDY}") from None
        if not isinstance(own, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an elliptic one")
        if not certificate.exists() or not _is_of(certificate.read_bytes(), own):
            replace_file(certificate, _own_certificate(own), 0o444)
        self._key = own
        self._certificate = x509.load_pem_x509_certificate(certificate.read_bytes())

    def sign(self, name: str, hosts: Sequence[str] = ()) -> Signed:
        """Return a new certificate: `name` is its common name and account, `hosts` where it may serve."""
        key = ec.generate_private_key(ec.SECP256R1())
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
        draft = (
            _draft(_name(name), self._certificate.subject, key, _LEAF)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            draft = draft.add_extension(names, critical=False)
        return Signed(draft.sign(self._key, SHA256()).public_bytes(Encoding.PEM), _pem(key))

    def has_signed(self, certificate: bytes) -> bool:
        """Tell whether a certificate (PEM) is one of its own."""
        try:
            x509.load_pem_x509_certificate(certificate).verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def replaces_issuer_of(self, certificate: bytes) -> bool:
        """Tell whether a certificate (PEM) is from an authority of this name with another key."""
        issuer = x509.load_pem_x509_certificate(certificate).issuer
        return issuer == self._certificate.subject and not self.has_signed(certificate)


def ends_soon(certificate: bytes) -> bool:
    """Tell whether a certificate (PEM) ends within the time in which it is renewed."""
    ends = x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    return ends - datetime.now(UTC) < RENEWED


def hosts_of(certificate: bytes) -> tuple[str, ...]:
    """Return the names under which the owner of a certificate (PEM) may serve."""
    extensions = x509.load_pem_x509_certificate(certificate).extensions
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def _is_of(certificate: bytes, own: ec.EllipticCurvePrivateKey) -> bool:
    try:
        return x509.load_pem_x509_certificate(certificate).public_key() == own.public_key()
    except ValueError:  # damaged
        return False


def _own_certificate(own: ec.EllipticCurvePrivateKey) -> bytes:
    subject = _name("ILP internal authority")
    draft = (
        _draft(subject, subject, own, _AUTHORITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    return draft.sign(own, SHA256()).public_bytes(Encoding.PEM)


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _HOUR)
        .not_valid_after(now + valid)
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
