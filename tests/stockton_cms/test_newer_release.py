"""A release goes on with what a newer one, or one taken back, has written (ADR 26)."""

import json
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, Revision
from wagtail.test.utils.form_data import rich_text

from community.models import (
    AlertHistoryEntry,
    AlertSnippet,
    PolicyUpdatePage,
    Subscriber,
    UpdateEvent,
)
from home.models import SiteSettings
from search.feedback.models import FeedbackAction
from tests.community.policies import published_versions
from tests.community.policies.published_versions import (
    publish_twice_as_recorded,
)
from tests.factories import AlertFactory, EnquiryFactory, PolicyUpdatePageFactory

MENU_ADDRESS = re.compile(r'"url": "(/admin/[^"]*)"')
OURS = {"community", "home", "search", "stockton_cms"}
MAP = {"type": "map", "value": {"at": "NZ4419", "zoom": 3}, "id": "m"}


def write_unknown_choices():
    """Write a value that this release does not know; return the fields that have it."""
    written = set()
    for model in apps.get_models():
        is_ours = model._meta.app_label in OURS and not model._meta.proxy
        if not is_ours or model is AlertHistoryEntry:
            continue
        for field in model._meta.local_concrete_fields:
            value = 35 if isinstance(field, models.IntegerField) else "newer"
            if field.choices and model._base_manager.update(**{field.name: value}):
                written.add(f"{model.__name__}.{field.name}")
    return written


@pytest.fixture
def newer(home, section):
    alert = AlertFactory(heading="Flood", scope="site")
    alert.save_revision().publish()
    policy = PolicyUpdatePageFactory(parent=section, title="Plan", slug="plan")
    policy.save_revision().publish()
    EnquiryFactory(message="Bins", status="closed", outcome="found")
    follower = Subscriber.objects.create(email="a@example.org", email_key="a")
    follower.subscriptions.create(page=section)
    UpdateEvent.objects.create(page=policy, kind="changed", title="Plan", path="/plan/")
    FeedbackAction.objects.create(
        topic="bins", label="bins", kind="promoted", at=timezone.now()
    )
    return policy


def test_unknown_choices_fail_no_page_and_no_screen(newer, admin_client):
    entry = AlertHistoryEntry.objects.first()
    entry.pk, entry._state.adding = None, True
    entry.severity, entry.event, entry.scope = 35, "newer", "newer"
    entry.save()
    written = write_unknown_choices()
    assert written >= {"AlertSnippet.severity", "PolicyUpdatePage.kind"}
    assert written >= {"UpdateEvent.kind", "Enquiry.outcome", "FeedbackAction.kind"}
    html = admin_client.get(reverse("wagtailadmin_home")).content.decode()
    alert = AlertSnippet.objects.get()
    addresses = {
        "/",
        newer.url,
        f"{newer.url}history/",
        f"{newer.get_parent().url}",
        "/search/?query=plan",
        "/nowhere/",
        reverse("policy_updates"),
        reverse("wagtailadmin_pages:edit", args=[newer.pk]),
        reverse(alert.snippet_viewset.get_url_name("edit"), args=[alert.pk]),
        *MENU_ADDRESS.findall(html),
    }
    assert len(addresses) > 25
    visitor = Client()
    for address in sorted(addresses):
        client = admin_client if address.startswith("/admin/") else visitor
        assert client.get(address).status_code in {200, 302, 404}, address
    # An update of an unknown kind is sent as a change.
    assert UpdateEvent.objects.first().heading == "Updated"


def test_unknown_severity_is_shown_as_a_disruption(newer, read, admin_client):
    AlertSnippet.objects.update(severity=35, scope="site")
    alert = read("/nowhere/", status=404).select_one(".alert")
    assert alert["data-severity"] == "disruption"
    assert alert.select_one(".alert__severity").get_text() == "Disruption: "
    AlertSnippet.objects.update(severity=50)
    assert read("/nowhere/", status=404).select_one(".alert")
    assert not AlertSnippet.objects.get().as_visible_alert().can_be_dismissed


def text_block(text, key):
    return {"type": "text", "value": f"<p>{text}</p>", "id": key}


def types_of(rows):
    return [row["type"] for row in rows]


def write_body(page, rows):
    """Write a body as the release that knows all of it does."""
    held = models.Value(rows, output_field=models.JSONField())
    type(page).objects.filter(pk=page.pk).update(body=held)
    for revision in Revision.objects.for_instance(page):
        revision.content["body"] = json.dumps(rows)
        revision.save()


def test_unknown_block_outlives_saving_and_publishing(newer, read):
    rows = [text_block("One", "1"), MAP, {**MAP, "id": "n"}, text_block("Two", "2")]
    write_body(newer, rows)
    page = PolicyUpdatePage.objects.get(pk=newer.pk)
    assert len(page.body) == 2
    page.save()
    assert stored(page) == rows
    page.save_revision().publish()
    assert stored(page) == rows
    assert "Two" in read(page.url).get_text()

    settings = SiteSettings.for_site(newer.get_site())
    rows = [{"type": "app", "value": "x", "id": "a"}]
    rows.append({"type": "number", "value": {"label": "A", "number": "1"}, "id": "b"})
    settings.emergency_numbers = rows
    settings.save()
    settings = SiteSettings.objects.get()
    assert len(settings.emergency_numbers) == 1
    settings.save()
    held = SiteSettings.objects.get().emergency_numbers
    assert held.stream_block.get_prep_value(held) == rows


def stored(page):
    page = PolicyUpdatePage.objects.get(pk=page.pk)
    return page.body.stream_block.get_prep_value(page.body)


def test_unknown_block_outlives_the_editor(section, admin_client):
    policy = publish_twice_as_recorded(admin_client, section)
    rows = [MAP, text_block("One", "1"), {**MAP, "id": "n"}]
    write_body(policy, rows)
    address = reverse("wagtailadmin_pages:edit", args=[policy.pk])
    form = admin_client.get(address).context["form"]
    assert "map" not in types_of(form["body"].value().raw_data)
    recorded = policy_form(policy)
    recorded |= {
        "body-count": "1",
        "body-0-type": "text",
        "body-0-id": "1",
        "body-0-order": "0",
        "body-0-deleted": "",
        "body-0-value": rich_text("<p>Changed</p>"),
    }
    headers = {"accept": "application/json"}
    response = admin_client.post(address, recorded, headers=headers)
    assert response.json()["success"], response.content
    draft = Page.objects.get(pk=policy.pk).get_latest_revision_as_object()
    held = json.loads(draft.latest_revision.content["body"])
    assert types_of(held) == ["map", "text", "map"]
    assert "Changed" in held[1]["value"]


def policy_form(policy):
    """Return what the editor sent when it saved by itself, for this version."""
    path = Path(published_versions.__file__).with_name(published_versions.RECORDED)
    recorded = json.loads(path.read_text())
    revision = policy.latest_revision
    return {
        **recorded["common"],
        **recorded["requests"][2]["fields"],
        "loaded_revision_id": revision.pk,
        "loaded_revision_created_at": revision.created_at.isoformat(),
    }
