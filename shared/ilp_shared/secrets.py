"""Secrets of settings: from a variable, or from the file that `<NAME>_FILE` names, e.g. a mounted Kubernetes Secret.

A secret that came from a file is read again each time it is used, so that a rotated password serves the next
connection. What was made of a key at the start stays as it is. A file that is missing, empty or unreadable at that
moment leaves the last value in force.
"""

import base64
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import SecretStr, ValidatorFunctionWrapHandler, WrapValidator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

SUFFIX: Final = "_FILE"
NO_KEY: Final = "must be base64 of 32 random bytes"
_KEY_BYTES: Final = 32


class FileSecret(SecretStr):
    """A secret that lies in a file; `get_secret_value` reads the file."""

    def __init__(self, path: Path, value: str) -> None:
        super().__init__(value)
        self._path, self._last = path, value

    def get_secret_value(self) -> str:
        """Return what the file holds now, or what it held when it could last be read."""
        try:
            self._last = _content(self._path)
        except ValueError:
            return self._last
        return self._last


class _NamedFile:
    """The value of a field whose `_FILE` variable is set; validation reads the file."""

    def __init__(self, path: Path, *, doubled: bool) -> None:
        self.path, self.doubled = path, doubled


def _from_file(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    if not isinstance(value, _NamedFile):
        return handler(value)
    if value.doubled:
        raise ValueError("is set twice: as itself and as a file")
    text = _content(value.path)
    validated = handler(orjson.loads(text) if text.startswith("{") else text)
    return FileSecret(value.path, text) if isinstance(validated, SecretStr) else validated


FROM_FILE: Final = WrapValidator(_from_file)
"""Marks a field, `Annotated[SecretStr, FROM_FILE]`, whose value may come from a file."""


class SecretFiles(PydanticBaseSettingsSource):
    """Reads the `_FILE` variables of the fields that are marked `FROM_FILE`."""

    def __call__(self) -> dict[str, Any]:
        """Return the files by field name."""
        return {
            name: _NamedFile(Path(os.environ[variable + SUFFIX]), doubled=variable in os.environ)
            for name, variable in secrets_of(self.settings_cls)
            if os.environ.get(variable + SUFFIX)
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing for a single field: `__call__` answers for all of them."""
        return None, field_name, False


def secrets_of(settings: type[BaseSettings]) -> Iterator[tuple[str, str]]:
    """Yield field name and variable of each secret that may lie in a file."""
    for name, field in settings.model_fields.items():
        if FROM_FILE in field.metadata:
            yield name, variable_of(settings, name)


def variable_of(settings: type[BaseSettings], name: str) -> str:
    """Return the variable that a field is read from."""
    return f"{settings.model_config.get('env_prefix', '')}{name}".upper()


def variable_in(settings: type[BaseSettings], name: str, environment: Mapping[str, str]) -> str:
    """Return the variable that a field is read from in this environment: its own, or the one that names a file."""
    variable = variable_of(settings, name)
    return variable + SUFFIX if environment.get(variable + SUFFIX) else variable


def _content(path: Path) -> str:
    """Return the text of a file without the line end; raises ValueError, which names neither file nor text."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ValueError(f"its file cannot be read ({type(error).__name__})") from None
    if not text:
        raise ValueError("its file is empty")
    return text


def bytes_of_key(key: str) -> bytes:
    """Return the 32 bytes of a base64 key; raises ValueError (without the key) for anything else."""
    try:
        content = base64.b64decode(key, validate=True)
    except ValueError:
        raise ValueError(NO_KEY) from None
    if len(content) != _KEY_BYTES:
        raise ValueError(NO_KEY)
    return content
