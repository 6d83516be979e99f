"""`check-config`: everything that is wrong with a production environment at once, in both languages, without values."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from typer.testing import CliRunner

from deploy.dev.config import ROOT
from ilp_monitoring.service import SERVICE
from ilp_shared.auth.development import create_issuer
from ilp_shared.cli import build_cli
from tests.support.certificates import Authority

SECRET = "rahasia-sekali"
TLS = "sslmode=verify-full&sslrootcert=system"
SOUND = {
    "ILP_MONITORING_PROFILE": "production",
    "ILP_MONITORING_DATABASE_URL": f"postgresql://ilp:{SECRET}@db:5432/ilp?{TLS}",
    "ILP_MONITORING_KAFKA_BOOTSTRAP": "kafka:9093",
    "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "ILP_MONITORING_KAFKA_USERNAME": "monitoring",
    "ILP_MONITORING_KAFKA_PASSWORD": SECRET,
    "ILP_MONITORING_OIDC_ISSUER": "https://login.example.go.id/realms/ilp",
    "ILP_MONITORING_OIDC_JWKS": "https://login.example.go.id/keys",
    "ILP_MONITORING_TRUSTED_HOSTS": "ilp.example.go.id, ILP2.example.go.id",
    "ILP_MONITORING_DOCUMENTS": "false",
}


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what the run itself has set out of the environment."""
    for name in [name for name in os.environ if name.startswith("ILP_")]:
        monkeypatch.delenv(name)


def check(settings: Mapping[str, str], *arguments: str) -> tuple[int, list[str]]:
    """Run `check-config` of monitoring in this environment: exit code, and lines."""
    ended = CliRunner().invoke(build_cli(SERVICE), ["check-config", *arguments], env=settings)
    assert SECRET not in ended.output
    return ended.exit_code, ended.output.splitlines()


def named(lines: list[str]) -> list[str]:
    """Return the names before the colons; every line must have both languages."""
    assert all(" / " in line for line in lines), lines
    return [line.partition(":")[0] for line in lines]


@pytest.mark.parametrize("process", ["api", "worker", "command"])
def test_a_sound_environment_is_ok(process: str) -> None:
    assert check(SOUND, "--process", process) == (0, ["ok"])


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = {
        **SOUND,
        "ILP_FAILPOINT": "relay.after_send:kill:3",
        "ILP_MONITORING_DATABASE_URL": f"postgresql://ilp:{SECRET}@db:5432/ilp?sslmode=require",
        "ILP_MONITORING_MIGRATE_DATABASE_URL": f"postgresql://owner:{SECRET}@db:5432/ilp?{TLS}",
        "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "ILP_MONITORING_KAFKA_USERNAME": "",
        "ILP_MONITORING_DOCUMENTS": "true",
        "ILP_MONITORING_TRUSTED_HOSTS": "",
        "ILP_MONITORING_WAIT": "{}",
        "ILP_SCREENING_PORT": "8080",
        "ILP_RECOUNT_REGISTRY_URL": f"postgresql://ilp:{SECRET}@db:5432/ilp",
    }
    del wrong["ILP_MONITORING_KAFKA_PASSWORD"]
    code, lines = check(wrong, "--process", "api")
    assert code == 1
    assert named(lines) == [
        "ILP_FAILPOINT",
        "ILP_MONITORING_WAIT",
        "ILP_SCREENING_PORT",
        "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL",
        "ILP_MONITORING_MIGRATE_DATABASE_URL",
        "ILP_MONITORING_DOCUMENTS",
        "ILP_MONITORING_TRUSTED_HOSTS",
        "ILP_MONITORING_DATABASE_URL",
        "ILP_RECOUNT_REGISTRY_URL",
    ]
    development = {**wrong, "ILP_MONITORING_PROFILE": "development"}
    assert check(development, "--process", "api") == (0, ["ok"])


NO_ADDRESSES = pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("postgresql://ilp:a[b@db/ilp", "a[b"),
        ("postgresql://ilp:geheim\u2100x@db/ilp", "geheim"),
        ("postgresql://ilp:ab/cd@db/ilp", "cd@"),
    ],
)
NO_ADDRESS = (
    "bukan alamat: tulis karakter khusus kata sandi sebagai %XX"
    " / is no address: write special characters of the password as %XX"
)


