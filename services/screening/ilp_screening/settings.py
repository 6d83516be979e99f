"""Settings of the screening service, read from `ILP_SCREENING_*`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from ilp_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Those of every service, how far back screenings may be entered, and the packs of the site."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_SCREENING_")

    back_entry_days: Annotated[int, Field(ge=1)] = 430
    """Oldest screening that may be entered, and oldest time that a correction may move one to. Design of this platform:
    a year and two months, so that the year before can still be completed. It limits new entries only: a wrong record of
    any age can be corrected in its place, or voided, and changes the numbers of its month."""
    packs_folder: Path | None = None
    """Folder with packs of the site: `<code>/<version>/pack.yaml` and `golden.yaml`. They are added to those of the
    platform, and judge from their first day on. A damaged pack stops the start."""


def packs_folder(settings: ServiceSettings) -> Path | None:
    """Return the folder with packs of the site; `settings` must be this service's."""
    assert isinstance(settings, Settings)  # noqa: S101 - narrows for the type checker
    return settings.packs_folder


def oldest_entry(settings: ServiceSettings) -> timedelta:
    """Return how long ago a screening may have been that is entered now; `settings` must be this service's."""
    assert isinstance(settings, Settings)  # noqa: S101 - narrows for the type checker
    return timedelta(days=settings.back_entry_days)
