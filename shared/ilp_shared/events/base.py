"""The base of event payloads."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """Payload of one event type. Nothing in it identifies a person beyond a random `person_id`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]
    """`ilp.<domain>.<past-tense>.v<major>`"""
