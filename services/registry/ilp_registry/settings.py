"""Settings of the registry: those of every service, and the keys that protect NIK, KK and telephone numbers."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from ilp_shared.secrets import FROM_FILE, NO_KEY, bytes_of_key
from ilp_shared.settings import ServiceSettings

_LEAST_DISTINCT = 16
"""32 random bytes hold at least 16 distinct values but for a chance below 10⁻¹²; typed-in keys do not."""


def key_bytes(secret: SecretStr) -> bytes:
    """Return the 32 bytes of a base64 key; raises ValueError (without the value) for anything else."""
    raw = bytes_of_key(secret.get_secret_value())
    if len(set(raw)) < _LEAST_DISTINCT:
        raise ValueError(NO_KEY)
    return raw


def _checked(secret: SecretStr) -> SecretStr:
    key_bytes(secret)
    return secret


Key = Annotated[SecretStr, AfterValidator(_checked)]


class RegistrySettings(ServiceSettings):
    """Environment `ILP_REGISTRY_*`; a new `nik_key` gets a new `nik_key_id`, the old one goes to `nik_retired_keys`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_REGISTRY_")

    nik_key: Annotated[Key, FROM_FILE]
    """Encrypts NIK, KK and telephone numbers: base64 of 32 random bytes."""
    nik_key_id: str = "1"
    """Stored with what the key has encrypted."""
    nik_retired_keys: Annotated[dict[str, Key], FROM_FILE] = Field(default_factory=dict)
    """Keys by id, as a JSON object."""
    nik_index_key: Annotated[Key, FROM_FILE]
    """Makes the digests by which a NIK or KK is found again: base64 of 32 other random bytes."""

    @field_validator("nik_retired_keys")
    @classmethod
    def _current_is_not_retired(cls, retired: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        if info.data.get("nik_key_id") in retired:
            raise ValueError("must not name the current nik_key_id")
        return retired

    @field_validator("nik_index_key")
    @classmethod
    def _keys_differ(cls, index_key: SecretStr, info: ValidationInfo) -> SecretStr:
        other = info.data.get("nik_key")
        if other is not None and key_bytes(other) == key_bytes(index_key):
            raise ValueError("must differ from nik_key")
        return index_key
