"""A sentence in the two languages users read: Indonesian first, English second."""

from typing import Literal, NamedTuple

Language = Literal["id", "en"]


class Text(NamedTuple):
    """The same sentence in Indonesian (`id`) and English (`en`)."""

    id: str
    en: str

    def pick(self, language: Language) -> str:
        """Return the sentence in one language."""
        return self.en if language == "en" else self.id


def preferred_language(accept_language: str | None) -> Language:
    """Read an Accept-Language header: English only when it ranks above Indonesian, Indonesian otherwise."""
    for part in (accept_language or "").lower().split(","):
        tag = part.split(";")[0].strip()[:2]
        if tag in ("id", "in"):
            return "id"
        if tag == "en":
            return "en"
    return "id"
