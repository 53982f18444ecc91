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
from home.content_version.counter import (
    get_content_version,
)
from home.models import SiteSettings, StandardPage
from search.indexing.documents import LinkedDocument
from tests.factories import (
    PAGE_FACTORIES,
    AlertFactory,
    CommunityIndexPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)


def publish_page(page):
    page.title = "Another title"
    page.save_revision().publish()


def publish_page_that_never_was_live(page):
    draft = StandardPageFactory(parent=page.get_parent(), live=False)
    before = get_content_version()
    draft.save_revision().publish()
    return before


def rename_page(page):
    page.slug = "renamed"
    page.save_revision().publish()


def move_page(page):
    page.move(CommunityIndexPageFactory(parent=page.get_parent()), "last-child")


def move_page_into_a_section_that_exists(page):
    target = CommunityIndexPageFactory(parent=page.get_parent())
    before = get_content_version()
    page.move(target, "last-child")
    return before


def reorder_page(page):
    StandardPageFactory(parent=page.get_parent())
    before = get_content_version()
    page.move(page.get_parent(), "last-child")
    return before


def make_private(page):
    PageViewRestriction.objects.create(
        page=page, restriction_type=PageViewRestriction.LOGIN
    )


def make_public_again(page):
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=PageViewRestriction.LOGIN
    )
    before = get_content_version()
    restriction.delete()
    return before


def change_settings(page):
    settings = SiteSettings.for_site(Site.objects.get())
    settings.council_name = "Another council"
    settings.save()


def change_image(page):
    image = wagtail_factories.ImageFactory()
    before = get_content_version()
    image.description = "A food bank"
    image.save()
    return before


def change_document(page):
    document = wagtail_factories.DocumentFactory()
    before = get_content_version()
    document.title = "Another title"
    document.save()
    return before


def edit_alert(page):
    alert = AlertFactory()
    before = get_content_version()
    alert.heading = "Another heading"
    alert.save_revision().publish()
    return before


def unpublish_alert(page):
    alert = AlertFactory()
    before = get_content_version()
    alert.unpublish()
    return before


def delete_alert(page):
    alert = AlertFactory()
    before = get_content_version()
    alert.delete()
    return before


def widen_alert(page):
    alert = AlertFactory(scope="pages")
    before = get_content_version()
    AlertScope.objects.create(alert=alert, page=page)
    return before


PUBLIC_CHANGES = (
    publish_page,
    publish_page_that_never_was_live,
    rename_page,
    move_page,
    move_page_into_a_section_that_exists,
    reorder_page,
    make_private,
    make_public_again,
    change_settings,
    change_image,
    change_document,
    edit_alert,
    unpublish_alert,
    delete_alert,
    widen_alert,
)


@pytest.mark.parametrize("change", PUBLIC_CHANGES, ids=lambda change: change.__name__)
def test_version_rises_with_a_public_change(change, section):
    page = StandardPageFactory(parent=section)
    at_first = get_content_version()
    before = change(page) or at_first
    assert get_content_version() > before


@pytest.mark.parametrize("name", ["unpublish", "delete"])
def test_version_rises_when_a_page_goes(name, section):
    page = StandardPageFactory(parent=section)
    before = get_content_version()
    getattr(page, name)()
    assert get_content_version() > before


def test_version_rises_when_an_alert_or_a_redirect_is_made(home):
    before = get_content_version()
    AlertFactory()
    after_alert = get_content_version()
    Redirect.objects.create(old_path="/old", redirect_link="/")
    assert before < after_alert < get_content_version()


def test_version_rises_when_staff_reorder_a_section(section, admin_client):
    first, second = StandardPageFactory.create_batch(2, parent=section)
    before = get_content_version()
    address = reverse("wagtailadmin_pages:set_page_position", args=[second.pk])
    admin_client.post(f"{address}?position=0")
    assert list(section.get_children()) == [second.page_ptr, first.page_ptr]
    assert get_content_version() > before


def test_version_stays_when_a_draft_is_saved_in_the_admin(section, send_form):
    page = StandardPageFactory(parent=section)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    before = get_content_version()
    send_form(address, button=None, title="A draft")
    assert page.revisions.latest("pk").content["title"] == "A draft"
    assert get_content_version() == before


def test_version_stays_when_a_page_that_is_not_live_changes(section):
    page = StandardPageFactory(parent=section, live=False)
    before = get_content_version()
    page.title = "Still a draft"
    page.save()
    assert get_content_version() == before


def test_version_stays_when_a_live_alert_gets_a_draft(home):
    alert = AlertFactory()
    before = get_content_version()
    alert.heading = "A draft"
    alert.save_revision()
    assert get_content_version() == before


@pytest.mark.parametrize(
    "factory", PAGE_FACTORIES, ids=lambda factory: factory._meta.model.__name__
)
def test_version_stays_when_a_page_is_read(factory, make_page, client):
    page = make_page(factory, picture=wagtail_factories.ImageFactory())
    SiteSettings.for_site(Site.objects.get())
    # Makes the picture, which comes with the upload otherwise.
    client.get(page.url)
    before = get_content_version()
    assert Client().get(page.url).status_code == 200
    assert get_content_version() == before


def test_version_stays_when_a_page_shows_files_of_unknown_size(section, client):
    page = PolicyUpdatePageFactory(parent=section)
    document = wagtail_factories.DocumentFactory()
    LinkedDocument.objects.create(page_id=page.pk, document_id=document.pk)
    get_document_model().objects.update(file_size=None, file_hash="")
    SiteSettings.for_site(Site.objects.get())
    PolicyDocument.objects.create(page=page, document=document)
    before = get_content_version()
    assert client.get(page.url).status_code == 200
    assert client.get(document.url).status_code == 200
    assert get_content_version() == before


def test_version_stays_when_something_else_changes(home):
    before = get_content_version()
    Group.objects.create(name="Editors of one section")
    assert get_content_version() == before


def test_version_is_rolled_back_with_its_transaction(section):
    page = StandardPageFactory(parent=section, title="As it was")
    before = get_content_version()
    with transaction.atomic():
        publish_page(page)
        assert get_content_version() > before
        transaction.set_rollback(True)
    assert get_content_version() == before
    assert StandardPage.objects.get(pk=page.pk).title == "As it was"
