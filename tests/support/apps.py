"""Under its former name, until every service's tests import `tests.support.api`."""

from tests.support.api import Issuer, listening, running_api

__all__ = ["Issuer", "listening", "running_api"]
