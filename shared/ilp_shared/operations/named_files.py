"""The files that settings name: keys of issuers, certificates and keys of Kafka's and the databases' connections.

They are read while a process works, so a start does not wait for them; `check-config` says which cannot be read.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import orjson
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.errors import JoseError
from pydantic import SecretStr

from ilp_shared.auth.tokens import key_set
from ilp_shared.operations.production import Fault
from ilp_shared.secrets import secrets_of, variable_in
from ilp_shared.settings import EnvironmentSettings, ServiceSettings
from ilp_shared.text import Text

Reading = Callable[[bytes], object]
_NOT_READ: Final = Text("berkas{which} tidak dapat dibaca ({error})", "the file{which} cannot be read ({error})")
_ENCRYPTED: Final = Text(
    "kunci di berkas{which} terenkripsi: simpan tanpa kata sandi",
    "the key in the file{which} is encrypted: store it without a password",
)
_ANOTHER: Final = Text("isi berkas{which} bukan {kind}", "the file{which} holds no {kind}")


def named_file_faults(settings: EnvironmentSettings, environment: Mapping[str, str]) -> Iterator[Fault]:
    """Yield files that are missing, unreadable or of another kind; a setting that is None names none."""
    kind = type(settings)
    for name, path, reading in _named(settings):
        yield from _fault(variable_in(kind, name, environment), "", path, reading)
    for name, _variable in secrets_of(kind):
        secret = getattr(settings, name)
        if name.endswith("_url") and isinstance(secret, SecretStr):
            parameters = parse_qs(urlsplit(secret.get_secret_value()).query)
            for parameter, reading in _OF_ADDRESS.items():
                for file in parameters.get(parameter, []):
                    if file == "system":
                        continue
                    if parameter == "sslkey" and "sslpassword" in parameters:
                        reading = bytes  # encrypted: whether the password opens it shows at the first connection
                    yield from _fault(variable_in(kind, name, environment), parameter, Path(file), reading)


def _named(settings: EnvironmentSettings) -> Iterator[tuple[str, Path, Reading]]:
    """Yield the settings that are paths; what only one service knows the content of has to be readable."""
    jwks = settings.oidc_jwks if isinstance(settings, ServiceSettings) else None
    if jwks and not jwks.startswith(("http://", "https://")):
        yield "oidc_jwks", Path(jwks), _keys
    for name in type(settings).model_fields:
        if isinstance(path := getattr(settings, name), Path):
            yield name, path, _OF_SETTING.get(name, bytes)


def _fault(where: str, parameter: str, path: Path, reading: Reading) -> Iterator[Fault]:
    """Yield the fault of a file; one that an address names is called by its parameter, none by its path."""
    which = f" {parameter}" if parameter else ""
    try:
        reading(path.read_bytes())
    except OSError as error:
        yield Fault(where, _NOT_READ.format(which=which, error=type(error).__name__))
    except _Encrypted:
        yield Fault(where, _ENCRYPTED.format(which=which))
    except (ValueError, TypeError, KeyError, JoseError, UnsupportedAlgorithm):
        yield Fault(where, _ANOTHER.format(which=which, kind=_KIND[reading]))


class _Encrypted(Exception):  # noqa: N818 - a state of a key
    pass


def _certificates(content: bytes) -> None:
    x509.load_pem_x509_certificates(content)


def _private_key(content: bytes) -> None:
    try:
        load_pem_private_key(content, None)
    except TypeError:  # a password is missing
        raise _Encrypted from None


def _keys(content: bytes) -> None:
    document: Any = orjson.loads(content)
    key_set(document)


_KIND: Final[Mapping[Reading, str]] = {
    _certificates: "PEM (CERTIFICATE)",
    _private_key: "PEM (PRIVATE KEY)",
    _keys: "JWKS (JSON)",
}
_OF_SETTING: Final[Mapping[str, Reading]] = {
    "kafka_ca_file": _certificates,
    "kafka_certificate_file": _certificates,
    "kafka_key_file": _private_key,
}
_OF_ADDRESS: Final[Mapping[str, Reading]] = {
    "sslrootcert": _certificates,
    "sslcert": _certificates,
    "sslkey": _private_key,
}
"""libpq's parameters that name files."""
