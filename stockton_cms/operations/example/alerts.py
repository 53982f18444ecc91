"""The example's alerts: one that is shown, one to come, one that is over."""

from datetime import datetime, timedelta

from community.models import AlertScope, AlertSnippet
from community.models.alerts import Scope, Severity
from home.pages import BasePage
from stockton_cms.operations.example.writing import PHONE, html


def publish_alerts(pages: dict[str, BasePage], now: datetime) -> None:
    """Make and publish the alerts; `pages` are the example's pages by slug."""
    for alert in (_live(pages, now), _scheduled(pages, now), _ended(now)):
        alert.live = False
        alert.save()
        alert.save_revision().publish()


def _live(pages: dict[str, BasePage], now: datetime) -> AlertSnippet:
    return AlertSnippet(
        severity=Severity.DISRUPTION,
        heading="Coronavirus is disrupting some services",
        text=html("Please check the page about a service before you use it."),
        link_text="See what has changed",
        link_page=pages["changes-to-our-services"],
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=60),
    )


def _scheduled(pages: dict[str, BasePage], now: datetime) -> AlertSnippet:
    alert = AlertSnippet(
        severity=Severity.INFORMATION,
        heading="Our food help phone line will close for a day",
        text=html(f"The line {PHONE} will be closed while we train new staff."),
        scope=Scope.PAGES,
        starts_at=now + timedelta(days=14),
        ends_at=now + timedelta(days=15),
    )
    alert.scopes = [AlertScope(page=pages["food-banks-and-community-pantries"])]
    return alert


def _ended(now: datetime) -> AlertSnippet:
    return AlertSnippet(
        severity=Severity.INFORMATION,
        heading="Our phone lines were busy",
        text=html("Our phone lines were very busy. You could write to us instead."),
        starts_at=now - timedelta(days=5),
        ends_at=now - timedelta(days=3),
    )