@NO_ADDRESSES
@pytest.mark.parametrize("name", ["ILP_MONITORING_DATABASE_URL", "ILP_RECOUNT_REGISTRY_URL"])
@pytest.mark.parametrize("profile", ["production", "development"])
def test_an_address_that_is_none_is_one_line_that_does_not_show_it(
    address: str, secret: str, name: str, profile: str, secrets: Path
) -> None:
    file = secrets / "url"
    file.write_text(address)
    settings = {**SOUND, "ILP_MONITORING_PROFILE": profile}
    settings.pop(name, None)
    for variable, value in ((name, address), (f"{name}_FILE", str(file))):
        code, lines = check({**settings, variable: value}, "--process", "api")
        assert (code, lines) == (1, [f"{variable}: {NO_ADDRESS}"])
        assert secret not in lines[0]


@NO_ADDRESSES
def test_a_process_whose_address_is_none_does_not_start_and_does_not_show_it(address: str, secret: str) -> None:
    env = {**os.environ, **SOUND, "ILP_MONITORING_DATABASE_URL": address}
    command = [sys.executable, "-m", "ilp_monitoring", "worker"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == f"configuration: ILP_MONITORING_DATABASE_URL: {NO_ADDRESS}\n"
    assert secret not in ended.stdout + ended.stderr


def test_an_address_of_several_hosts_is_one() -> None:
    hosts = "db1:5432,[::1]:5433,db3"
    several = {"ILP_MONITORING_DATABASE_URL": f"postgresql://ilp:{SECRET}%5B%40@{hosts}/ilp?{TLS}"}
    assert check({**SOUND, **several}) == (0, ["ok"])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OIDC_ISSUER", "HTTP://login.example.go.id", "must be https in production"),
        ("OIDC_JWKS", "http://login.example.go.id/keys", "must be https in production"),
        ("SIGN_IN_ADDRESS", "http://ilp.example.go.id", "must be https in production"),
    ],
)
def test_what_must_be_https_is_said_in_both_languages(name: str, value: str, said: str) -> None:
    _, lines = check({**SOUND, f"ILP_MONITORING_{name}": value})
    (line,) = (line for line in lines if line.startswith(f"ILP_MONITORING_{name}:"))
    assert "harus https di profil production" in line
    assert said in line
    _, lines = check({**SOUND, f"ILP_MONITORING_{name}": value, "ILP_MONITORING_PROFILE": "development"})
    assert said not in "".join(lines)


def test_files_that_cannot_be_read_are_named_without_the_servers_that_need_them() -> None:
    code, lines = check({**SOUND, "ILP_MONITORING_KAFKA_CA_FILE": "/missing"}, "--backing")
    assert (code, named(lines)) == (1, ["ILP_MONITORING_KAFKA_CA_FILE"])


def test_the_key_of_the_development_issuer_is_a_named_file(secrets: Path) -> None:
    settings = {**SOUND, "ILP_MONITORING_PROFILE": "development"}
    missing = {"ILP_MONITORING_DEV_SESSION_KEY": str(secrets / "private.json")}
    code, lines = check({**settings, **missing})
    assert (code, named(lines)) == (1, ["ILP_MONITORING_DEV_SESSION_KEY"])
    create_issuer(secrets)
    assert check({**settings, **missing}) == (0, ["ok"])


@pytest.mark.parametrize("name", ["KAFKA_KEY_FILE", "sslkey"])
def test_a_key_that_is_encrypted_is_called_so(name: str, secrets: Path) -> None:
    signed = Authority(secrets / "certificates").sign("monitoring")
    key = load_pem_private_key(signed.key.read_bytes(), None)
    encryption = BestAvailableEncryption(SECRET.encode())
    encrypted = secrets / "encrypted"
    encrypted.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    variable, value = FILES[name]
    files = {
        "ILP_MONITORING_KAFKA_CERTIFICATE_FILE": str(signed.certificate),
        "ILP_MONITORING_KAFKA_KEY_FILE": str(signed.key),
    }
    settings = {**SOUND, **files, f"ILP_MONITORING_{variable}": value.format(encrypted)}
    code, lines = check(settings)
    assert (code, named(lines)) == (1, [f"ILP_MONITORING_{variable}"])
    assert "is encrypted: store it without a password" in lines[0]
    if name == "sslkey":
        opened = {f"ILP_MONITORING_{variable}": f"{value.format(encrypted)}&sslpassword={SECRET}"}
        assert check({**settings, **opened}) == (0, ["ok"])


