"""Settings of monitoring: the shared ones, the development sign-in of the page, and the schedule of the recount."""

from pathlib import Path

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ilp_shared.settings import ServiceSettings


class MonitoringSettings(ServiceSettings):
    """Environment of monitoring (`ILP_MONITORING_…`)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_MONITORING_")

    dev_session_key: Path | None = None
    """`private.json` of the development issuer: pages sign their reader in as analyst. Refused in production."""

    live_silence_s: float = 30.0
    """Live streams are ended when the database could not be read for so long; screens then load snapshots."""

    live_max_streams: int = 2_000
    """Live streams of one process; a later client gets 503 with Retry-After and goes on with snapshots."""

    live_max_streams_of_one: int = 100
    """Live streams of one account in one process; its next gets 429 with Retry-After."""

    @model_validator(mode="after")
    def _no_free_sessions_in_production(self) -> "MonitoringSettings":
        if self.dev_session_key is not None and self.profile == "production":
            raise ValueError("dev_session_key is for the development profile only")
        return self


class RecountSettings(BaseSettings):
    """Environment of the scheduled recount (`ILP_RECOUNT_…`).

    The recount itself reads the addresses again, and how many situations it compares in a run (`…_SITUATIONS`).
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_RECOUNT_")

    registry_url: SecretStr | None = None
    screening_url: SecretStr | None = None
    cluster_services_url: SecretStr | None = None
    monitoring_url: SecretStr | None = None
    every_s: float = Field(3_600.0, gt=0)
    """A recount is due so long after the last one began, also one that an operator ran; never while one runs."""
    longest_s: float = Field(6 * 3_600.0, gt=0)
    """A run that takes longer is ended, and counts as failed: six hours, for the archives of a whole nation."""
    look_s: float = Field(30.0, gt=0)
    """Between two looks at the last recount."""

    @property
    def scheduled(self) -> bool:
        """Whether this worker runs the recount: only with all four addresses."""
        urls = (self.registry_url, self.screening_url, self.cluster_services_url, self.monitoring_url)
        return all(url is not None and url.get_secret_value() for url in urls)
