"""Reads the definitions in force from the package, once per process."""

from functools import cache
from importlib.resources import files

import yaml

from ilp_monitoring.indicators.schemas import Definitions

VERSION_IN_FORCE = "2026.2"


@cache
def definitions() -> Definitions:
    """Return the definitions in force; raises ValidationError when the file does not have their form."""
    content = files("ilp_monitoring.indicators").joinpath("definitions", f"{VERSION_IN_FORCE}.yaml").read_text("utf-8")
    return Definitions.model_validate(yaml.safe_load(content))
