"""Secrets of settings that lie in files: where they come from, when they are read, what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from ilp_shared.bus.security import Security
from ilp_shared.settings import ServiceSettings

NAME = "ILP_SECRETS_TEST_KAFKA_PASSWORD"
REST = {
    "DATABASE_URL": "postgresql://x@127.0.0.1:1/x",
    "KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_USERNAME": "screening",
    "OIDC_ISSUER": "x",
    "OIDC_JWKS": "x",
}


class Settings(ServiceSettings):
    """Settings under a prefix of their own: the environment of the run is not theirs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_SECRETS_TEST_")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REST.items():
        monkeypatch.setenv(f"ILP_SECRETS_TEST_{name}", value)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "password"
    path.write_text("the first\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    return path


def sent(settings: ServiceSettings) -> bytes:
    """Return the password that a client would send now."""
    password: str = Security.of(settings).options()["sasl_plain_password"]
    return password.encode("utf-8")


def test_a_secret_is_what_the_file_holds_at_each_use(file: Path) -> None:
    settings = Settings()
    password: str = Security.of(settings).options()["sasl_plain_password"]
    assert password.encode("utf-8") == b"the first"
    file.write_text("the second\n")
    assert password.encode("utf-8") == b"the second"
    assert sent(settings) == b"the second"


def test_a_file_that_cannot_be_read_for_a_moment_leaves_the_last_secret(file: Path) -> None:
    settings = Settings()
    file.write_text("")
    assert sent(settings) == b"the first"
    file.unlink()
    assert sent(settings) == b"the first"
    file.write_text("the third")
    assert sent(settings) == b"the third"


def test_a_secret_may_stand_in_the_environment_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "plain")
    assert sent(Settings()) == b"plain"


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_file_without_a_secret_is_refused_at_the_start(file: Path, content: str | None) -> None:
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(ValidationError, match="kafka_password") as refusal:
        Settings()
    assert str(file) not in str(refusal.value)


def test_one_secret_has_one_source(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert file.exists()
    monkeypatch.setenv(NAME, "another")
    with pytest.raises(ValidationError, match="is set twice") as refusal:
        Settings()
    assert "another" not in str(refusal.value.errors(include_input=False))


def test_no_secret_is_shown(file: Path) -> None:
    assert file.exists()
    settings = Settings()
    assert "the first" not in f"{settings!r}{settings}{settings.model_dump()}{Security.of(settings)!r}"
    assert "the first" not in f"{Security.of(settings).options()}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"KAFKA_USERNAME": ""}, "SASL_SSL needs a username and a password"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL"}, "a username and a password are for SASL_SSL only"),
        ({"KAFKA_CERTIFICATE_FILE": "/x"}, "these two files are a pair"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "kafka_security_protocol"),
    ],
)
def test_settings_of_kafka_that_do_not_fit_together_are_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], said: str
) -> None:
    assert file.exists()
    for name, value in change.items():
        monkeypatch.setenv(f"ILP_SECRETS_TEST_{name}", value)
    with pytest.raises(ValidationError, match=said):
        Settings()