def test_the_owner_s_address_is_for_commands(tmp_path: Path) -> None:
    file = tmp_path / "owner"
    file.write_text(f"postgresql://owner@db/ilp?{TLS}\n")
    with_owner = {**SOUND, "ILP_MONITORING_MIGRATE_DATABASE_URL_FILE": str(file)}
    assert check(with_owner, "--process", "command") == (0, ["ok"])
    for process in ("api", "worker"):
        code, lines = check(with_owner, "--process", process)
        assert (code, named(lines)) == (1, ["ILP_MONITORING_MIGRATE_DATABASE_URL"])


def test_an_address_in_a_file_is_checked_too(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://ilp@db:5432/ilp\n")
    settings = {**SOUND, "ILP_MONITORING_DATABASE_URL_FILE": str(file)}
    del settings["ILP_MONITORING_DATABASE_URL"]
    code, lines = check(settings)
    assert (code, named(lines)) == (1, ["ILP_MONITORING_DATABASE_URL_FILE"])
    file.write_text("postgresql://ilp@/ilp?host=/run/postgresql\n")
    assert check(settings) == (0, ["ok"])


def test_what_cannot_be_read_at_all_is_said_at_once_too() -> None:
    wrong = {
        "ILP_MONITORING_KAFKA_BOOTSTRAP": "kafka:9093",
        "ILP_MONITORING_OIDC_JWKS": "http://login.example.go.id/keys",
        "ILP_MONITORING_PORT": "many",
    }
    code, lines = check(wrong)
    assert code == 1
    assert named(lines) == [
        "ILP_MONITORING_DATABASE_URL",
        "ILP_MONITORING_PORT",
        "ILP_MONITORING_OIDC_ISSUER",
        "ILP_MONITORING_OIDC_JWKS",
        "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL",
    ]


def test_faults_of_one_setting_and_of_several_are_said_in_one_go() -> None:
    wrong = {
        **SOUND,
        "ILP_MONITORING_PORT": "many",
        "ILP_MONITORING_WAITS": '{"beat_s": -1}',
        "ILP_MONITORING_LIMITS": f"many {SECRET}",
        "ILP_MONITORING_OIDC_ISSUER": "keys-unknown",
        "ILP_MONITORING_OIDC_JWKS": "",
        "ILP_MONITORING_KAFKA_USERNAME": "",
        "ILP_MONITORING_KAFKA_KEY_FILE": "/key.pem",
        "ILP_MONITORING_SIGN_IN_SEAL_KEY": SECRET,
        "ILP_MONITORING_SIGN_IN_ADDRESS": "http://ilp.example.go.id",
        "ILP_MONITORING_DEV_SESSION_KEY": "/private.json",
        "ILP_MONITORING_TRUSTED_HOSTS": "",
        "ILP_SCREENING_PORT": "8080",
        "ILP_RECOUNT_EVERY_S": "0",
        "ILP_RECOUNT_SCREENING_URL_FILE": "/nowhere",
        "ILP_RECOUNT_REGISTRY_URL": f"postgresql://ilp:{SECRET}@db:5432/ilp",
    }
    code, lines = check(wrong, "--process", "api")
    assert named(lines) == [
        "ILP_MONITORING_WAITS",
        "ILP_MONITORING_LIMITS",
        "ILP_MONITORING_PORT",
        "ILP_MONITORING_SIGN_IN_SEAL_KEY",
        "ILP_MONITORING_OIDC_ISSUER, ILP_MONITORING_OIDC_JWKS",
        "ILP_MONITORING_KAFKA_CERTIFICATE_FILE, ILP_MONITORING_KAFKA_KEY_FILE",
        "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL, ILP_MONITORING_KAFKA_USERNAME, ILP_MONITORING_KAFKA_PASSWORD",
        "ILP_MONITORING_SIGN_IN_ADDRESS, ILP_MONITORING_OIDC_ISSUER",
        "ILP_MONITORING_SIGN_IN_ADDRESS",
        "ILP_MONITORING_DEV_SESSION_KEY",
        "ILP_RECOUNT_SCREENING_URL_FILE",
        "ILP_RECOUNT_EVERY_S",
        "ILP_SCREENING_PORT",
        "ILP_MONITORING_TRUSTED_HOSTS",
        "ILP_RECOUNT_REGISTRY_URL",
        "ILP_MONITORING_KAFKA_KEY_FILE",
        "ILP_MONITORING_DEV_SESSION_KEY",
    ]
    assert (code, "beat_s: Input should be greater than 0" in lines[0]) == (1, True)


@pytest.mark.parametrize("faulty", ["kafka", "SASL-SSL"])
def test_a_rule_about_a_faulty_setting_says_nothing(faulty: str) -> None:
    wrong = {**SOUND, "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL": faulty, "ILP_MONITORING_KAFKA_USERNAME": ""}
    code, lines = check(wrong)
    assert (code, named(lines)) == (1, ["ILP_MONITORING_KAFKA_SECURITY_PROTOCOL"])


def test_what_settings_that_do_not_fit_together_say_stops_a_start_too() -> None:
    env = {**os.environ, **SOUND, "ILP_MONITORING_PROFILE": "development", "ILP_MONITORING_KAFKA_USERNAME": ""}
    command = [sys.executable, "-m", "ilp_monitoring", "worker"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("configuration: ILP_MONITORING_KAFKA_SECURITY_PROTOCOL, ILP_MONITORING_KAFKA_USER")


FILES = {
    "OIDC_JWKS": ("OIDC_JWKS", "{}"),
    "KAFKA_CA_FILE": ("KAFKA_CA_FILE", "{}"),
    "KAFKA_CERTIFICATE_FILE": ("KAFKA_CERTIFICATE_FILE", "{}"),
    "KAFKA_KEY_FILE": ("KAFKA_KEY_FILE", "{}"),
    "sslrootcert": ("DATABASE_URL", f"postgresql://ilp:{SECRET}@db/ilp?sslmode=verify-full&sslrootcert={{}}"),
    "sslcert": ("MIGRATE_DATABASE_URL", f"postgresql://ilp:{SECRET}@db/ilp?{TLS}&sslcert={{}}"),
    "sslkey": ("DATABASE_URL", f"postgresql://ilp:{SECRET}@db/ilp?{TLS}&sslkey={{}}"),
}


@pytest.fixture
def secrets() -> Iterator[Path]:
    """Provide a folder that the test leaves nothing in: there are private keys."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("profile", ["production", "development"])
def test_a_file_that_is_named_has_to_be_there_and_to_hold_what_it_should(
    what: str, profile: str, secrets: Path
) -> None:
    signed = Authority(secrets / "certificates").sign("monitoring")
    keys = secrets / "keys.json"
    keys.write_text('{"keys": []}')
    right = {"OIDC_JWKS": keys, "KAFKA_KEY_FILE": signed.key, "sslkey": signed.key}.get(what, signed.certificate)
    name, value = FILES[what]
    settings = {
        **SOUND,
        "ILP_MONITORING_PROFILE": profile,
        "ILP_MONITORING_KAFKA_CERTIFICATE_FILE": str(signed.certificate),
        "ILP_MONITORING_KAFKA_KEY_FILE": str(signed.key),
    }
    other = secrets / "other"
    other.write_text(f"-----BEGIN {SECRET}-----")
    for path, said in ((secrets / "missing", "FileNotFoundError"), (secrets, "IsADirectoryError"), (other, "holds")):
        code, lines = check({**settings, f"ILP_MONITORING_{name}": value.format(path)})
        assert (code, named(lines)) == (1, [f"ILP_MONITORING_{name}"])
        assert said in lines[0]
        assert name != "DATABASE_URL" or what in lines[0]
    assert check({**settings, f"ILP_MONITORING_{name}": value.format(right)}) == (0, ["ok"])


@pytest.mark.parametrize("name", ["WAITS", "LIMITS", "OIDC_ROLE_NAMES"])
def test_what_should_be_json_and_is_not_is_one_line(name: str) -> None:
    code, lines = check({**SOUND, f"ILP_MONITORING_{name}": f"many {SECRET}"})
    assert (code, named(lines)) == (1, [f"ILP_MONITORING_{name}"])


def test_a_process_that_production_refuses_does_not_start() -> None:
    env = {**os.environ, **SOUND, "ILP_FAILPOINT": "relay.after_send:kill:3"}
    command = [sys.executable, "-m", "ilp_monitoring", "worker"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("configuration: ILP_FAILPOINT: hanya untuk pengujian")


def test_a_process_whose_limits_are_too_low_does_not_start() -> None:
    nowhere = {"ILP_MONITORING_DATABASE_URL": f"postgresql://ilp:{SECRET}@127.0.0.1:1/ilp?{TLS}"}
    env = {**os.environ, **SOUND, **nowhere, "ILP_MONITORING_LIVE_MAX_STREAMS": "100000000"}
    command = [sys.executable, "-m", "ilp_monitoring", "api"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert SECRET not in ended.stdout + ended.stderr
    assert ended.returncode == 1
    said = {line["event"]: line["why"] for line in map(json.loads, ended.stdout.splitlines())}
    assert said["not_started"].startswith("nofile: batas berkas terbuka")
    assert said["backing_not_checked"]
