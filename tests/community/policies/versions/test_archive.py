"""Versions are archived of public text, and of nothing else."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageViewRestriction

from community.models import PolicyUpdatePage, PublishedVersion
from community.policies.versions.archive import archive_missing
from tests.community.policies.versions.published_versions import (
    publish,
    published_policy,
)
from tests.factories import CommunityIndexPageFactory, PolicyUpdatePageFactory


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


def test_each_publication_is_archived_until_the_next(policy):
    publish(policy, summary="Second words")
    first, second = PublishedVersion.objects.order_by("pk")
    assert summaries() == ["First words", "Second words"]
    assert first.ended_at == second.published_at
    assert second.ended_at is None


def test_draft_is_not_archived(policy):
    policy.summary = "Draft words"
    policy.save_revision()
    assert summaries() == ["First words"]


def test_draft_written_over_a_published_revision_changes_nothing(policy):
    revision = policy.latest_revision
    policy.summary = "Draft words"
    policy.save_revision(overwrite_revision=revision)
    # The editor does so as it saves by itself: the revision is no copy to rely on.
    revision.refresh_from_db()
    assert revision.content["summary"] == "Draft words"
    assert summaries() == ["First words"]


def test_versions_outlive_their_revisions(policy):
    publish(policy, summary="Second words")
    call_command("purge_revisions", verbosity=0)
    assert policy.revisions.count() == 1
    assert summaries() == ["First words", "Second words"]


def test_fields_that_are_not_public_are_not_archived(policy):
    publish(policy, owner_email="owner@example.gov.uk", search_words="handouts")
    stored = str([version.content for version in PublishedVersion.objects.all()])
    assert "owner@example.gov.uk" not in stored
    assert "handouts" not in stored


def test_publication_in_a_private_section_is_not_archived(section, policy):
    restrict(section)
    publish(policy, summary="Secret words")
    assert summaries() == ["First words"]
    assert not open_versions().exists()


def test_lifted_restriction_archives_what_is_public_from_then(section, policy):
    restriction = restrict(section)
    publish(policy, summary="Secret words")
    publish(policy, summary="Words for everyone")
    before = timezone.now()
    restriction.delete()
    assert summaries() == ["First words", "Words for everyone"]
    assert open_versions().get().published_at >= before


def test_move_into_a_private_section_and_out_of_it(home, section, policy):
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
    publish(policy, summary="Back again")
    assert open_versions().get().content["summary"] == "Back again"


def test_copy_and_alias_begin_without_the_history_of_the_original(section, policy):
    policy.copy(update_attrs={"slug": "copy"}, keep_live=False)
    alias = policy.create_alias(update_slug="alias")
    publish(policy, summary="Second words")
    assert PublishedVersion.objects.exclude(page=policy).count() == 0
    assert alias.live


def test_job_archives_what_was_published_before_versions_existed(section, policy):
    PublishedVersion.objects.all().delete()
    archive_missing(timezone.now())
    version = PublishedVersion.objects.get()
    assert version.content["summary"] == "First words"
    assert version.published_at == policy.last_published_at
    archive_missing(timezone.now())
    assert PublishedVersion.objects.count() == 1


def test_job_archives_nothing_of_private_pages_drafts_and_never_published_ones(section):
    restrict(published_policy(section))
    PolicyUpdatePageFactory(parent=section, live=False)
    PublishedVersion.objects.all().delete()
    archive_missing(timezone.now())
    assert not PublishedVersion.objects.exists()


def test_job_notices_what_a_release_without_versions_has_published(policy):
    at = policy.last_published_at + timedelta(hours=1)
    PolicyUpdatePage.objects.update(summary="From beside", last_published_at=at)
    archive_missing(at)
    assert summaries() == ["First words", "From beside"]
    assert PublishedVersion.objects.order_by("pk")[0].ended_at == at
