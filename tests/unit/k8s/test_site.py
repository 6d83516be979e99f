"""What a site says is checked before anything is rendered; what passes, the rules and production's checks accept."""

import json
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.dev.settings_table import services
from deploy.k8s.objects import Rendering
from deploy.k8s.render import EXAMPLE, main, render
from deploy.k8s.rules import faults_of as faults_of_rendering
from deploy.site import CHECKS, faults_of, faults_of_file
from tests.unit.k8s.environments import examined_in, pod_of
from tests.unit.k8s.renderings import PINS, PRESETS

GOOD = {
    "host": "ilp.dinas.test",
    "oidc-issuer": "https://masuk.dinas.test/realms/ilp",
    "oidc-jwks": "https://masuk.dinas.test/realms/ilp/certs",
    "oidc-roles-claim": "realm_access.roles",
    "oidc-areas-claim": "ilp_areas",
    "oidc-facility-claim": "ilp_facility",
    "sign-in-address": "https://ilp.dinas.test/monitoring",
    "sign-in-client": "ilp-pages",
    "gateway-class": "traefik",
    "certificate-issuer": "letsencrypt",
    "storage-class": "local-path",
    "prometheus": "http://prometheus-operated.monitoring.svc:9090",
    "issuer-cidr": "10.0.9.30/32",
    "api-server-cidr": "10.0.0.10/32",
    "backup-cidr": "10.0.9.0/24",
}
ALSO_GOOD = {
    "host": ("a.b", "ilp2.dinas-kesehatan.test", "1.test"),
    "oidc-issuer": ("https://i", "https://10.1.2.3:8443/", "https://[::1]/ilp"),
    "oidc-jwks": ("https://i/keys?p=1",),
    "sign-in-client": ("pages",),
    "sign-in-address": ("https://ilp.dinas.test:8443/monitoring",),
    "prometheus": ("https://prometheus/api",),
    "backup-cidr": ("fd00:1::/64", "10.4.0.0/16"),
}
BAD = [
    ("host", "", "is empty: fill it in"),
    ("host", "https://ilp.dinas.test", "a name alone"),
    ("host", "ilp.dinas.test:443", "a name alone"),
    ("host", "ILP.dinas.test", "in small letters"),
    ("host", "localhost", "a name alone"),
    ("host", "10.0.0.5", "a name alone"),
    ("host", "ilp.example.go.id", "still the example's"),
    ("host", "ilp.dinas.example", "still the example's"),
    ("host", '"ilp.dinas.test"', "a space or a quote"),
    ("host", "ilp.dinas.test ", "a space or a quote"),
    ("host", f"{'a' * 64}.test", "a name alone"),
    ("oidc-issuer", "http://masuk.dinas.test/realms/ilp", "an https address"),
    ("oidc-issuer", "masuk.dinas.test", "an https address"),
    ("oidc-issuer", "https://masuk.dinas.test/?realm=ilp", "an https address"),
    ("oidc-issuer", "https://someone:password@masuk.dinas.test", "without a password"),
    ("oidc-issuer", "https://masuk.dinas.test:x/", "an https address"),
    ("oidc-issuer", "https://masuk.example.go.id/realms/ilp", "still the example's"),
    ("oidc-issuer", "https://login.example/realms/ilp", "still the example's"),
    ("oidc-jwks", "/run/keys.json", "an https address"),
    ("oidc-jwks", "https://MASUK.example.go.id/keys", "still the example's"),
    ("oidc-roles-claim", "", "is empty"),
    ("oidc-areas-claim", "ilp areas", "a space or a quote"),
    ("sign-in-address", "https://other.dinas.test/monitoring", "must be https://<host>/monitoring"),
    ("sign-in-address", "https://ilp.dinas.test", "must be https://<host>/monitoring"),
    ("sign-in-address", "https://ilp.dinas.test/monitoring/", "must be https://<host>/monitoring"),
    ("sign-in-address", "http://ilp.dinas.test/monitoring", "an https address"),
    ("sign-in-client", "ilp", "the audience of tokens"),
    ("gateway-class", "Traefik", "the name of a resource"),
    ("certificate-issuer", "lets_encrypt", "the name of a resource"),
    ("storage-class", "", "is empty"),
    ("prometheus", "prometheus:9090", "must be an address"),
    ("issuer-cidr", "10.0.9.30", "must be a CIDR"),
    ("issuer-cidr", "masuk.dinas.test", "must be a CIDR"),
    ("issuer-cidr", "198.51.100.30/32", "still the example's"),
    ("api-server-cidr", "10.0.0.10/24", "write 10.0.0.0/24, or 10.0.0.10/32 for one machine"),
    ("backup-cidr", "10.0.9.0/255.255.255.0", "write 10.0.9.0/24"),
]
UNREADABLE = [
    ("oidc-isuer=x", "oidc-isuer", "did you mean oidc-issuer?"),
    ("OIDC_ISSUER=x", "OIDC_ISSUER", "did you mean oidc-issuer?"),
    ("password=x", "password", "is no key of a site: remove it"),
    ("host", "host", "a line without ="),
    ("host =ilp.dinas.test", "host", "a space or a quote"),
]


