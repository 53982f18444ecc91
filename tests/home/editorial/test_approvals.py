"""Authors and moderators read what happened to a page, and what to do next."""

import json
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupApprovalTask, Page
from wagtail.test.utils.form_data import querydict_from_html

from tests.factories import StandardPageFactory

WITH_APPROVER = "Your pages and alerts that are with an approver"
COMMENT = "Say <b>when</b> it opens."


@pytest.fixture
def page(section):
    page = StandardPageFactory(parent=section, title="Warm spaces", live=False)
    page.save_revision()
    return page


def make_client(django_user_model, section, name, *actions):
    client = Client()
    client.user = user = django_user_model.objects.create_user(
        name, first_name=name.title(), email=f"{name}@example.gov.uk"
    )
    group = Group.objects.create(name=name)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    for action in actions:
        permission = Permission.objects.get(codename=f"{action}_page")
        group.page_permissions.create(page=section, permission=permission)
    client.force_login(user)
    return client


@pytest.fixture
def author(django_user_model, section):
    return make_client(django_user_model, section, "priya", "add", "change")


@pytest.fixture
def moderator(django_user_model, section):
    client = make_client(django_user_model, section, "tom", "add", "change", "publish")
    task = section.get_workflow().tasks.get()
    GroupApprovalTask.objects.get(pk=task.pk).groups.add(client.user.groups.get())
    return client


def edit(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def read(response):
    assert response.status_code == 200
    html = BeautifulSoup(response.content, "html.parser")
    for script in html(["script", "template"]):
        script.decompose()
    return " ".join(html.get_text(" ").split())


def send(client, page, **fields):
    """Send the editor's form with a button's fields; return what is on screen then."""
    html = client.get(edit(page)).content.decode()
    form = querydict_from_html(html, form_id="page-edit-form").dict()
    form |= {"body-count": "0", **fields}
    return read(client.post(edit(page), form, follow=True))


def submit(client, page):
    return send(client, page, **{"action-submit": "action-submit"})


def decide(client, page, name, **extra):
    fields = {"action-workflow-action": "true", "workflow-action-name": name}
    fields["workflow-action-extra-data"] = json.dumps(extra)
    return send(client, page, **fields)


def test_author_and_moderator_read_who_asked_for_what(author, moderator, page):
    submit(author, page)
    mail.outbox.clear()
    sent_back = decide(moderator, page, "reject", comment=COMMENT)
    assert "You asked for changes to 'Warm spaces'. It is back with Priya" in sent_back
    (email,) = mail.outbox
    assert email.to == ["priya@example.gov.uk"]
    assert email.subject == "Changes requested to 'Warm spaces'"
    assert "Tom (tom) has asked for changes" in email.body
    assert f"Comment: {COMMENT}" in email.body
    home = author.get(reverse("wagtailadmin_home"))
    html = BeautifulSoup(home.content, "html.parser")
    (link,) = html.select("#your-tasks-content li a")
    assert link["href"] == edit(page)
    assert link.get_text().startswith("Warm spaces: Tom (tom) asked for changes at")
    assert link.get_text().endswith(COMMENT)
    assert WITH_APPROVER not in read(home)
    html = BeautifulSoup(author.get(edit(page)).content, "html.parser")
    message = html.select_one(".messages").get_text()
    assert "Tom (tom) asked for changes at" in message
    assert COMMENT in message
    dialog = str(html.select_one("#workflow-status-dialog"))
    assert "Tom (tom) asked for changes" in dialog
    assert "by Priya" not in dialog
    menu = html.select_one("#page-edit-form footer").get_text()
    assert "Withdraw from approval" in menu
    assert "Restart workflow" not in menu
    submit(author, page)
    assert WITH_APPROVER in read(author.get(reverse("wagtailadmin_home")))
    assert "asked for changes" not in read(author.get(edit(page)))
    assert "asked for changes" not in read(author.get(reverse("wagtailadmin_home")))


def test_each_approver_gets_one_email_and_the_author_another(
    page, author, moderator, admin_user
):
    submit(author, page)
    recipients = sorted(address for email in mail.outbox for address in email.to)
    assert recipients == ["admin@example.com", "tom@example.gov.uk"]
    assert {email.subject for email in mail.outbox} == {
        "'Warm spaces' is waiting for your approval"
    }
    assert "Priya (priya) has submitted the page" in mail.outbox[0].body
    assert edit(page) in mail.outbox[0].body
    mail.outbox.clear()
    text = decide(moderator, page, "approve", comment=COMMENT)
    assert "'Warm spaces' has been approved and is now live." in text
    (email,) = mail.outbox
    said = "The page 'Warm spaces' has been approved by Tom (tom) and is now live."
    assert f"{said}\n\nComment: {COMMENT}\n" in email.body.replace(
        "standard page", "page"
    )
    assert email.subject == "'Warm spaces' has been approved"


def test_failed_publication_does_not_say_that_nothing_was_saved(page, moderator):
    text = send(moderator, page, **{"action-publish": "action-publish", "title": ""})
    assert "The page was not published." in text
    assert "could not be saved" not in text
    # Autosave may also create the draft of a new page.
    add = ("wagtailadmin_pages:add", ["home", "standardpage", page.get_parent().pk])
    address = reverse(add[0], args=add[1])
    html = moderator.get(address).content.decode()
    form = querydict_from_html(html, form_id="page-edit-form").dict()
    form |= {"body-count": "0", "title": "New"}
    for name, said in (("action-publish", "published"), ("other", "saved")):
        text = read(moderator.post(address, {**form, name: "x", "slug": "a b"}))
        assert f"The page was not {said}. Fix the errors below" in text
        assert "could not be created" not in text


def test_cancelled_schedule_leaves_nothing_behind(page, moderator):
    page.go_live_at = timezone.now() + timedelta(days=2)
    page.expire_at = timezone.now() + timedelta(days=9)
    revision = page.save_revision()
    revision.publish()
    name = "wagtailadmin_pages:revisions_unschedule"
    cancel = reverse(name, args=[page.pk, revision.pk])
    assert str(revision.pk) not in read(moderator.get(cancel))
    text = read(moderator.post(cancel, follow=True))
    assert "The scheduled publication of 'Warm spaces' has been cancelled." in text
    draft = Page.objects.get(pk=page.pk).get_latest_revision_as_object()
    assert (draft.go_live_at, draft.approved_schedule) == (None, False)
    assert draft.expire_at is not None
    assert "Schedule to publish" not in text
    assert "Go-live:" not in text
    # The breadcrumbs of its history name the page.
    history = moderator.get(reverse("wagtailadmin_pages:history", args=[page.pk]))
    html = BeautifulSoup(history.content, "html.parser")
    assert html.select_one(f'.w-breadcrumbs a[href="{edit(page)}"]')
