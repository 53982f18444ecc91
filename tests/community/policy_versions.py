"""What tests of a policy's history have in common."""

from community.models import PolicyUpdatePage
from tests.factories import PolicyUpdatePageFactory


def publish(policy, note="", **values):
    """Publish a policy with other values, and return it as it is then."""
    policy = PolicyUpdatePage.objects.get(pk=policy.pk)
    for name, value in {"change_note": note, "minor_edit": not note, **values}.items():
        setattr(policy, name, value)
    policy.save_revision().publish()
    return PolicyUpdatePage.objects.get(pk=policy.pk)


def published_policy(section, **values):
    """Return a policy that has been published once."""
    policy = PolicyUpdatePageFactory(parent=section, live=False, **values)
    return publish(policy)


def text(html):
    """Return the text of a page's main part."""
    return html.main.get_text(" ", strip=True)
