"""Versions are archived of public text, and of nothing else."""

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import PolicyUpdatePage, PublishedVersion
from tests.community.policies.published_versions import (
    publish,
    published_policy,
)
from tests.factories import CommunityIndexPageFactory


@pytest.fixture
def policy(section):
    return published_policy(section, title="Food plan", summary="First words")


def summaries():
    versions = PublishedVersion.objects.order_by("pk")
    return [version.content["summary"] for version in versions]


def open_versions():
    return PublishedVersion.objects.filter(ended_at=None)


def restrict(page):
    return PageViewRestriction.objects.create(page=page, restriction_type="login")


def test_each_publication_is_archived_until_the_next_and_outlives_revisions(policy):
    private = {"owner_email": "owner@example.gov.uk", "search_words": "handouts"}
    publish(policy, summary="Second words", **private)
    first, second = PublishedVersion.objects.order_by("pk")
    assert first.ended_at == second.published_at
    assert second.ended_at is None
    assert not any(value in str(second.content) for value in private.values())
    call_command("purge_revisions", verbosity=0)
    assert policy.revisions.count() == 1
    assert summaries() == ["First words", "Second words"]


def test_draft_is_not_archived_even_over_a_published_revision(policy):
    revision = policy.latest_revision
    policy.summary = "Draft words"
    # The editor does so as it saves by itself: the revision is no copy to rely on.
    policy.save_revision(overwrite_revision=revision)
    revision.refresh_from_db()
    assert revision.content["summary"] == "Draft words"
    policy.save_revision()
    assert summaries() == ["First words"]


def test_publication_in_a_private_section_is_archived_once_it_is_public(
    home, section, policy
):
    restriction = restrict(section)
    publish(policy, summary="Secret words")
    assert summaries() == ["First words"]
    assert not open_versions().exists()
    publish(policy, summary="Words for everyone")
    before = timezone.now()
    restriction.delete()
    assert summaries() == ["First words", "Words for everyone"]
    assert open_versions().get().published_at >= before
    private = CommunityIndexPageFactory(parent=home)
    restrict(private)
    policy.move(private, pos="last-child")
    assert not open_versions().exists()
    PolicyUpdatePage.objects.get(pk=policy.pk).move(section, pos="last-child")
    assert open_versions().count() == 1


def test_restriction_deleted_with_its_section_archives_nothing(home, policy):
    section = CommunityIndexPageFactory(parent=home)
    published_policy(section)
    restrict(section)
    section.delete()
    assert PublishedVersion.objects.count() == 1


def test_unpublished_page_ends_its_version(policy):
    policy.unpublish()
    assert not open_versions().exists()
    policy = publish(policy, summary="Back again")
    assert open_versions().get().content["summary"] == "Back again"
    # A copy and an alias begin without the history.
    policy.copy(update_attrs={"slug": "copy"}, keep_live=False)
    alias = policy.create_alias(update_slug="alias")
    publish(policy, summary="Second words")
    assert PublishedVersion.objects.exclude(page=policy).count() == 0
    assert alias.live
