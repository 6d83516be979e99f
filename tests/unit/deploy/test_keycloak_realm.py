"""The realm for Keycloak and the settings beside it fit each other: claims, addresses, keys, life of tokens.

Keycloak itself does not run here: what its mappers put into a token is computed from their settings, as its
documentation describes them.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from joserfc.jwk import ECKey
from pydantic import ValidationError

from deploy.dev.config import ROOT
from ilp_monitoring.service import SERVICE
from ilp_monitoring.settings import MonitoringSettings
from ilp_monitoring.sign_in.provider import Provider
from ilp_shared.areas import AREA_CODE
from ilp_shared.auth.claims import ClaimMapping
from ilp_shared.auth.development import create_issuer, sign
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.tokens import ALGORITHMS, TokenVerifier
from ilp_shared.problems import Unauthenticated

FOLDER = ROOT / "deploy" / "keycloak"
REALM: dict[str, Any] = json.loads((FOLDER / "realm.json").read_text())
VARIABLES = dict(
    line.split("=", 1) for line in (FOLDER / "monitoring.env").read_text().splitlines() if not line.startswith("#")
)
CLIENTS = {client["clientId"]: client for client in REALM["clients"]}
NOW = 1_800_000_000
FACILITY = "018f0000-0000-7000-8000-000000000001"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MonitoringSettings:
    """Read the settings as production does; files of secrets lie elsewhere."""
    secrets = {
        "CLIENT_KEY": ECKey.generate_key("P-256").as_pem(private=True).decode(),
        "SEAL_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    }
    for name, value in VARIABLES.items():
        if name.endswith("_FILE"):
            secret = tmp_path / "private.pem" if "CLIENT" in name else tmp_path / "private.json"
            secret.write_text(next(content for known, content in secrets.items() if known in name))
            monkeypatch.setenv(name, str(secret))
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("ILP_MONITORING_DATABASE_URL", "postgresql://x@db/x")
    monkeypatch.setenv("ILP_MONITORING_KAFKA_BOOTSTRAP", "kafka:9093")
    return MonitoringSettings()


def test_a_client_that_is_the_audience_is_refused(
    settings: MonitoringSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ILP_MONITORING_SIGN_IN_CLIENT", settings.oidc_audience)
    with pytest.raises(ValidationError, match="would pass as an access token"):
        MonitoringSettings()


def claims_of(client: str, account: dict[str, Any], token: str) -> dict[str, Any]:
    """Return what the mappers of a client's scopes put into its `access` or `id` token for an account."""
    claims: dict[str, Any] = {"iss": f"https://login.example.go.id/realms/{REALM['realm']}", "aud": [client]}
    scopes = {scope["name"]: scope for scope in REALM["clientScopes"]}
    for mapper in [m for name in CLIENTS[client]["defaultClientScopes"] for m in scopes[name]["protocolMappers"]]:
        config = mapper["config"]
        if config.get(f"{token}.token.claim") != "true":
            continue
        match mapper["protocolMapper"]:
            case "oidc-sub-mapper":
                claims["sub"] = account["id"]
            case "oidc-audience-mapper":
                claims["aud"].append(config["included.custom.audience"])
            case "oidc-usermodel-realm-role-mapper":
                _put(claims, config, ["offline_access", f"default-roles-{REALM['realm']}", *account["roles"]])
            case "oidc-usermodel-attribute-mapper":
                _put(claims, config, account["attributes"].get(config["user.attribute"], []))
            case other:
                raise AssertionError(f"{other} is not known here")
    return claims


def _put(claims: dict[str, Any], config: dict[str, str], values: list[str]) -> None:
    """Put a claim where its name leads, with dots; a single value is no list unless the mapper says so."""
    *way, name = config["claim.name"].split(".")
    for part in way:
        claims = claims.setdefault(part, {})
    if values:
        claims[name] = values if config["multivalued"] == "true" else values[0]


ACCOUNT = {
    "id": "2f0c9d1e-0000-4000-8000-000000000001",
    "roles": ["midwife"],
    "attributes": {"ilp_areas": ["13.76.01.1002", "13.76.01.1003"], "ilp_facility": [FACILITY]},
}


def _mapping(settings: MonitoringSettings) -> ClaimMapping:
    return ClaimMapping(
        settings.oidc_roles_claim,
        settings.oidc_areas_claim,
        settings.oidc_facility_claim,
        settings.oidc_role_names,
    )