def text_of(values: Mapping[str, str]) -> str:
    return "# of a site\n\n" + "".join(f"{key}={value}\n" for key, value in values.items())


def test_a_good_site_has_no_fault() -> None:
    assert faults_of_file(text_of(GOOD)) == []
    for key, values in ALSO_GOOD.items():
        for value in values:
            same = {"sign-in-address": f"https://{value}/monitoring"} if key == "host" else {}
            assert faults_of({**GOOD, key: value, **same}) == [], value


@pytest.mark.parametrize(("key", "value", "said"), BAD)
def test_a_bad_value_is_one_line_that_names_its_key(key: str, value: str, said: str) -> None:
    (fault,) = faults_of_file(text_of({**GOOD, key: value}))
    assert fault.where == key
    assert said in str(fault)
    assert "someone" not in str(fault)


@pytest.mark.parametrize(("line", "key", "said"), UNREADABLE)
def test_a_line_that_gives_no_key_its_value_is_named(line: str, key: str, said: str) -> None:
    rest = {other: value for other, value in GOOD.items() if other != key}
    faults = faults_of_file(text_of(rest) + line + "\n")
    assert (faults[0].where, said in str(faults[0])) == (key, True)
    assert {each.where for each in faults} == {key}


def test_each_key_is_needed_once() -> None:
    for key in CHECKS:
        lacking = {other: value for other, value in GOOD.items() if other != key}
        assert [(each.where, "is missing" in str(each)) for each in faults_of_file(text_of(lacking))] == [(key, True)]
    (fault,) = faults_of_file(text_of(GOOD) + "host=other.dinas.test\n")
    assert (fault.where, "twice" in str(fault)) == ("host", True)


def test_the_example_has_every_key_and_is_refused_for_what_is_its_own() -> None:
    faults = faults_of_file(EXAMPLE.read_text(encoding="utf-8"))
    assert {each.where for each in faults} == {
        *("host", "oidc-issuer", "oidc-jwks", "sign-in-address", "issuer-cidr", "api-server-cidr", "backup-cidr")
    }
    assert {"still the example's" in str(each) for each in faults} == {True}


def test_nothing_is_rendered_for_a_site_with_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site.env"
    for text in (text_of({**GOOD, "host": ""}), text_of({**GOOD, "hots": "x"})):
        site.write_text(text, encoding="utf-8")
        assert main(["dinas", "--output", str(tmp_path / "out"), "--site", str(site)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("site.env: ho")
    assert main(["dinas", "--output", str(tmp_path / "out"), "--site", str(tmp_path / "none.env")]) == 1
    assert "site" not in {path.name for path in tmp_path.iterdir()} - {"site.env"}
    assert not (tmp_path / "out").exists()


def test_a_good_site_is_rendered_and_has_to_keep_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.env").write_text(text_of(GOOD), encoding="utf-8-sig", newline="\r\n")  # as Windows has it
    (tmp_path / "pins.json").write_text(json.dumps(PINS), encoding="utf-8")
    common = ["dinas", "--output", str(tmp_path), "--pins"]
    assert main([*common, str(tmp_path / "none.json")]) == 0
    assert "not to be applied" in capsys.readouterr().out
    assert main([*common, str(tmp_path / "none.json"), "--site", str(tmp_path / "site.env")]) == 1
    assert "has no digest" in capsys.readouterr().err
    assert main([*common, str(tmp_path / "pins.json"), "--site", str(tmp_path / "site.env")]) == 0
    assert "not to be applied" not in capsys.readouterr().out


@pytest.mark.parametrize("preset", PRESETS)
def test_a_good_site_keeps_the_rules(preset: str, tmp_path: Path) -> None:
    site = tmp_path / "site.env"
    site.write_text(text_of(GOOD), encoding="utf-8")
    assert faults_of_rendering(Rendering.read(render(preset, site, PINS))) == []


def test_what_passes_is_accepted_by_production(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites by seed, each with some values that were good or bad above: those without a fault start every process."""
    pool = {key: [GOOD[key], *ALSO_GOOD.get(key, ())] for key in GOOD}
    for key, value, _said in BAD:
        pool[key].append(value)
    draw, passed, refused = random.Random(1), 0, 0
    while passed < 12:
        changed = draw.sample(sorted(pool), 3)
        site = {**GOOD, **{key: draw.choice(pool[key]) for key in changed}}
        if faults_of(site):
            refused += 1
            continue
        passed += 1
        for service in services():
            for part in ("api", "worker"):
                pod = pod_of("dinas", service.name, part)
                settings, faults = examined_in(pod, service.name, part, secrets, monkeypatch, site)
                assert (faults, settings is None) == ([], False), changed
    assert refused > passed
