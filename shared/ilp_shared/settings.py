"""Settings every service has. One frozen object per process, built once from the environment.

Each service subclasses this with its own prefix (`ILP_REGISTRY_`, `ILP_SCREENING_`, …).
"""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ilp_shared.waits import Waits


class ServiceSettings(BaseSettings):
    """Environment of one service; secrets never print. Database URLs are `postgresql://user:pw@host:port/db`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_SERVICE_")

    profile: Literal["development", "production"] = "production"
    database_url: SecretStr
    migrate_database_url: SecretStr | None = None
    kafka_bootstrap: str
    topic_prefix: Annotated[str, Field(pattern=r"^[a-z0-9.-]{0,40}$")] = ""
    """Prefix of every topic and consumer group: several platforms may share one Kafka."""
    waits: Waits = Waits()
    """Waits of the event path; tests shorten them."""
    host: str = "127.0.0.1"
    port: int = 8080
    build: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]{0,64}$")] = ""
    """What was built, e.g. a commit; shown in the metrics."""
    root_path: str = ""
    """Prefix that the front door or Ingress cuts off, e.g. `/registry`."""
    oidc_issuer: str
    oidc_audience: str = "ilp"
    oidc_jwks: str
    """Path of a file or http(s) address with the issuer's public keys (JWKS)."""
    worker_status_port: int = 8081
    watchdog_s: float = 60.0
    """A worker whose relay or consumer makes no progress for so long exits; after half of it, it is not ready."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    pool_size: int = 10
    command_deadline_s: float = 5.0
    """Longest wait for a connection, and for the shared commit of a hot path."""
    request_deadline_s: float = 10.0
    """Longest wait for the beginning of an answer; then 503. The API's statements are cancelled after the same time."""
    body_deadline_s: float = 60.0
    """Longest wait for a whole body; then 408. A phone needs 40 s for 0.5 MB over 100 kbit/s."""
    drain_s: float = 0.0
    """Seconds to serve after SIGTERM, so that a load balancer notices; 0 where there is none."""
