"""`make compose-prepare`: what a site says is asked for once and checked; keys are made once, and lie in one place."""

import json
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.compose import alerting
from deploy.compose.authority import Authority
from deploy.compose.number_keys import lost_keys
from deploy.compose.prepare import (
    ALERTMANAGER,
    POSTGRES,
    PROCESS,
    Secrets,
    Site,
    certificates,
    fill,
    image_variable,
    prepare,
    read_env,
    write_env,
)
from deploy.dev.failure import StartError
from deploy.images.pins import catalogue
from tests.architecture.sources import ROOT
from tests.support.certificates import Authority as SiteAuthority

KEYS = {"registry-nik-key": "registry-nik", "registry-nik-index-key": "registry-nik-index"}
RETIRED, NUMBER = "registry-nik-retired-keys", "registry-nik-key-id"
GIVEN = {"HOST": "a.test", "ISSUER": "https://i", "JWKS": "https://j"}
HOOK = "https://hooks.test/a?token=b"
PINS = {name: f"{name}@sha256:{'0a1b2c3d' * 8}" for name in catalogue("compose")}
STORED = {"ILP_HOST": "a.test", "OIDC_ISSUER": "https://i", "OIDC_JWKS": "https://j"}


def test_a_site_is_asked_for_once_then_kept(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="HOST, ISSUER, JWKS"):
        Site.of({}, {})
    write_env(tmp_path / ".env", {**STORED, "X": "1"})
    site = read_env(tmp_path / ".env")
    assert site["X"] == "1"
    assert Site.of({"HOST": "b.test"}, site) == Site("b.test", "https://i", "https://j")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ISSUER": "urn:ilp"}, "ISSUER: .*must be an https address"),
        ({"ISSUER": "http://i"}, "ISSUER: .*must be an https address"),
        ({"HOST": "https://a.test"}, "HOST: .*a name alone"),
        ({"HOST": "a.test:443"}, "HOST: .*a name alone"),
        ({"HOST": "ilp.example.go.id"}, "HOST: .*still the example's"),
        ({"HOST": "ilp.dinas.example"}, "HOST: .*still the example's"),
        ({"JWKS": "http://i/keys"}, "JWKS: .*a file of keys"),
        ({"JWKS": "https://i/a b"}, "JWKS: .*a space or a quote"),
        ({"JWKS": __file__}, "JWKS: .*a file of keys"),
        ({"HOST": "a", "ISSUER": "b"}, "HOST: .*\nISSUER: "),
    ],
)
def test_a_site_that_could_not_work_is_refused(wrong: dict[str, str], said: str) -> None:
    site = {"HOST": "a.test", "ISSUER": "https://i", "JWKS": "https://i/keys"}
    assert Site.of(site, {}).host == "a.test"
    with pytest.raises(StartError, match=said):
        Site.of(site | wrong, {})


