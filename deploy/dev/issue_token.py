"""`make token ROLE=… AREA=…`: a development token on stdout, and nothing else.

AREA takes one area code or several with commas; operator and analyst may leave it out (the nation).
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
from collections.abc import Sequence

from deploy.dev.config import ROOT, Config
from deploy.dev.display import answered, complain
from deploy.dev.environment import issuer_with_address
from ilp_shared.areas import AREA_CODE, NATION, village_of
from ilp_shared.auth.development import issue_token
from ilp_shared.auth.permissions import Role

ROLES = tuple(role.value for role in Role)
_REGIONS = ROOT / "services/registry/ilp_registry/reference/regions.csv.gz"
NATIONWIDE = {Role.OPERATOR.value: NATION, Role.ANALYST.value: NATION}


def unknown(areas: Sequence[str]) -> list[str]:
    """Return the areas that are not in the public list; below a village, its village counts. The nation is in it."""
    with gzip.open(_REGIONS, "rt", encoding="utf-8") as file:
        listed = {line.partition(",")[0] for line in file} | {NATION}
    return [code for code in areas if village_of(code) not in listed]


def main(arguments: list[str] | None = None) -> int:
    """Print a token; return 1 after one line for an unknown role or an unwritable folder."""
    parser = argparse.ArgumentParser(description="development token")
    parser.add_argument("--role", default="")
    parser.add_argument("--area", default="")
    chosen = parser.parse_args(arguments)
    if chosen.role not in ROLES:
        complain(f"ROLE harus salah satu dari / must be one of: {' '.join(ROLES)}")
        return 1
    return answered(lambda: _issue(chosen.role, chosen.area))


def _issue(role: str, area: str) -> int:
    issuer = issuer_with_address(Config.from_environment())
    areas = [code for code in (area or NATIONWIDE.get(role, "")).split(",") if code]
    if not areas or not all(re.fullmatch(AREA_CODE, code) for code in areas):
        complain("AREA harus kode wilayah, mis. 13.76, atau id / must be an area code, e.g. 13.76, or id")
        return 1
    for code in unknown(areas):
        complain(f"peringatan: wilayah {code} tidak ada dalam daftar wilayah / warning: no area {code} is listed")
    print(issue_token(issuer, role=role, areas=areas))
    return 0


if __name__ == "__main__":
    sys.exit(main())
