"""Settings of monitoring: the shared ones, the sign-in of pages, and the schedule of the recount."""

import math
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from ilp_shared.auth.client_assertion import client_key
from ilp_shared.auth.sealing import Seal
from ilp_shared.secrets import FROM_FILE
from ilp_shared.settings import EnvironmentSettings, ServiceSettings, rule
from ilp_shared.text import Text

_PARTS: Final = Text("empat setelan ini satu kesatuan: isi semua", "these four settings belong together: set all")
_NO_ENDPOINTS: Final = Text(
    "masuk lewat halaman perlu penerbit yang berupa alamat", "a sign-in of pages needs an issuer that is an address"
)
_ONE_AUDIENCE: Final = Text(
    "keduanya harus berbeda: token ID akan lolos sebagai token akses",
    "the two must differ: an ID token would pass as an access token",
)
_NO_HTTPS: Final = Text("harus https di profil production", "must be https in production")
_FREE: Final = Text("hanya untuk profil development: hapus", "is for the development profile only: remove it")


class MonitoringSettings(ServiceSettings):
    """Environment of monitoring (`ILP_MONITORING_…`)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_MONITORING_")

    dev_session_key: Path | None = None
    """`private.json` of the development issuer: programs without a token read pages as analyst, and so do browsers
    where there is no sign-in. Refused in production."""

    sign_in_address: Annotated[str, Field(pattern=r"^(https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9_-]+)*)?$")] = ""
    """Address of this service as browsers know it, e.g. `https://ilp.example.go.id/monitoring`; https in production.

    Pages then sign readers in at the issuer; without it they need a token."""
    sign_in_client: str = ""
    """The `client_id` of the pages at the issuer."""
    sign_in_client_key: Annotated[SecretStr | None, FROM_FILE] = None
    """Private key (PEM, EC P-256 or RSA) by which the pages prove to be that client (`private_key_jwt`)."""
    sign_in_seal_key: Annotated[SecretStr | None, FROM_FILE] = None
    """Seals what a browser and the database keep of a sign-in: base64 of 32 random bytes; the same in all processes.

    A new one ends the sessions."""
    sign_in_idle_s: float = Field(1_800.0, gt=0)
    """A session that opens no page for so long is over; a live screen that is only watched opens none."""
    sign_in_absolute_s: float = Field(43_200.0, gt=0)
    """A session is over so long after its sign-in."""

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

    @property
    def signs_in(self) -> bool:
        """Whether pages sign readers in at the issuer."""
        return bool(self.sign_in_address)

    @field_validator("sign_in_seal_key", "sign_in_client_key")
    @classmethod
    def _is_a_key(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if secret is not None:
            read = Seal if info.field_name == "sign_in_seal_key" else client_key
            read(secret.get_secret_value())
        return secret

    @rule("sign_in_address", "sign_in_client", "sign_in_client_key", "sign_in_seal_key")
    def _sign_in_is_whole(self) -> Text | None:
        parts = (self.sign_in_client, self.sign_in_client_key, self.sign_in_seal_key)
        is_whole = any(parts) == self.signs_in and (not self.signs_in or all(parts))
        return None if is_whole else _PARTS

    @rule("sign_in_address", "oidc_issuer")
    def _issuer_can_be_discovered(self) -> Text | None:
        return _NO_ENDPOINTS if self.signs_in and not self.oidc_issuer.startswith(("http://", "https://")) else None

    @rule("sign_in_client", "oidc_audience")
    def _id_tokens_are_no_access_tokens(self) -> Text | None:
        return _ONE_AUDIENCE if self.signs_in and self.sign_in_client == self.oidc_audience else None

    @rule("sign_in_address")
    def _sign_in_is_private(self) -> Text | None:
        is_open = self.profile == "production" and self.sign_in_address.startswith("http://")
        return _NO_HTTPS if is_open else None

    @rule("dev_session_key")
    def _no_free_sessions_in_production(self) -> Text | None:
        return _FREE if self.dev_session_key is not None and self.profile == "production" else None


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
