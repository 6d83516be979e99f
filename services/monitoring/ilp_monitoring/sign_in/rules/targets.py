"""Where a sign-in leads when it is done: a page of this service, and nowhere else."""

import re
from typing import Final

HOME: Final = "wilayah"
_PAGE: Final = re.compile(r"wilayah(/[A-Za-z0-9.]{1,40})?(\?[A-Za-z0-9=&._%+-]{0,300})?")


def page_of(asked: str) -> str:
    """Return the page asked for, relative to the root of this service; the home page for what is none."""
    return asked if _PAGE.fullmatch(asked) else HOME
