"""Old addresses of pages that were renamed or moved still lead to them."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.contrib.redirects.models import Redirect

from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)


def assert_leads_to(client, old: str, new: str) -> None:
    response = client.get(old)
    assert response.status_code == 301
    assert response["Location"] == new


def test_renamed_page_is_found_at_its_old_address(client, section):
    page = PartnershipPageFactory(parent=section, slug="before")

    page.slug = "after"
    page.save_revision().publish()

    assert_leads_to(
        client, "/stronger-communities/before/", "/stronger-communities/after/"
    )


def test_renamed_section_takes_the_pages_below_it_along(client, section):
    PartnershipPageFactory(parent=section, slug="inside")

    section.slug = "communities"
    section.save()

    assert_leads_to(client, "/stronger-communities/inside/", "/communities/inside/")
    assert_leads_to(client, "/stronger-communities/", "/communities/")


def test_moved_page_is_found_at_its_old_address(client, home, section):
    page = StandardPageFactory(parent=section, slug="moving")

    page.move(home, pos="last-child")

    assert_leads_to(client, "/stronger-communities/moving/", "/moving/")


def test_reordering_and_saving_make_no_redirects(section):
    first = PartnershipPageFactory(parent=section)
    second = PartnershipPageFactory(parent=section)

    second.move(first, pos="left")
    second.save()

    assert not Redirect.objects.exists()


def test_page_renamed_to_and_fro_has_no_redirect_in_its_way(client, section):
    page = PartnershipPageFactory(parent=section, slug="first")
    for slug in ("second", "first", "second"):
        page.slug = slug
        page.save()

    assert client.get("/stronger-communities/second/").status_code == 200
    assert_leads_to(
        client, "/stronger-communities/first/", "/stronger-communities/second/"
    )


def test_redirect_made_by_staff_is_kept(client, home, section):
    elsewhere = StandardPageFactory(parent=home, slug="elsewhere")
    page = PartnershipPageFactory(parent=section, slug="old")
    Redirect.objects.create(
        old_path="/stronger-communities/old", redirect_page=elsewhere
    )
    Redirect.objects.update(site=section.get_site())

    page.slug = "new"
    page.save()

    assert_leads_to(client, "/stronger-communities/old/", "/elsewhere/")


def test_drafts_get_no_redirects(section):
    page = PartnershipPageFactory(parent=section, slug="draft", live=False)

    page.slug = "draft-2"
    page.save()

    assert not Redirect.objects.exists()


def test_number_of_queries_does_not_grow_with_the_pages_below(section):
    def queries_to_rename(slug):
        section.refresh_from_db()
        section.slug = slug
        with CaptureQueriesContext(connection) as captured:
            section.save()
        return len(captured)

    CommunityIndexPageFactory(parent=section)
    few = queries_to_rename("first")
    Redirect.objects.all().delete()
    for _ in range(39):
        CommunityIndexPageFactory(parent=section)

    assert queries_to_rename("second") == few <= 70
    assert Redirect.objects.count() == 41