def test_the_example_of_the_page_is_refused_for_what_is_its_own() -> None:
    page = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"`make compose-prepare ([A-Z]\S+ \S+ \S+)`", page)
    with pytest.raises(StartError) as refused:
        Site.of(dict(word.split("=", 1) for word in command.split()), {})
    said = [line.partition(":")[0] for line in str(refused.value).splitlines() if "still the example's" in line]
    assert said == ["HOST", "ISSUER", "JWKS"]


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Let files be given to other accounts, without doing it; by name, to whom."""
    owners: dict[str, int] = {}
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.chown", lambda path, owner, _group: owners.update({path.name: owner}))
    return owners


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every image be pinned."""
    monkeypatch.setattr("deploy.compose.prepare.read_pins", lambda _use: PINS)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Provide a folder of secrets, which does not stay behind."""
    yield tmp_path / "secrets"
    shutil.rmtree(tmp_path)


@pytest.mark.usefixtures("pinned")
def test_an_installation_is_prepared_and_stays_as_it_was_said(folder: Path, as_root: dict[str, int]) -> None:
    site, elsewhere = folder.parent, folder.parent / "disk" / "ilp"
    (site / ".env").write_text(f"# of the site\nALERT_PAGE={HOOK}\nILP_BACKUP={elsewhere}\n", encoding="utf-8")
    (site / ".env.new").touch(mode=0o644)  # of a run that was cut
    prepare(site, {**GIVEN, "ILP_HTTPS_PORT": "8443"})
    variables = read_env(site / ".env")
    assert variables.items() >= {image_variable(name): image for name, image in PINS.items()}.items()
    rest = {name: value for name, value in variables.items() if not name.endswith("_IMAGE")}
    assert len({rest.pop("ILP_BUILD"), rest.pop("KAFKA_CLUSTER_ID")} - {""}) == 2
    assert rest == {
        **{"ALERT_PAGE": HOOK, "ILP_HTTPS_PORT": "8443", "ILP_HOST": "a.test", "ILP_ADDRESS": "https://a.test:8443"},
        **{"OIDC_ISSUER": "https://i", "OIDC_JWKS": "https://j", "ILP_SECRETS": str(folder)},
        **{"ILP_BACKUP": str(elsewhere), "ILP_METRICS": str(site / "metrics"), "ILP_LOST": str(site / "lost")},
    }
    assert stat.S_IMODE((site / ".env").stat().st_mode) == 0o600
    assert (folder / "alertmanager.yml").read_text(encoding="utf-8") == alerting.configuration({"ALERT_PAGE": HOOK})
    made = {elsewhere: (POSTGRES, 0o700), site / "metrics": (POSTGRES, 0o755), site / "lost": (PROCESS, 0o700)}
    assert {path: (as_root[path.name], stat.S_IMODE(path.stat().st_mode)) for path in made} == made
    assert as_root[".alertmanager.yml"] == ALERTMANAGER
    assert not (site / "backup").exists()
    first = keys_of(folder)
    prepare(site, {})
    assert (read_env(site / ".env"), keys_of(folder)) == (variables, first)


@pytest.mark.usefixtures("as_root", "pinned")
@pytest.mark.parametrize("wrong", [{"ILP_HTTPS_PORT": "0"}, {"ALERT_PAGE": "ftp://a"}, {"ALERT_TICKET": HOOK}], ids=str)
def test_nothing_is_made_for_a_site_that_could_not_work(folder: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(StartError):
        prepare(folder.parent, GIVEN | wrong)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.usefixtures("as_root", "pinned")
def test_a_key_that_is_lost_is_not_made_again(folder: Path) -> None:
    """A site that is known, or whose keys have been made, has them, their number and the retired ones."""
    write_env(folder.parent / ".env", STORED)
    with pytest.raises(StartError, match=f"^{', '.join((*KEYS, RETIRED, NUMBER))}: .*take it from a key envelope"):
        prepare(folder.parent, {})
    assert not folder.exists()
    fill(Secrets(folder), "a.test")
    for lost in ([name] for name in (*KEYS, RETIRED, NUMBER)):
        refused_without(folder, lost)
    refused_without(folder, [RETIRED, NUMBER])
    (folder.parent / ".env").unlink()
    for lost in ([name] for name in (*KEYS, RETIRED)):
        refused_without(folder, lost)


def refused_without(folder: Path, lost: list[str]) -> None:
    """Take files away, see that they are not made again, and put them back."""
    contents = {name: (folder / name).read_bytes() for name in lost}
    for name in lost:
        (folder / name).unlink()
    with pytest.raises(StartError, match=f"^{', '.join(lost)}: .*take it from a key envelope"):
        prepare(folder.parent, GIVEN)
    assert not [name for name in lost if (folder / name).exists()]
    for name, content in contents.items():
        (folder / name).write_bytes(content)


@pytest.mark.usefixtures("as_root", "pinned")
@pytest.mark.parametrize(
    "unwritten", [(NUMBER,), (NUMBER, RETIRED), (NUMBER, RETIRED, "registry-nik-index-key")], ids=len
)
def test_a_first_preparation_that_was_cut_goes_on(folder: Path, unwritten: tuple[str, ...]) -> None:
    fill(Secrets(folder), "a.test")
    first = keys_of(folder)
    for name in unwritten:
        (folder / name).unlink()
    prepare(folder.parent, GIVEN)
    assert {name: key for name, key in keys_of(folder).items() if name not in unwritten}.items() <= first.items()
    assert [(folder / name).read_text(encoding="utf-8") for name in (NUMBER, RETIRED)] == ["1\n", "{}\n"]


@pytest.mark.usefixtures("as_root", "pinned")
def test_a_damaged_vault_says_how_to_mend_it_here(folder: Path) -> None:
    folder.mkdir()
    (folder / "vault.json").write_text("{", encoding="utf-8")
    write_env(folder.parent / ".env", STORED)
    with pytest.raises(StartError, match=r"vault\.json rusak / is damaged: .* / put a copy of it back") as refused:
        prepare(folder.parent, {})
    assert "make clean" not in str(refused.value)


@pytest.mark.usefixtures("as_root", "pinned")
@pytest.mark.parametrize("left", [None, "", "{", "{}"])
def test_no_passwords_are_made_beside_the_files_of_a_lost_vault(folder: Path, left: str | None) -> None:
    """New ones would not be those of the database; without those files they are wanted."""
    prepare(folder.parent, GIVEN)
    (folder / "vault.json").unlink()
    if left is not None:
        (folder / "vault.json").write_text(left, encoding="utf-8")
    before = contents_of(folder)
    with pytest.raises(StartError, match=r"vault\.json (hilang|rusak) .* / put a copy of it back") as refused:
        prepare(folder.parent, {})
    assert "\n" not in str(refused.value)
    assert contents_of(folder) == before
    removed = re.search(r"remove it and (.*) beside it", str(refused.value))
    assert removed is not None
    for path in [path for pattern in removed[1].split() for path in folder.glob(pattern)]:
        path.unlink()
    (folder / "vault.json").unlink(missing_ok=True)
    rest = contents_of(folder)
    assert not [name for name, content in rest.items() if b"postgresql://" in content or b"PASSWORD" in content]
    prepare(folder.parent, {})
    after = contents_of(folder)
    assert after.keys() == {*before, "vault.json"}
    assert rest.items() <= after.items()


@pytest.mark.usefixtures("as_root", "pinned")
@pytest.mark.parametrize("lost", [("ca.key",), ("ca.key", "ca.crt")], ids=str)
def test_a_new_authority_signs_again_what_the_lost_one_signed(
    folder: Path, capsys: pytest.CaptureFixture[str], lost: tuple[str, ...]
) -> None:
    prepare(folder.parent, GIVEN)
    other = Authority(folder.parent / "other.crt", folder.parent / "other.key")
    own = SiteAuthority(folder.parent / "site").sign("gateway", "a.test")
    (folder / "operator.crt").unlink()
    (folder / "operator.crt").write_bytes(other.sign("operator").certificate)  # of an earlier loss
    for name, file in (("gateway.crt", own.certificate), ("gateway.key", own.key)):
        (folder / name).unlink()
        shutil.copy(file, folder / name)
    for name in lost:
        (folder / name).unlink()
    capsys.readouterr()
    prepare(folder.parent, {})
    said = capsys.readouterr().out
    ours = [certificate.files for certificate in certificates("a.test") if certificate.name != "gateway"]
    authority = Authority(folder / "ca.crt", folder / "ca.key")
    assert [files for files in ours if not authority.has_signed((folder / files[0]).read_bytes())] == []
    assert f"signed again: {', '.join(files[0] for files in ours)}; " in said
    assert "restart all containers" in said
    assert (folder / "gateway.crt").read_bytes() == own.certificate.read_bytes()
    assert (folder / "gateway.key").read_bytes() == own.key.read_bytes()
    prepare(folder.parent, {})
    assert "signed again" not in capsys.readouterr().out


@pytest.mark.usefixtures("as_root", "pinned")
@pytest.mark.parametrize("left", [None, b"", "another"], ids=str)
def test_the_certificate_of_the_authority_follows_from_its_key(
    folder: Path, capsys: pytest.CaptureFixture[str], left: str | bytes | None
) -> None:
    """What the key has signed stays valid, so nothing is signed again."""
    prepare(folder.parent, GIVEN)
    signed = {name: content for name, content in contents_of(folder).items() if name.endswith((".pem", ".crt"))}
    del signed["ca.crt"]
    (folder / "ca.crt").unlink()
    if left == "another":
        Authority(folder / "ca.crt", folder.parent / "another.key")
    elif isinstance(left, bytes):
        (folder / "ca.crt").write_bytes(left)
    prepare(folder.parent, {})
    assert "signed again" not in capsys.readouterr().out
    assert signed.items() <= contents_of(folder).items()
    assert stat.S_IMODE((folder / "ca.crt").stat().st_mode) == 0o444
    authority = Authority(folder / "ca.crt", folder / "ca.key")
    assert all(authority.has_signed(content) for name, content in signed.items() if name != "sign-in-client.pem")


@pytest.mark.usefixtures("as_root", "pinned")
def test_a_damaged_key_of_the_authority_is_one_line(folder: Path) -> None:
    prepare(folder.parent, GIVEN)
    (folder / "ca.key").write_bytes(b"")
    with pytest.raises(StartError, match=r"ca\.key rusak / is damaged: .* remove it and repeat"):
        prepare(folder.parent, {})


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def keys_of(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8").strip() for name in KEYS}


def vault_of(folder: Path) -> dict[str, str]:
    vault: dict[str, str] = json.loads((folder / "vault.json").read_text(encoding="utf-8"))
    return vault


@pytest.mark.usefixtures("as_root")
def test_keys_are_in_their_files_alone_and_a_change_of_them_stays(folder: Path) -> None:
    fill(Secrets(folder), "a.test")
    first, vault = keys_of(folder), vault_of(folder)
    assert len(set(first.values())) == 2
    assert "postgres" in vault
    assert not {*first.values()} & {*vault.values()}
    for name in KEYS:
        (folder / name).unlink()
        (folder / name).write_text(f"changed {name}\n", encoding="utf-8")
    fill(Secrets(folder), "a.test")
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
    fill(secrets, "a.test")
    assert keys_of(folder) == {name: "newer" if name in present else old[name] for name in KEYS}
    assert not vault_of(folder).keys() & {*KEYS.values()}


@pytest.mark.usefixtures("as_root")
def test_a_key_that_only_a_vault_of_old_has_is_not_lost_unless_it_was_changed(folder: Path) -> None:
    vault = Secrets(folder).vault
    vault.key("registry-nik")
    assert lost_keys(folder) == ["registry-nik-index-key", RETIRED, NUMBER]
    vault.key("registry-nik-index")
    assert lost_keys(folder) == []
    (folder / "registry-nik-key").write_text("changed\n", encoding="utf-8")
    assert lost_keys(folder) == [RETIRED, NUMBER]
    (folder / "registry-nik-key").unlink()
    (folder / NUMBER).write_text("1\n", encoding="utf-8")
    assert lost_keys(folder) == [RETIRED]
    (folder / NUMBER).write_text("2\n", encoding="utf-8")
    assert lost_keys(folder) == [*KEYS, RETIRED]
