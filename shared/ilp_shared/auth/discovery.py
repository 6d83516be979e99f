"""OpenID Connect Discovery 1.0: where an issuer signs accounts in, gives tokens and publishes its keys."""

from typing import Final

import httpx2
from pydantic import ValidationError

from ilp_shared.models import Frozen

WELL_KNOWN: Final = "/.well-known/openid-configuration"


class ProviderMetadata(Frozen):
    """What of an issuer's metadata this platform uses; endpoints of a https issuer are https."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None = None
    revocation_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Every address in it."""
        each = (self.jwks_uri, self.authorization_endpoint, self.token_endpoint)
        return (*each, *filter(None, (self.end_session_endpoint, self.revocation_endpoint)))


async def discover(client: httpx2.AsyncClient, issuer: str) -> ProviderMetadata:
    """Return an issuer's metadata; raises ValueError for what is not its own, httpx2.HTTPError out of reach."""
    response = await client.get(issuer.rstrip("/") + WELL_KNOWN)
    response.raise_for_status()
    return metadata_of(response.json(), issuer)


def metadata_of(document: object, issuer: str) -> ProviderMetadata:
    """Return the metadata in a document; raises ValueError where it names another issuer or an unsafe endpoint."""
    if not isinstance(document, dict):
        raise TypeError("metadata")
    known = {name: value for name, value in document.items() if name in ProviderMetadata.model_fields}
    try:
        metadata = ProviderMetadata.model_validate(known)
    except ValidationError:
        raise ValueError("metadata") from None
    if metadata.issuer != issuer:
        raise ValueError("the metadata are those of another issuer")
    schemes = ("https://",) if issuer.startswith("https://") else ("https://", "http://")
    if not all(endpoint.startswith(schemes) for endpoint in metadata.endpoints):
        raise ValueError("an endpoint is not https")
    return metadata
