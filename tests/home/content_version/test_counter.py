import pytest
import wagtail_factories
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.models import PageViewRestriction, Site

from community.models import AlertScope, PolicyDocument
from home.content_version import get_content_version
from home.models import SiteSettings, StandardPage
from search.indexing.documents import LinkedDocument
from tests.factories import (
    PAGE_FACTORIES,
    AlertFactory,
    CommunityIndexPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section)


@pytest.fixture
def rises(db):
    """Return a function that says whether the version rose since it was last asked."""
    known = [get_content_version()]

    def ask():
        known.append(get_content_version())
        return known[-1] > known[-2]

    return ask


def publish(instance, **values):
    for name, value in values.items():
        setattr(instance, name, value)
    instance.save_revision().publish()


def test_version_rises_with_each_change_of_a_page(section, page, rises):
    publish(page, title="Another title")
    assert rises()
    publish(page, slug="renamed")
    assert rises()
    draft = StandardPageFactory(parent=section, live=False)
    rises()
    publish(draft)
    assert rises()
    page.move(section, "last-child")
    assert rises()
    target = CommunityIndexPageFactory(parent=section)
    rises()
    page.move(target, "last-child")
    assert rises()
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type="login"
    )
    assert rises()
    restriction.delete()
    assert rises()
    page.unpublish()
    assert rises()
    draft.delete()
    assert rises()


def test_version_rises_with_alerts_files_settings_and_redirects(section, page, rises):
    alert = AlertFactory(scope="pages")
    assert rises()
    AlertScope.objects.create(alert=alert, page=page)
    assert rises()
    publish(alert, heading="Another heading")
    assert rises()
    alert.unpublish()
    assert rises()
    alert.delete()
    assert rises()
    for factory in (wagtail_factories.ImageFactory, wagtail_factories.DocumentFactory):
        file = factory()
        rises()
        file.title = file.description = "A food bank"
        file.save()
        assert rises()
    settings = SiteSettings.for_site(Site.objects.get())
    rises()
    settings.council_name = "Another council"
    settings.save()
    assert rises()
    Redirect.objects.create(old_path="/old", redirect_link="/")
    assert rises()


def test_version_rises_when_staff_reorder_a_section(section, page, admin_client, rises):
    second = StandardPageFactory(parent=section)
    rises()
    address = reverse("wagtailadmin_pages:set_page_position", args=[second.pk])
    admin_client.post(f"{address}?position=0")
    assert list(section.get_children()) == [second.page_ptr, page.page_ptr]
    assert rises()


def test_version_stays_with_drafts_and_what_visitors_do_not_see(
    section, page, send_form, rises
):
    alert, draft = AlertFactory(), StandardPageFactory(parent=section, live=False)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    rises()
    send_form(address, button=None, title="A draft")
    assert page.revisions.latest("pk").content["title"] == "A draft"
    draft.title = "Still a draft"
    draft.save()
    alert.heading = "A draft"
    alert.save_revision()
    Group.objects.create(name="Editors of one section")
    assert not rises()


def test_version_stays_when_a_page_is_read(make_page, client, rises):
    picture = wagtail_factories.ImageFactory()
    SiteSettings.for_site(Site.objects.get())
    for factory in PAGE_FACTORIES:
        page = make_page(factory, picture=picture)
        # Makes the picture, which comes with the upload otherwise.
        client.get(page.url)
        rises()
        assert Client().get(page.url).status_code == 200
        assert not rises()


def test_version_stays_when_a_page_shows_files_of_unknown_size(section, client, rises):
    page = PolicyUpdatePageFactory(parent=section)
    document = wagtail_factories.DocumentFactory()
    LinkedDocument.objects.create(page_id=page.pk, document_id=document.pk)
    get_document_model().objects.update(file_size=None, file_hash="")
    SiteSettings.for_site(Site.objects.get())
    PolicyDocument.objects.create(page=page, document=document)
    rises()
    assert client.get(page.url).status_code == 200
    assert client.get(document.url).status_code == 200
    assert not rises()


def test_version_is_rolled_back_with_its_transaction(page):
    before = get_content_version()
    with transaction.atomic():
        publish(page, title="Another title")
        assert get_content_version() > before
        transaction.set_rollback(True)
    assert get_content_version() == before
    assert StandardPage.objects.get(pk=page.pk).title != "Another title"
