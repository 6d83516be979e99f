"""Settings of the registry: those of every service, and the keys that protect NIK, KK and telephone numbers."""

from typing import Annotated, Final, Literal

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from ilp_shared.secrets import FROM_FILE, NO_KEY, bytes_of_key
from ilp_shared.settings import ServiceSettings, rule
from ilp_shared.text import Text

_LEAST_DISTINCT = 16
"""32 random bytes hold at least 16 distinct values but for a chance below 10⁻¹²; typed-in keys do not."""
_RETIRED: Final = Text(
    "kunci yang berlaku ada di antara kunci pensiun: hapus dari sana", "the current key is among the retired: remove it"
)
_SAME: Final = Text("kunci-kunci ini harus saling berbeda", "these keys must differ from each other")


def key_bytes(secret: SecretStr) -> bytes:
    """Return the 32 bytes of a base64 key; raises ValueError (without the value) for anything else."""
    raw = bytes_of_key(secret.get_secret_value())
    if len(set(raw)) < _LEAST_DISTINCT:
        raise ValueError(NO_KEY)
    return raw


def _checked(secret: SecretStr) -> SecretStr:
    key_bytes(secret)
    return secret


def _by_place(value: object) -> object:
    """Return index keys by their place; a key alone has place 1."""
    if isinstance(value, str) and value.startswith("{"):
        return orjson.loads(value)
    return value if isinstance(value, dict) else {"1": value}


Key = Annotated[SecretStr, AfterValidator(_checked)]
Place = Literal["1", "2"]
"""One of the two columns in which the digests of a number may be, each under a key of its own."""
IndexKeys = Annotated[dict[Place, Key], Field(min_length=1), BeforeValidator(_by_place)]


class RegistrySettings(ServiceSettings):
    """Environment `ILP_REGISTRY_*`. Keys are changed step by step: deploy/README.md, "Keys"."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_REGISTRY_")

    nik_key: Annotated[Key, FROM_FILE]
    """Encrypts NIK, KK and telephone numbers: base64 of 32 random bytes."""
    nik_key_id: Annotated[str, FROM_FILE] = "1"
    """Stored with what the key has encrypted."""
    nik_retired_keys: Annotated[dict[str, Key], FROM_FILE] = Field(default_factory=dict)
    """Keys that only decrypt, as a JSON object by id: those before the current one, and the next before its turn."""
    nik_index_key: Annotated[IndexKeys, NoDecode, FROM_FILE]
    """Makes the digests by which a NIK or KK is found again: base64 of 32 other random bytes; while it is changed, both
    keys by their place, as a JSON object: `{"1": "…", "2": "…"}`."""

    @rule("nik_key_id", "nik_retired_keys")
    def _current_is_not_retired(self) -> Text | None:
        return _RETIRED if self.nik_key_id in self.nik_retired_keys else None

    @rule("nik_key", "nik_index_key")
    def _keys_differ(self) -> Text | None:
        keys = [key_bytes(key) for key in (self.nik_key, *self.nik_index_key.values())]
        return _SAME if len(set(keys)) < len(keys) else None
