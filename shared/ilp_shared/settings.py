"""Settings every service has. One frozen object per process, built once from the environment.

Each service subclasses this with its own prefix (`ILP_REGISTRY_`, `ILP_SCREENING_`, …).
"""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from ilp_shared.limits import Limits
from ilp_shared.secrets import FROM_FILE, SecretFiles
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
_LONGEST_TOKEN_S: Final = {"production": 600, "development": 86_400}


class EnvironmentSettings(BaseSettings):
    """Settings from the environment, and secrets from the files that it names (`secrets.py`)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

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

    @field_validator("oidc_issuer", "oidc_jwks")
    @classmethod
    def _issuer_proves_who_it_is(cls, address: str, info: ValidationInfo) -> str:
        if info.data.get("profile") == "production" and address.lower().startswith("http://"):
            raise ValueError("must be https in production (keys may be a file)")
        return address

    @model_validator(mode="after")
    def _keys_are_known(self) -> Self:
        if not self.oidc_jwks and not self.oidc_issuer.startswith(("http://", "https://")):
            raise ValueError("oidc_issuer is no address whose keys could be discovered: set oidc_jwks")
        return self

    @model_validator(mode="after")
    def _kafka_knows_who_asks(self) -> Self:
        if (self.kafka_certificate_file is None) != (self.kafka_key_file is None):
            raise ValueError("kafka_certificate_file and kafka_key_file belong together")
        account = bool(self.kafka_username), self.kafka_password is not None
        if self.kafka_security_protocol == "SASL_SSL" and not all(account):
            raise ValueError("kafka_security_protocol SASL_SSL needs kafka_username and kafka_password")
        if self.kafka_security_protocol != "SASL_SSL" and any(account):
            raise ValueError("kafka_username and kafka_password are for kafka_security_protocol SASL_SSL")
        return self
