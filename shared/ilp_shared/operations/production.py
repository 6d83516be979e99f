"""What `profile=production` refuses at the start, as far as settings and environment tell it: all faults at once."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from ilp_shared.secrets import SUFFIX, secrets_of, variable_in, variable_of
from ilp_shared.service import Misfits
from ilp_shared.settings import EnvironmentSettings, ServiceSettings
from ilp_shared.text import Text

Process = Literal["api", "worker", "command"]
"""An operator's command may have the owner's address; a process that serves may not."""
FAILPOINT: Final = "ILP_FAILPOINT"
_PREFIX: Final = "ILP_"
_UNKNOWN = Text(
    "nama setelan ini tidak dikenal layanan ini: perbaiki atau hapus",
    "this service knows no setting of this name: correct or remove it",
)
_FOR_TESTS = Text("hanya untuk pengujian: hapus", "is for tests only: remove it")
_NO_TLS = Text("tambahkan sslmode=verify-full di alamatnya", "add sslmode=verify-full to the URL")
_PLAINTEXT = Text("pakai SASL_SSL atau SSL, bukan PLAINTEXT", "use SASL_SSL or SSL, not PLAINTEXT")
_OPEN_DOCUMENTS = Text("isi false: /docs terbuka bagi siapa saja", "set it to false: /docs is open to everyone")
_NO_HOSTS = Text(
    "isi nama host yang dilayani, mis. ilp.example.go.id", "name the hosts that are served, e.g. ilp.example.go.id"
)
_OWNER = Text(
    "hapus dari api dan worker: alamat pemilik hanya untuk migrate dan perintah operator",
    "remove it from api and worker: the owner's address is for migrate and operators' commands only",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and how to correct it; shows no value."""

    where: str
    """Name of a variable, a topic, or a server."""
    why: Text

    def __str__(self) -> str:
        return f"{self.where}: {self.why.both}"

    @property
    def said(self) -> Text:
        """Where and why, in each language by itself."""
        return Text(f"{self.where}: {self.why.id}", f"{self.where}: {self.why.en}")


def faults_of(
    settings: ServiceSettings,
    environment: Mapping[str, str],
    process: Process,
    companions: Sequence[EnvironmentSettings] = (),
) -> list[Fault]:
    """Return what production refuses; nothing in the development profile.

    `companions` are further settings that the same process reads, e.g. those of the recount. A setting that is None,
    because it is faulty itself, is not judged.
    """
    if settings.profile != "production":
        return []
    read = (settings, *companions)
    return [
        *_unknown([type(each) for each in read], environment),
        *_exposed(settings, process),
        *(fault for each in read for fault in _without_tls(each, environment)),
    ]


def misfits_of(settings: ServiceSettings, misfits: Misfits | None) -> Callable[[], AsyncIterator[Text]] | None:
    """Return what yields, in production, that settings do not fit the stored data; None where that is not refused."""
    if misfits is None or settings.profile != "production":
        return None

    async def said() -> AsyncIterator[Text]:
        async for fault in misfits(settings):
            yield fault.said

    return said


def _unknown(kinds: Sequence[type[BaseSettings]], environment: Mapping[str, str]) -> Iterator[Fault]:
    """Yield variables of the platform that this process does not read: misspelt, or another service's."""
    known = {name for kind in kinds for name in variables_of(kind)}
    for name in sorted(environment):
        if name.upper() == FAILPOINT:
            if environment[name]:
                yield Fault(name, _FOR_TESTS)
        elif name.upper().startswith(_PREFIX) and name.upper() not in known:
            yield Fault(name, _UNKNOWN)


def variables_of(kind: type[BaseSettings]) -> Iterator[str]:
    """Yield every variable that settings are read from, those of files included."""
    for name in kind.model_fields:
        yield variable_of(kind, name)
    for each in kind.__mro__:
        if issubclass(each, EnvironmentSettings):
            yield from (variable_of(kind, name) + SUFFIX for name, _variable in secrets_of(each))


def _exposed(settings: ServiceSettings, process: Process) -> Iterator[Fault]:
    if settings.kafka_security_protocol == "PLAINTEXT":
        yield Fault(variable_of(type(settings), "kafka_security_protocol"), _PLAINTEXT)
    if settings.migrate_database_url is not None and process != "command":
        yield Fault(variable_of(type(settings), "migrate_database_url"), _OWNER)
    if process == "api" and settings.documents:
        yield Fault(variable_of(type(settings), "documents"), _OPEN_DOCUMENTS)
    if process == "api" and settings.trusted_hosts == ():
        yield Fault(variable_of(type(settings), "trusted_hosts"), _NO_HOSTS)


def _without_tls(settings: EnvironmentSettings, environment: Mapping[str, str]) -> Iterator[Fault]:
    """Yield addresses of databases without verification; a socket of this machine needs none."""
    for name, _variable in secrets_of(type(settings)):
        secret = getattr(settings, name)
        if not name.endswith("_url") or not isinstance(secret, SecretStr) or not secret.get_secret_value():
            continue
        parts = urlsplit(secret.get_secret_value())
        parameters = parse_qs(parts.query)
        is_socket = not parts.hostname and parameters.get("host", [""])[0].startswith("/")
        if parameters.get("sslmode") != ["verify-full"] and not is_socket:
            yield Fault(variable_in(type(settings), name, environment), _NO_TLS)
