"""A sentence in the two languages users read: Indonesian first, English second."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

Language = Literal["id", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """Kalimat yang sama dalam dua bahasa.

    The same sentence in Indonesian (`id`) and English (`en`); on the wire and in YAML `{"id": …, "en": …}`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    id: str
    """Kalimat bahasa Indonesia / sentence in Indonesian"""
    en: str
    """Kalimat bahasa Inggris / sentence in English"""

    def pick(self, language: Language) -> str:
        """Return the sentence in one language."""
        return self.en if language == "en" else self.id

    def format(self, **values: object) -> "Text":
        """Return the sentence with its `{placeholders}` filled in both languages."""
        return Text(self.id.format(**values), self.en.format(**values))

    @property
    def both(self) -> str:
        """Both languages in one line, for terminals and reports."""
        return f"{self.id} / {self.en}"


def preferred_language(accept_language: str | None) -> Language:
    """Return the language of an Accept-Language header: English only when it ranks above Indonesian."""
    for part in (accept_language or "").lower().split(","):
        tag = part.split(";")[0].strip()[:2]
        if tag in ("id", "in"):
            return "id"
        if tag == "en":
            return "en"
    return "id"
