"""An alert as pages show it, free of the database."""

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import models

from home.content.validators import web_link
from home.page_tree.addresses import site_path


class Severity(models.IntegerChoices):
    """The higher the number, the higher on the page."""

    INFORMATION = 10, "Information"
    DISRUPTION = 20, "Disruption"
    NOTABLE_DEATH = 30, "Notable death"
    EMERGENCY = 40, "Emergency"

    @classmethod
    def _missing_(cls, value):
        """Treat a severity that only a newer release knows as a disruption.

        It is the most severe that neither raises an alarm nor announces a death.
        """
        return cls.DISRUPTION

    @property
    def public_label(self) -> str:
        """The label for readers, which does not mark the notice of a death as one."""
        return "Announcement" if self is Severity.NOTABLE_DEATH else self.label


class Scope(models.TextChoices):
    SITE = "site", "On every page of the site"
    PAGES = "pages", "On the pages chosen below"


@dataclass(frozen=True)
class VisibleAlert:
    pk: int | None
    dismissal_version: int
    severity: int
    heading: str
    text: str
    link_href: str
    link_text: str
    is_dismissible: bool
    scope: str
    starts_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def build(cls, link_url: str, link_path: str | None, **values) -> "VisibleAlert":
        """Build an alert from its fields and the `url_path` of the page it links to."""
        href = site_path(link_path) if link_path else web_link(link_url)
        return cls(link_href=href, **values)

    @property
    def severity_label(self) -> str:
        return Severity(self.severity).public_label

    @property
    def severity_name(self) -> str:
        """The name in the style sheet, such as `notable-death`."""
        return Severity(self.severity).name.lower().replace("_", "-")

    @property
    def can_be_dismissed(self) -> bool:
        return self.is_dismissible and self.severity < Severity.EMERGENCY

    @property
    def dismissal_key(self) -> str:
        """The key in a visitor's cookie: this alert in this version."""
        return f"{self.pk}.{self.dismissal_version}"

    def is_current(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


# What is read of an alert to show it, besides the page it links to.
VISIBLE_FIELDS = [
    "link_url" if each.name == "link_href" else each.name
    for each in fields(VisibleAlert)
]
