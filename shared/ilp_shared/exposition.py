"""What one look at `/metrics` shows of a process, api or worker alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from ilp_shared import metrics
from ilp_shared.db.database import Database
from ilp_shared.settings import ServiceSettings
from ilp_shared.tls import expiry_of

_OF_ADDRESS: Final = {"sslrootcert": "postgres_ca", "sslcert": "postgres_certificate"}
"""libpq's parameters that name certificates, and how the metric calls them."""


def metrics_response(settings: ServiceSettings, database: Database, *, ready: bool) -> Response:
    """Return the metrics of this process as of now."""
    database.measure()
    metrics.READY.set(ready)
    for name, path in _certificates(settings):
        expiry = expiry_of(path, own=name.endswith("_certificate"))
        metrics.CERTIFICATE_EXPIRY.labels(name).set(expiry.timestamp() if expiry else 0)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _certificates(settings: ServiceSettings) -> Iterator[tuple[str, Path]]:
    """Yield the certificate files that the settings name; those of the system are not ours to renew."""
    if settings.kafka_security_protocol != "PLAINTEXT":
        files = {"kafka_ca": settings.kafka_ca_file, "kafka_certificate": settings.kafka_certificate_file}
        yield from ((name, path) for name, path in files.items() if path is not None)
    parameters = parse_qs(urlsplit(settings.database_url.get_secret_value()).query)
    for parameter, name in _OF_ADDRESS.items():
        if parameter in parameters and parameters[parameter][-1] != "system":
            yield name, Path(parameters[parameter][-1])
