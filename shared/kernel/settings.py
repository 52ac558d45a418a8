"""What a process is told by its environment (`LIGONG_*`, `DATABASE_URL`, `KAFKA_BOOTSTRAP_SERVERS`)."""

from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = Field(validation_alias="DATABASE_URL")
    brokers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8000, validation_alias=AliasChoices("PORT"))
    deployment: Literal["demo", "real"] = Field(validation_alias="LIGONG_DEPLOYMENT")
    internal_key: str = Field(validation_alias="LIGONG_INTERNAL_KEY", min_length=32)
    vault_key: str = Field("", validation_alias="LIGONG_VAULT_KEY")
    vault_url: str = Field("", validation_alias="LIGONG_VAULT_URL")
    clock_url: str = Field("", validation_alias="LIGONG_CLOCK_URL")
    registration_url: str = Field("", validation_alias="LIGONG_REGISTRATION_URL")
    activity_url: str = Field("", validation_alias="LIGONG_ACTIVITY_URL")
    scoring_url: str = Field("", validation_alias="LIGONG_SCORING_URL")
    scoring_worker_url: str = Field("", validation_alias="LIGONG_SCORING_WORKER_URL")
    notification_url: str = Field("", validation_alias="LIGONG_NOTIFICATION_URL")
    feeds_url: str = Field("", validation_alias="LIGONG_FEEDS_URL")
    fonts: str = Field("", validation_alias="LIGONG_FONTS")  # a folder of fonts that documents prefer
    smtp_url: str = Field("", validation_alias="SMTP_URL")

    def owner_of(self, topic: str) -> str:
        """Base URL of the service whose log a topic carries."""
        return {
            "ligong.registration": self.registration_url,
            "ligong.activity": self.activity_url,
            "ligong.inspection": self.activity_url,
            "ligong.feeds": self.feeds_url,
        }[topic]