@pytest.mark.parametrize("client", CLIENTS)
async def test_an_access_token_of_the_realm_names_role_areas_and_facility(
    settings: MonitoringSettings, tmp_path: Path, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_issuer(tmp_path / "keys")
    monkeypatch.setattr("time.time", lambda: NOW)
    verifier = TokenVerifier(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks=str(tmp_path / "keys" / "jwks.json"),
        longest_s=settings.longest_token_s,
        mapping=_mapping(settings),
    )
    life = {"iat": NOW, "exp": NOW + REALM["accessTokenLifespan"]}
    principal = await verifier.verify(sign(tmp_path / "keys", claims_of(client, ACCOUNT, "access") | life))
    assert principal.subject == ACCOUNT["id"]
    assert principal.roles == {Role.MIDWIFE}
    assert principal.areas == ("13.76.01.1002", "13.76.01.1003")
    assert str(principal.facility) == FACILITY
    without_area = {**ACCOUNT, "attributes": {}}
    for claims in (claims_of(client, without_area, "access"), claims_of(client, ACCOUNT, "id") | {"sub": "x"}):
        with pytest.raises(Unauthenticated):
            await verifier.verify(sign(tmp_path / "keys", claims | life))


def test_addresses_of_the_pages_client_are_those_of_the_settings(settings: MonitoringSettings) -> None:
    client, address = CLIENTS[settings.sign_in_client], settings.sign_in_address
    paths = {str(context.path) for context in iter_route_contexts(SERVICE.create_app(settings).routes)}
    assert client["redirectUris"] == [Provider(settings).callback]
    named = {
        "jwks.url": "/masuk/kunci",
        "backchannel.logout.url": "/masuk/penerbit-keluar",
        "post.logout.redirect.uris": "/keluar",
    }
    for attribute, path in named.items():
        assert client["attributes"][attribute] == address + path
    assert {*named.values(), "/masuk/kembali"} <= paths
    assert settings.oidc_issuer.endswith(f"/realms/{REALM['realm']}")


def test_clients_prove_themselves_by_keys_and_codes_need_pkce(settings: MonitoringSettings) -> None:
    for client in CLIENTS.values():
        assert client["clientAuthenticatorType"] == "client-jwt"
        assert not client["publicClient"]
        assert not client["implicitFlowEnabled"]
        assert not client["directAccessGrantsEnabled"]
        assert client["attributes"]["token.endpoint.auth.signing.alg"] in ALGORITHMS
        assert not re.search(r"[*+]", "".join(client["redirectUris"]))
        assert "secret" not in client
    assert CLIENTS[settings.sign_in_client]["attributes"]["pkce.code.challenge.method"] == "S256"
    machines = [client for client in CLIENTS.values() if client["serviceAccountsEnabled"]]
    assert machines
    assert not any(client["standardFlowEnabled"] or client["enabled"] for client in machines)


def test_lives_are_within_what_services_take(settings: MonitoringSettings) -> None:
    assert REALM["accessTokenLifespan"] <= settings.longest_token_s
    assert REALM["ssoSessionMaxLifespan"] <= settings.sign_in_absolute_s
    assert REALM["ssoSessionIdleTimeout"] >= settings.sign_in_idle_s
    assert REALM["defaultSignatureAlgorithm"] in ALGORITHMS
    assert REALM["sslRequired"] == "all"
    assert REALM["revokeRefreshToken"]
    assert not REALM["registrationAllowed"]


def test_the_realm_has_every_role_and_no_account_gives_itself_areas() -> None:
    assert {role["name"] for role in REALM["roles"]["realm"]} == {role.value for role in Role}
    component = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"][0]
    profile = json.loads(component["config"]["kc.user.profile.config"][0])
    attributes = {each["name"]: each for each in profile["attributes"]}
    for name in ("ilp_areas", "ilp_facility"):
        assert attributes[name]["permissions"]["edit"] == ["admin"]
    assert profile["unmanagedAttributePolicy"] in ("DISABLED", "ADMIN_VIEW", "ADMIN_EDIT")
    allowed = re.compile(attributes["ilp_areas"]["validations"]["pattern"]["pattern"])
    for code in ("id", "13", "13.76", "13.76.01", "13.76.01.1002"):
        assert allowed.fullmatch(code)
        assert re.fullmatch(AREA_CODE, code)
    assert not any(map(allowed.fullmatch, ("", "1", "13.7", "13.76,id", "%")))
