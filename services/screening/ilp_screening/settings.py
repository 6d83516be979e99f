"""Settings of the screening service, read from `ILP_SCREENING_*`."""

from pydantic_settings import SettingsConfigDict

from ilp_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service has."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_SCREENING_")
