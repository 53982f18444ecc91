"""What is for one visitor says so to caches, and the cache gives up what was public."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.cache import cc_delim_re
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from tests.factories import EnquiryFactory, StandardPageFactory
from tests.search.indexing.files.offering import offer, save_file
from tests.stockton_cms.test_database_unavailable import database_away

SECRET, PASSWORD = "quetzal", "open sesame"
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


def may_be_shared(response):
    """Say whether a shared cache may store a response (RFC 9111, section 3)."""
    said = set(cc_delim_re.split(response.get("Cache-Control", "").lower()))
    return not {"private", "no-store"} & said


@pytest.fixture
def private_page(section):
    return StandardPageFactory(parent=section, title=SECRET, slug="private")


@pytest.fixture
def file(section):
    document = save_file(title="Plan", data=SECRET.encode(), name="plan.pdf")
    offer(document, section)
    return document


def restrict(page, kind, **values):
    return PageViewRestriction.objects.create(
        page=page, restriction_type=kind, **values
    )


def restrict_file(file, kind, **values):
    collection = Collection.get_first_root_node().add_child(name="Papers")
    file.collection = collection
    file.save()
    return CollectionViewRestriction.objects.create(
        collection=collection, restriction_type=kind, **values
    )


@pytest.mark.parametrize("who", ["client", "admin_client"])
@pytest.mark.parametrize("kind", ["login", "password"])
def test_private_page_is_for_no_shared_cache(request, private_page, who, kind):
    visitor = request.getfixturevalue(who)
    # The control: it may be shared as long as it is public.
    assert may_be_shared(Client().get(private_page.url))
    restrict(private_page, kind, password=PASSWORD)
    response = visitor.get(private_page.url, follow=True)
    answers = [visitor.get(private_page.url), visitor.head(private_page.url), response]
    assert not [each for each in answers if may_be_shared(each)]


def test_page_behind_a_given_password_is_for_no_shared_cache(private_page, client):
    restriction = restrict(private_page, "password", password=PASSWORD)
    names = [restriction.pk, private_page.pk]
    address = reverse("wagtailcore_authenticate_with_password", args=names)
    answers = [client.get(address), client.post(address, {"password": "wrong"})]
    sent = {"password": PASSWORD, "return_url": private_page.url}
    answers.append(client.post(address, sent, headers=FROM_OUR_PAGE))
    answers.append(client.get(private_page.url))
    assert SECRET in answers[-1].content.decode()
    assert not [each for each in answers if may_be_shared(each)]
    assert SECRET not in Client().get(private_page.url).content.decode()


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


# Files


@pytest.mark.parametrize("kind", ["login", "password"])
def test_file_that_becomes_private_is_given_to_nobody(section, client, file, kind):
    for _ in range(3):
        response = client.get(file.url)
        assert response.getvalue() == SECRET.encode()
        assert not may_be_shared(response)
    tag = response["ETag"]
    restrict_file(file, kind, password=PASSWORD)
    for headers in ({}, {"If-None-Match": tag}, {"Range": "bytes=0-3"}):
        response = client.get(file.url, headers=headers)
        assert response.status_code == (302 if kind == "login" else 200)
        assert SECRET.encode() not in response.getvalue()
        assert not may_be_shared(response)


def test_file_of_staff_or_that_is_gone_is_for_no_shared_cache(
    section, admin_client, client, file
):
    restrict_file(file, "login")
    response = admin_client.get(file.url)
    assert response.getvalue() == SECRET.encode()
    assert not may_be_shared(response)
    address = file.url
    file.delete()
    response = client.get(address)
    assert response.status_code == 404
    assert not may_be_shared(response)


# While the database is unavailable


@pytest.mark.parametrize("is_asked_for", [True, False])
@pytest.mark.parametrize("hide", ["unpublish", "delete", "restrict", "control"])
def test_hidden_page_does_not_come_back_while_the_database_is_away(
    private_page, client, hide, is_asked_for
):
    client.raise_request_exception = False
    address = private_page.url
    client.get(address)
    if hide == "restrict":
        restrict(private_page, "login")
    elif hide != "control":
        getattr(private_page, hide)()
    if is_asked_for and hide != "control":
        assert client.get(address).status_code in (302, 404)
    with database_away():
        response = client.get(address)
    assert (SECRET in response.content.decode()) is (hide == "control")
