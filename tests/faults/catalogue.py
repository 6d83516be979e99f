"""The whole list of faults: imports every module that adds to it. Whoever adds a module names it here."""

from tests.faults import process_faults
from tests.faults.fault import FAULTS

__all__ = ["FAULTS", "process_faults"]
