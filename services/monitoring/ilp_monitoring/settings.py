"""Settings of monitoring: the shared ones, the development sign-in of the page, and the schedule of the recount."""

import math
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from ilp_shared.secrets import FROM_FILE
from ilp_shared.settings import EnvironmentSettings, ServiceSettings


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

    @property
    def needed_files(self) -> int:
        """Each live screen is an open file; a fifth more is for everything else."""
        return math.ceil(self.live_max_streams * 1.2)

    @model_validator(mode="after")
    def _no_free_sessions_in_production(self) -> "MonitoringSettings":
        if self.dev_session_key is not None and self.profile == "production":
            raise ValueError("dev_session_key is for the development profile only")
        return self


class RecountSettings(EnvironmentSettings):
    """Environment of the scheduled recount (`ILP_RECOUNT_…`).

    The recount itself reads the addresses again, and how many situations it compares in a run (`…_SITUATIONS`).
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_RECOUNT_")

    registry_url: Annotated[SecretStr | None, FROM_FILE] = None
    """Address of the database of the registry, for a role that may read its archive."""
    screening_url: Annotated[SecretStr | None, FROM_FILE] = None
    """Address of the database of screening, for a role that may read its archive."""
    cluster_services_url: Annotated[SecretStr | None, FROM_FILE] = None
    """Address of the database of cluster-services, for a role that may read its archive."""
    monitoring_url: Annotated[SecretStr | None, FROM_FILE] = None
    """Address of the database of monitoring, for a role that may read its archive."""
    every_s: float = Field(3_600.0, gt=0)
    """A recount is due so long after the last one began, also one that an operator ran; never while one runs."""
    longest_s: float = Field(6 * 3_600.0, gt=0)
    """A run that takes longer is ended, and counts as failed: six hours, for the archives of a whole nation."""
    look_s: float = Field(30.0, gt=0)
    """Between two looks at the last recount."""
    situations: int = Field(50_000, ge=1)
    """How many situations of regencies a run in turn compares; the recount itself reads it."""

    @property
    def scheduled(self) -> bool:
        """Whether this worker runs the recount: only with all four addresses."""
        urls = (self.registry_url, self.screening_url, self.cluster_services_url, self.monitoring_url)
        return all(url is not None and url.get_secret_value() for url in urls)
