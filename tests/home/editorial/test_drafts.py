"""A draft keeps whatever is there, and is public in no way before it is right."""

import json

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, WorkflowState

from home.models import StandardPage
from home.page_tree.visibility import SchedulingError, publish_scheduled
from tests.factories import (
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)
from tests.home.editorial.conftest import rich_text_as_sent

AUTOSAVE = {"Accept": "application/json"}
HALF_CONTACT = [{"type": "contact", "value": {"hours": "9am to 5pm"}, "id": "a"}]
SAID = "Contact, Name"


def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


@pytest.fixture
def draft(section):
    """Return a page with a half-filled block, which was never public."""
    page = StandardPageFactory(parent=section, live=False, title="Grants")
    page.body = HALF_CONTACT
    page.save_revision(clean=False)
    return page


@pytest.fixture
def autosave(admin_client, admin_form):
    """Return a function that saves a page as its editor does by itself."""

    def save(page, **fields):
        data = {**admin_form(edit_url(page)), **fields}
        answer = admin_client.post(edit_url(page), data, headers=AUTOSAVE)
        return json.loads(answer.content)

    return save


def is_public(page):
    return Page.objects.get(pk=page.pk).live


def text_of(response):
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def latest(page):
    return Page.objects.get(pk=page.pk).get_latest_revision_as_object()


UNFINISHED = {
    PolicyUpdatePageFactory: {
        "consultation_opens_at": "02/12/2026 10:00",
        "consultation_closes_at": "01/12/2026 10:00",
        "withdrawn_on": "02/12/2026",
        "respond_url": "https:/exa",
        "consultation_purpose": "a" * 1_001,
    },
    PartnershipPageFactory: {
        "website": "examp",
        "contact_email": "jo@",
        "contact_phone": "01632 call",
        "owner_email": "jo",
        "review_on": "",
        "expire_at": "01/12/2020 10:00",
        "partners-TOTAL_FORMS": "1",
        "partners-0-id": "",
        "partners-0-ORDER": "1",
        "partners-0-name": "",
        "partners-0-website": "exam",
        "partners-0-logo": "",
    },
}


@pytest.mark.parametrize("factory", UNFINISHED)
def test_unfinished_fields_are_saved_and_named(factory, section, autosave, send_form):
    page, fields = factory(parent=section, live=False), UNFINISHED[factory]
    page.save_revision()
    answer = autosave(page, **fields)
    assert answer["success"], answer
    saved = latest(page)
    texts = ("respond_url", "consultation_purpose", "website", "contact_phone")
    for name in set(texts) & set(fields):
        assert getattr(saved, name) == fields[name]
    if hasattr(saved, "partners"):
        assert saved.partners.get().website == "exam"
        with pytest.raises(ValidationError, match="Partner 1, Name: This field is"):
            saved.latest_revision.publish()
    assert send_form(edit_url(page)).status_code == 200
    assert not is_public(page)


def test_panel_and_message_say_what_is_missing_and_where(
    section, autosave, admin_client, send_form
):
    page = PolicyUpdatePageFactory(parent=section, live=False)
    page.save_revision()
    html = autosave(page, withdrawn_on="02/12/2026")["html"]
    assert "Before you publish (1)" in html
    assert "Enter why it was withdrawn" in html
    send_form(edit_url(page), button=None, withdrawn_on="02/12/2026")
    html = BeautifulSoup(admin_client.get(edit_url(page)).content, "html.parser")
    (link,) = html.select("a[href$='contentpath=withdrawn_reason']")
    assert "Enter why it was withdrawn" in link.parent.get_text()


def test_bulk_publishing_and_the_api_refuse(draft, section, admin_client):
    address = f"/admin/api/main/pages/{draft.pk}/action/publish/"
    response = admin_client.post(address, {}, content_type="application/json")
    assert response.status_code == 404
    section.minor_edit = True
    section.save_revision()
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    response = admin_client.post(
        f"{address}?id={section.pk}&next=/admin/",
        {"include_descendants": "on"},
        follow=True,
    )
    assert SAID in text_of(response)
    assert not is_public(draft)


@pytest.mark.parametrize("ajax", [False, True])
def test_approving_from_the_dashboard_refuses(draft, ajax, admin_client, admin_user):
    state = draft.get_workflow().start(draft, admin_user)
    address = reverse(
        "wagtailadmin_pages:workflow_action",
        args=[draft.pk, "approve", state.current_task_state.pk],
    )
    headers = {"X-Requested-With": "XMLHttpRequest"} if ajax else {}
    response = admin_client.post(address, {"comment": ""}, headers=headers)
    if ajax:
        assert json.loads(response.content)["redirect"] == edit_url(draft)
    assert SAID in text_of(admin_client.get(edit_url(draft)))
    assert not is_public(draft)
    state.refresh_from_db()
    assert state.status == WorkflowState.STATUS_IN_PROGRESS


def test_schedule_refuses_when_it_is_set_and_when_it_is_due(draft, caplog):
    draft.go_live_at = timezone.now() + timezone.timedelta(hours=1)
    revision = draft.save_revision(clean=False)
    with pytest.raises(ValidationError, match=SAID):
        revision.publish()
    type(revision).objects.filter(pk=revision.pk).update(
        approved_go_live_at=timezone.now()
    )
    with pytest.raises(SchedulingError):
        publish_scheduled(timezone.now())
    assert SAID in caplog.text
    assert not is_public(draft)


def test_draft_is_previewed_and_neither_copied_nor_reverted_into_public(
    draft, admin_client
):
    view = reverse("wagtailadmin_pages:view_draft", args=[draft.pk])
    assert "9am to 5pm" in text_of(admin_client.get(view))
    assert not draft.copy(update_attrs={"slug": "copy"}, keep_live=True).live
    assert not draft.create_alias(update_slug="alias").live
    old = draft.latest_revision
    draft.body = []
    draft.save_revision()
    with pytest.raises(ValidationError, match=SAID):
        old.publish(previous_revision=old)


def test_phone_link_in_text_is_stored_as_a_phone_dials_it(section):
    rich_text = StandardPage._meta.get_field("body").stream_block.child_blocks["text"]
    content = rich_text_as_sent("Ring us", {"url": "tel:+44(0)1642526026"})
    value = rich_text.value_from_datadict({"t": content}, {}, "t")
    assert 'href="tel:+441642526026"' in value.source
