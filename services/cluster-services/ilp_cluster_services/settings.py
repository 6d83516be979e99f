"""Settings of cluster-services, read from `ILP_CLUSTER_SERVICES_*` once per process."""

from pydantic_settings import SettingsConfigDict

from ilp_shared.settings import ServiceSettings


class ClusterServicesSettings(ServiceSettings):
    """Nothing beyond what every service has."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_CLUSTER_SERVICES_")
