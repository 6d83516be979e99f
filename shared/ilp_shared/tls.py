"""TLS of clients: certificates are verified, host names too, and the files are read again for each connection."""

import ssl
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509


class _Rereading(ssl.SSLContext):
    """A client's context whose files are read again for each connection, so that renewed ones need no restart.

    A CA that left its file is trusted until the process ends.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def read(self) -> None:
        """Read the files; raises OSError (ssl.SSLError is one) where they are missing or wrong."""
        if self.ca is None:
            self.load_default_certs()
        else:
            self.load_verify_locations(self.ca)
        if self.certificate is not None:
            self.load_cert_chain(self.certificate, self.key)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Begin a connection with what the files hold now."""
        self.read()
        return super().wrap_bio(*arguments, **options)


def verifying(ca: Path | None, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Return a context that trusts the CAs of a file, or those of the system, and shows a certificate if there is one.

    Raises OSError where a file is missing or wrong.
    """
    context = _Rereading(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.ca, context.certificate, context.key = ca, certificate, key
    context.read()
    return context


def expiry_of(file: Path, *, own: bool) -> datetime | None:
    """Return until when a file's certificates can be used; None where they cannot be read.

    A process's own certificate is the first of its file. Of authorities the last one counts: an old one may lie beside
    its successor.
    """
    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return None
    ends = [each.not_valid_after_utc for each in certificates]
    return ends[0] if own else max(ends)
