"""What is for one visitor says so to shared caches."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.cache import cc_delim_re
from wagtail.models import PageViewRestriction

from tests.factories import EnquiryFactory, StandardPageFactory

SECRET, PASSWORD = "quetzal", "open sesame"
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


def may_be_shared(response):
    """Say whether a shared cache may store a response (RFC 9111, section 3)."""
    said = set(cc_delim_re.split(response.get("Cache-Control", "").lower()))
    return not {"private", "no-store"} & said


@pytest.fixture
def private_page(section):
    return StandardPageFactory(parent=section, title=SECRET, slug="private")


@pytest.mark.parametrize("kind", ["login", "password"])
def test_private_page_is_for_no_shared_cache(private_page, client, admin_client, kind):
    # The control: it may be shared as long as it is public.
    assert may_be_shared(Client().get(private_page.url))
    restriction = PageViewRestriction.objects.create(
        page=private_page, restriction_type=kind, password=PASSWORD
    )
    answers = [
        each
        for visitor in (client, admin_client)
        for each in (
            visitor.get(private_page.url),
            visitor.head(private_page.url),
            visitor.get(private_page.url, follow=True),
        )
    ]
    if kind == "password":
        names = [restriction.pk, private_page.pk]
        address = reverse("wagtailcore_authenticate_with_password", args=names)
        answers += [client.get(address), client.post(address, {"password": "wrong"})]
        sent = {"password": PASSWORD, "return_url": private_page.url}
        answers.append(client.post(address, sent, headers=FROM_OUR_PAGE))
        answers.append(client.get(private_page.url))
        assert SECRET in answers[-1].content.decode()
        assert SECRET not in Client().get(private_page.url).content.decode()
    assert not [each.request for each in answers if may_be_shared(each)]


def test_answers_to_what_one_visitor_typed_are_for_no_shared_cache(section, client):
    reference = EnquiryFactory().reference
    for address in (
        "/search/",
        "/search/?query=communities",
        "/search/suggestions/?query=comm",
        "/cant-find-it/",
        "/cant-find-it/?query=bins",
        f"/cant-find-it/thanks/{reference}/",
        "/no-such-page/",
        f"{section.url}?found=abcdefghijkl.1",
        "/-/live",
        "/-/ready",
        "/sitemap.xml",
        "/admin/login/",
        "/account/login/",
        "/account/password/",
        "/account/password/sent/",
        "/account/inactive/",
    ):
        assert not may_be_shared(client.get(address)), address
    for address in ("/cant-find-it/", "/alerts/1/close/", "/account/login/", "/"):
        assert not may_be_shared(client.post(address, {"message": "x"})), address


def test_what_staff_see_is_for_no_shared_cache(admin_client, section, private_page):
    private_page.save_revision()
    edit = reverse("wagtailadmin_pages:edit", args=[private_page.pk])
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[private_page.pk])
    draft = reverse("wagtailadmin_pages:view_draft", args=[private_page.pk])
    assert SECRET in admin_client.get(draft).content.decode()
    answers = [
        admin_client.get(address)
        for address in ("/admin/", edit, preview, draft, "/", section.url)
    ]
    assert not [each.request for each in answers if may_be_shared(each)]
