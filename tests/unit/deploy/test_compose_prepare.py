"""`make compose-prepare`: what a site says is asked for once and checked; keys are made once, and lie in one place."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.compose.number_keys import lost_keys
from deploy.compose.prepare import Secrets, Site, fill, prepare, read_env, write_env
from deploy.dev.failure import StartError

KEYS = {"registry-nik-key": "registry-nik", "registry-nik-index-key": "registry-nik-index"}
STORED = {"ILP_HOST": "a.example", "OIDC_ISSUER": "https://i", "OIDC_JWKS": "https://j"}


def test_a_site_is_asked_for_once_then_kept(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="HOST, ISSUER, JWKS"):
        Site.of({}, {})
    write_env(tmp_path / ".env", {**STORED, "X": "1"})
    site = read_env(tmp_path / ".env")
    assert site["X"] == "1"
    assert Site.of({"HOST": "b.example"}, site) == Site("b.example", "https://i", "https://j")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ISSUER": "urn:ilp"}, "ISSUER: .*must be an https address"),
        ({"ISSUER": "http://i"}, "ISSUER: .*must be an https address"),
        ({"HOST": "https://a.example"}, "HOST: .*a name alone"),
        ({"HOST": "a.example:443"}, "HOST: .*a name alone"),
        ({"HOST": "ilp.example.go.id"}, "HOST: .*still the example's"),
        ({"JWKS": "http://i/keys"}, "JWKS: .*a file of keys"),
        ({"JWKS": "https://i/a b"}, "JWKS: .*a space or a quote"),
        ({"JWKS": __file__}, "JWKS: .*a file of keys"),
        ({"HOST": "a", "ISSUER": "b"}, "HOST: .*\nISSUER: "),
    ],
)
def test_a_site_that_could_not_work_is_refused(wrong: dict[str, str], said: str) -> None:
    site = {"HOST": "a.example", "ISSUER": "https://i", "JWKS": "https://i/keys"}
    assert Site.of(site, {}).host == "a.example"
    with pytest.raises(StartError, match=said):
        Site.of(site | wrong, {})


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be given to other accounts, without doing it."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.chown", lambda *_arguments: None)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Provide a folder of secrets, which does not stay behind."""
    yield tmp_path / "secrets"
    shutil.rmtree(tmp_path)


@pytest.mark.usefixtures("as_root")
def test_a_key_that_is_lost_is_not_made_again(folder: Path) -> None:
    """A site that is known, or whose keys have been made, has them."""
    write_env(folder.parent / ".env", STORED)
    with pytest.raises(StartError, match=r"registry-nik-key, registry-nik-index-key: .*take it from a key envelope"):
        prepare(folder.parent, {})
    assert not folder.exists()
    (folder.parent / ".env").unlink()
    fill(Secrets(folder), "a.example")
    (folder / "registry-nik-index-key").unlink()
    with pytest.raises(StartError, match=r"^registry-nik-index-key: "):
        prepare(folder.parent, {})


def keys_of(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8").strip() for name in KEYS}


def vault_of(folder: Path) -> dict[str, str]:
    vault: dict[str, str] = json.loads((folder / "vault.json").read_text(encoding="utf-8"))
    return vault


@pytest.mark.usefixtures("as_root")
def test_keys_are_in_their_files_alone_and_a_change_of_them_stays(folder: Path) -> None:
    fill(Secrets(folder), "a.example")
    first, vault = keys_of(folder), vault_of(folder)
    assert len(set(first.values())) == 2
    assert "postgres" in vault
    assert not {*first.values()} & {*vault.values()}
    for name in KEYS:
        (folder / name).unlink()
        (folder / name).write_text(f"changed {name}\n", encoding="utf-8")
    fill(Secrets(folder), "a.example")
    assert keys_of(folder) == {name: f"changed {name}" for name in KEYS}
    assert vault_of(folder) == vault
    files = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    assert [text for text in files if any(key in text for key in first.values())] == []


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("present", [(), tuple(KEYS), ("registry-nik-key",)], ids=len)
def test_keys_leave_a_vault_of_an_earlier_release(folder: Path, present: tuple[str, ...]) -> None:
    """They are moved to the files that are missing, and replace none that is there."""
    secrets = Secrets(folder)
    old = {name: secrets.vault.key(entry) for name, entry in KEYS.items()}
    for name in present:
        (folder / name).write_text("newer\n", encoding="utf-8")
    fill(secrets, "a.example")
    assert keys_of(folder) == {name: "newer" if name in present else old[name] for name in KEYS}
    assert not vault_of(folder).keys() & {*KEYS.values()}


@pytest.mark.usefixtures("as_root")
def test_a_key_that_only_a_vault_of_old_has_is_not_lost_unless_it_was_changed(folder: Path) -> None:
    vault = Secrets(folder).vault
    vault.key("registry-nik")
    assert lost_keys(folder) == ["registry-nik-index-key"]
    (folder / "registry-nik-key-id").write_text("1\n", encoding="utf-8")
    assert lost_keys(folder) == ["registry-nik-index-key"]
    (folder / "registry-nik-key-id").write_text("2\n", encoding="utf-8")
    assert lost_keys(folder) == ["registry-nik-key", "registry-nik-index-key"]
