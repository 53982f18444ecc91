"""What tests of a policy's history have in common."""

import json
from pathlib import Path

from django.urls import reverse

from community.models import PolicyUpdatePage
from tests.factories import PolicyUpdatePageFactory

RECORDED = "recorded_publications.json"


def publish(policy, note="", **values):
    """Publish a policy with other values, and return it as it is then."""
    policy = PolicyUpdatePage.objects.get(pk=policy.pk)
    for name, value in {"change_note": note, "minor_edit": not note, **values}.items():
        setattr(policy, name, value)
    policy.save_revision().publish()
    return PolicyUpdatePage.objects.get(pk=policy.pk)


def published_policy(section, **values):
    policy = PolicyUpdatePageFactory(parent=section, live=False, **values)
    return publish(policy)


def text(html):
    return html.main.get_text(" ", strip=True)


def publish_twice_as_recorded(client, section):
    """Send what Chromium sent of a policy's first and second publication.

    It saved by itself before each; the ids of then are put in place.
    """
    recorded = json.loads(Path(__file__).with_name(RECORDED).read_text())
    names = ("community", "policyupdatepage", section.pk)
    address = reverse("wagtailadmin_pages:add", args=names)
    revision = None
    for request in recorded["requests"]:
        fields = recorded["common"] | request["fields"]
        if "loaded_revision_id" in fields:
            fields["loaded_revision_id"] = revision.pk
            fields["loaded_revision_created_at"] = revision.created_at.isoformat()
        response = client.post(address, fields, headers={"accept": request["accept"]})
        assert response.status_code in {200, 302}, response.content
        policy = PolicyUpdatePage.objects.get()
        address = reverse("wagtailadmin_pages:edit", args=[policy.pk])
        if "action-publish" in fields or revision is None:
            # The editor is opened again.
            revision = policy.latest_revision
    return policy
