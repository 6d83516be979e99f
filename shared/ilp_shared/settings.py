"""Settings every service has. One frozen object per process, built once from the environment.

Each service subclasses this with its own prefix (`ILP_REGISTRY_`, `ILP_SCREENING_`, …).
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, create_model, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from ilp_shared.limits import Limits
from ilp_shared.problems import misshapen
from ilp_shared.secrets import FROM_FILE, SecretFiles
from ilp_shared.text import Text
from ilp_shared.waits import Waits

_Hosts = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")], ...],
    NoDecode,
    BeforeValidator(lambda value: value.replace(",", " ").lower().split() if isinstance(value, str) else value),
]
RoleName = Literal[
    "kader", "midwife", "nurse", "puskesmas_head", "dinas", "province", "analyst", "integrator", "operator"
]
"""Names of `auth.permissions.Role`, which the bus, a user of these settings, must not know."""
KafkaProtocol = Literal["PLAINTEXT", "SSL", "SASL_SSL"]
_NO_KEYS: Final = Text(
    "penerbit ini bukan alamat tempat kuncinya dapat ditemukan: isi OIDC_JWKS",
    "the issuer is no address whose keys could be discovered: set OIDC_JWKS",
)
_ALONE: Final = Text("dua berkas ini satu pasangan: isi keduanya", "these two files are a pair: name both")
_NO_ACCOUNT: Final = Text("SASL_SSL perlu nama akun dan kata sandi", "SASL_SSL needs a username and a password")
_ACCOUNT: Final = Text(
    "nama akun dan kata sandi hanya untuk SASL_SSL", "a username and a password are for SASL_SSL only"
)
_NO_HTTPS: Final = Text(
    "harus https di profil production (kunci boleh berupa berkas)", "must be https in production (keys may be a file)"
)
_NO_ADDRESS: Final = Text(
    "bukan alamat: tulis karakter khusus kata sandi sebagai %XX",
    "is no address: write special characters of the password as %XX",
)
_LONGEST_TOKEN_S: Final = {"production": 600, "development": 86_400}


S = TypeVar("S", bound="EnvironmentSettings")


@dataclass(frozen=True, slots=True)
class Rule:
    """What several settings together, or one by its use, must fulfil; its check returns what is wrong, else None."""

    fields: tuple[str, ...]
    """The settings that it is about; where one of them is faulty itself, the rule says nothing."""
    check: Callable[[Any], Text | None]


def rule(*fields: str) -> Callable[[Callable[[S], Text | None]], Rule]:
    """Mark a method of settings as a rule about these fields; its text shows no value."""
    return lambda check: Rule(fields, check)


class EnvironmentSettings(BaseSettings):
    """Settings from the environment, and secrets from the files that it names (`secrets.py`)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True, ignored_types=(Rule,))

    @classmethod
    def rules(cls) -> Iterator[Rule]:
        """Yield the rules of these settings, those of the bases first."""
        for kind in reversed(cls.__mro__):
            yield from (value for value in vars(kind).values() if isinstance(value, Rule))

    @classmethod
    def without(cls, faulty: Collection[str]) -> Self:
        """Return what the environment says, the faulty fields None, and no rule obeyed.

        Raises ValidationError or SettingsError for a field that is faulty besides.
        """
        nothing: dict[str, Any] = {
            name: (Any, Field(default=None, validate_default=False, validation_alias=f"faulty {name}"))
            for name in faulty
        }
        heedless: dict[str, Any] = {"_keep_rules": model_validator(mode="after")(lambda self: self)}
        return create_model(cls.__name__, __base__=cls, __validators__=heedless, **nothing)()

    @field_validator("*")
    @classmethod
    def _is_an_address(cls, value: Any, info: ValidationInfo) -> Any:
        if str(info.field_name).endswith("_url") and isinstance(value, SecretStr):
            _split(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _keep_rules(self) -> Self:
        for each in self.rules():
            if (why := each.check(self)) is not None:
                raise ValueError(f"{', '.join(each.fields)}: {why.both}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from the files that the environment names, and everything else from the environment."""
        return init_settings, SecretFiles(settings_cls), env_settings


def _split(address: str) -> None:
    """Raise the error of an address, which may name several hosts, that no program could take apart."""
    try:
        for host in urlsplit(address).netloc.rpartition("@")[2].split(","):
            _ = urlsplit(f"//{host}").port
    except ValueError:
        raise misshapen("no_address", _NO_ADDRESS) from None


def _is_open(address: str) -> bool:
    return address.lower().startswith("http://")


class ServiceSettings(EnvironmentSettings):
    """Environment of one service; secrets never print. Database URLs are `postgresql://user:pw@host:port/db`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_SERVICE_")

    profile: Literal["development", "production"] = "production"
    """Development accepts what production refuses at the start: see the end of this page."""
    database_url: Annotated[SecretStr, FROM_FILE]
    """The application's role: neither owner of the tables nor able to pass row-level security."""
    migrate_database_url: Annotated[SecretStr | None, FROM_FILE] = None
    """The owner's role, for `migrate` and other commands; in production an api or worker that has it does not start."""
    kafka_bootstrap: str
    """`host:port[,host:port …]` of Kafka."""
    kafka_security_protocol: KafkaProtocol = "PLAINTEXT"
    """SSL: the process shows a certificate. SASL_SSL: it has a name and a password."""
    kafka_ca_file: Path | None = None
    """Certificates (PEM) of those who may sign Kafka's; without it those of the system."""
    kafka_certificate_file: Path | None = None
    """The process's own certificate (PEM), for SSL."""
    kafka_key_file: Path | None = None
    """The private key (PEM) of that certificate."""
    kafka_sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is proved."""
    kafka_username: str = ""
    """The account, for SASL_SSL."""
    kafka_password: Annotated[SecretStr | None, FROM_FILE] = None
    """The password of that account."""
    kafka_partitions: Annotated[int | None, Field(ge=6)] = None
    """Partitions that every topic of events must have at the start, in production; else six or more."""
    topic_prefix: Annotated[str, Field(pattern=r"^[a-z0-9.-]{0,40}$")] = ""
    """Prefix of every topic and consumer group: several platforms may share one Kafka."""
    waits: Waits = Waits()
    """Waits of the event path; tests shorten them."""
    limits: Limits = Limits()
    """What one account may ask for."""
    host: str = "127.0.0.1"
    """Address on which api and worker listen; in an image 0.0.0.0."""
    port: int = 8080
    """Port of the api."""
    build: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]{0,64}$")] = ""
    """What was built, e.g. a commit; shown in the metrics."""
    root_path: str = ""
    """Prefix that the front door or Ingress cuts off, e.g. `/registry`."""
    trusted_hosts: _Hosts = ()
    """Hosts that are served, by their names in the `Host` header, with commas between; none named: every one.

    Health and metrics are asked for by address, and are not concerned."""
    documents: bool = True
    """Whether `/docs` and `/openapi.json` are served; they need no token."""
    oidc_issuer: str
    """The `iss` that tokens must have."""
    oidc_audience: str = "ilp"
    """The `aud` that tokens must have."""
    oidc_jwks: str = ""
    """Path of a file or https address with the issuer's public keys (JWKS); http in development only.

    Without it they are where the issuer's `/.well-known/openid-configuration` says."""
    oidc_roles_claim: str = "roles"
    """The claim that holds the roles, with dots for the way to it: `realm_access.roles`."""
    oidc_areas_claim: str = "areas"
    """The claim that holds the area codes."""
    oidc_facility_claim: str = "facility"
    """The claim that holds the id of the facility; tokens need not have it."""
    oidc_role_names: dict[str, RoleName] = {}
    """Roles by the issuer's own names for them, as a JSON object: `{"ilp-bidan": "midwife"}`."""
    oidc_longest_token_s: Annotated[int | None, Field(gt=0)] = None
    """Longest life of a token (exp − iat) that is accepted; ten minutes in production, a day in development."""
    worker_status_port: int = 8081
    """Port on which a worker answers probes and Prometheus."""
    watchdog_s: float = 60.0
    """A worker whose relay or consumer makes no progress for so long exits; after half of it, it is not ready."""
    otlp_endpoint: Annotated[str, Field(pattern=r"^(https?://[^\s@]+)?$")] = ""
    """Address of an OpenTelemetry collector (OTLP over HTTP), e.g. `http://collector:4318`; without one no traces."""
    trace_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of the traces that are sent to it; failures and what takes longer than a second always are."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least that is logged."""
    pool_size: int = 10
    """Connections to the database of each of the two pools of a process."""
    command_deadline_s: float = 5.0
    """Longest wait for a connection, and for the shared commit of a hot path."""
    request_deadline_s: float = 10.0
    """Longest wait for the beginning of an answer; then 503. The API's statements are cancelled after the same time."""
    body_deadline_s: float = 60.0
    """Longest wait for a whole body; then 408. A phone needs 40 s for 0.5 MB over 100 kbit/s."""
    drain_s: float = 0.0
    """Seconds to serve after SIGTERM, so that a load balancer notices; 0 where there is none."""

    @property
    def longest_token_s(self) -> int:
        """Longest life of an accepted token in seconds."""
        return self.oidc_longest_token_s or _LONGEST_TOKEN_S[self.profile]

    @property
    def needed_files(self) -> int:
        """Files that a process must be allowed to have open; an api with live screens needs more."""
        return 256

    @rule("oidc_issuer")
    def _issuer_proves_who_it_is(self) -> Text | None:
        return _NO_HTTPS if self.profile == "production" and _is_open(self.oidc_issuer) else None

    @rule("oidc_jwks")
    def _keys_come_from_the_issuer(self) -> Text | None:
        return _NO_HTTPS if self.profile == "production" and _is_open(self.oidc_jwks) else None

    @rule("oidc_issuer", "oidc_jwks")
    def _keys_are_known(self) -> Text | None:
        is_known = self.oidc_jwks or self.oidc_issuer.startswith(("http://", "https://"))
        return None if is_known else _NO_KEYS

    @rule("kafka_certificate_file", "kafka_key_file")
    def _certificate_has_its_key(self) -> Text | None:
        return _ALONE if (self.kafka_certificate_file is None) != (self.kafka_key_file is None) else None

    @rule("kafka_security_protocol", "kafka_username", "kafka_password")
    def _kafka_knows_who_asks(self) -> Text | None:
        account = bool(self.kafka_username), self.kafka_password is not None
        if self.kafka_security_protocol == "SASL_SSL" and not all(account):
            return _NO_ACCOUNT
        return _ACCOUNT if self.kafka_security_protocol != "SASL_SSL" and any(account) else None
