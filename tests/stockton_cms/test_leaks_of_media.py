"""No document or picture is given to anyone who may not see it, by whatever address.

Ways to hide a page or a collection are those of `test_visibility.py`.
"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from home.images.renditions import CARD, LOGO, get_pictures
from search.indexing import receivers
from stockton_cms.operations.backup.create import all_files
from tests.factories import AlertFactory, StandardPageFactory
from tests.hiding import not_offered, private_by_login, unpublished
from tests.home.images.test_metadata import fields_of, photograph
from tests.search.indexing.files.offering import (
    WAYS_TO_OFFER,
    block,
    link,
    offer,
    save_file,
)
from tests.stockton_cms.test_private_answers import may_be_shared

CANARY, IN_PAGES = b"quetzal", b"/media/images/"
HOUR = timedelta(hours=1)
Image = get_image_model()


@pytest.fixture
def paper(db):
    return save_file(title="Plan", data=CANARY, name="cabinet-report-2027.csv")


def ask(address, client=None, **headers):
    """Return the status, and whether the visitor has got the document."""
    response = (client or Client()).get(address, headers=headers)
    assert not may_be_shared(response)
    return response.status_code, CANARY in response.getvalue()


def asked_in_all_ways(paper):
    """Return what visitors are told who ask again or who had it before."""
    tag, day = f'"{paper.file_hash}"', "Fri, 01 Jan 2100 00:00:00 GMT"
    seen = ({}, {"If-None-Match": tag}, {"If-None-Match": "*"})
    seen += ({"If-Modified-Since": day}, {"Range": "bytes=0-3"})
    return [ask(paper.url, **headers) for headers in seen]


# Documents


def on_a_draft(section, paper):
    offer(paper, section, live=False).save_revision()


def on_a_newer_draft_of_a_live_page(section, paper):
    page = offer(paper, section, body=[])
    page.body = block(paper)
    page.save_revision()


def on_an_older_version(section, paper):
    page = offer(paper, section)
    page.save_revision().publish()
    page.body = []
    page.save_revision().publish()


def on_a_page_to_come(section, paper):
    page = offer(paper, section, live=False)
    page.go_live_at = timezone.now() + HOUR
    page.save_revision().publish()


def in_an_alert_to_come(section, paper):
    begins = timezone.now() + HOUR
    text = link(paper)[0]["value"]
    AlertFactory(text=text, starts_at=begins, ends_at=begins + HOUR)


def in_a_draft_of_an_alert(section, paper):
    AlertFactory(text=link(paper)[0]["value"], live=False)


NOT_OFFERED = [
    on_a_draft,
    on_a_newer_draft_of_a_live_page,
    on_an_older_version,
    on_a_page_to_come,
    in_an_alert_to_come,
    in_a_draft_of_an_alert,
]


def test_document_that_nobody_is_offered_is_for_nobody(
    section, paper, admin_client, client, django_user_model
):
    handler = django_user_model.objects.create_user("handler")
    handler.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(handler)
    assert asked_in_all_ways(paper) == [(404, False)] * 5
    # One state beside the other.
    for state in NOT_OFFERED:
        state(section, paper)
        assert asked_in_all_ways(paper) == [(404, False)] * 5, state
    assert ask(paper.url, client) == (404, False)
    assert ask(paper.url, admin_client) == (200, True)


@pytest.mark.parametrize("way", WAYS_TO_OFFER)
def test_document_is_for_everybody_while_a_page_offers_it(section, paper, way):
    page = way(paper, section)
    assert ask(paper.url) == (200, True)
    assert ask(paper.url, **{"If-None-Match": paper.file_hash})[0] in (200, 304)
    hidden = private_by_login(page, paper)
    next(hidden)
    assert asked_in_all_ways(paper) == [(404, False)] * 5
    next(hidden, None)
    assert ask(paper.url) == (200, True)


def test_document_in_an_alert_is_for_everybody_while_it_is_shown(
    section, paper, monkeypatch
):
    alert = AlertFactory(text=link(paper)[0]["value"])
    assert ask(paper.url) == (200, True)
    monkeypatch.setattr(timezone, "now", lambda: alert.ends_at)
    assert ask(paper.url) == (404, False)


@pytest.mark.parametrize("kind", ["login", "password"])
def test_whoever_may_read_a_private_page_may_have_its_document(
    section, paper, kind, client, django_user_model
):
    page = offer(paper, section)
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=kind, password="open sesame"
    )
    assert ask(paper.url, client) == (404, False)
    if kind == "login":
        client.force_login(django_user_model.objects.create_user("reader"))
    else:
        address = f"/_util/authenticate_with_password/{restriction.pk}/{page.pk}/"
        sent = {"password": "open sesame", "return_url": page.url}
        client.post(address, sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert ask(paper.url, client) == (200, True)
    page.unpublish()
    assert ask(paper.url, client) == (404, False)


@pytest.mark.parametrize("kind", ["login", "password"])
def test_document_of_a_private_collection_is_for_those_who_may_have_it(
    section, paper, kind, admin_client
):
    offer(paper, section)
    tag = Client().get(paper.url)["ETag"]
    paper.collection = Collection.get_first_root_node().add_child(name="Papers")
    paper.save()
    CollectionViewRestriction.objects.create(
        collection=paper.collection, restriction_type=kind, password="open sesame"
    )
    for headers in ({}, {"If-None-Match": tag}, {"Range": "bytes=0-3"}):
        status = 302 if kind == "login" else 200
        assert ask(paper.url, **headers) == (status, False)
    if kind == "login":
        assert ask(paper.url, admin_client) == (200, True)
    address = paper.url
    paper.delete()
    assert ask(address) == (404, False)


def test_without_the_question_all_of_it_would_leak(section, paper, monkeypatch):
    monkeypatch.setattr(receivers, "is_public", lambda document: True)
    assert ask(paper.url) == (200, True)
    for hide in (not_offered, unpublished, private_by_login):
        next(hide(offer(paper, section), paper))
        assert ask(paper.url) == (200, True)


# Pictures


@pytest.fixture
def image(admin_client, django_capture_on_commit_callbacks):
    """Return a picture that was uploaded, and looked at in the admin."""
    file = SimpleUploadedFile("embargoed-poster.jpg", photograph("JPEG"))
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post("/admin/images/add/", fields_of(file))
        image = Image.objects.get()
        for path in ("", f"{image.pk}/", "chooser/"):
            admin_client.get(f"/admin/images/{path}")
    return image


def statuses(names, client=None):
    return {(client or Client()).get(f"/media/{name}").status_code for name in names}


def files_of(image):
    return set(image.renditions.values_list("file", flat=True))


def test_address_of_a_picture_cannot_be_guessed_and_the_admins_sizes_are_for_staff(
    image, admin_client, client, django_user_model
):
    names = [name.split("/") for name in all_files(default_storage)]
    assert statuses(f"{parts[0]}/{parts[-1]}" for parts in names) == {404}
    assert len({folder for _, folder, _ in names}) == len(names) > 10
    # Who knows one size of a picture knows no other.
    others = [*names[1:], names[0]]
    pairs = zip(names, others, strict=True)
    guessed = (f"images/{folder}/{name}" for (_, folder, _), (*_, name) in pairs)
    assert statuses(guessed) == {404}
    assert image.filename == "embargoed-poster.jpg"

    made = dict(image.renditions.values_list("filter_spec", "file"))
    own = [made.pop(each) for each in ("max-165x165", "max-800x600", "original")]
    client.force_login(django_user_model.objects.create_user("reader"))
    assert statuses(own) == statuses(own, client) == {404}
    assert statuses(own, admin_client) == {200}
    # Wagtail's own way to them is none.
    assert statuses(name.removeprefix("staff_") for name in own) == {404}
    response = admin_client.get(f"/media/{own[0]}")
    assert response["Cache-Control"] == "private, max-age=86400"
    assert "X-Accel-Expires" not in response
    assert statuses(made.values()) == {200}


def private(image, how, admin_client):
    """Put an image into a private collection in one of the ways there are."""
    root = Collection.get_first_root_node()
    papers = root.add_child(name="Papers")
    restriction = {"collection": papers, "restriction_type": "login"}
    if how == "becomes private":
        Image.objects.filter(pk=image.pk).update(collection=papers)
        CollectionViewRestriction.objects.create(**restriction)
        return
    CollectionViewRestriction.objects.create(**restriction)
    if how == "is put there with others":
        address = "/admin/bulk/wagtailimages/image/add_to_collection/"
        admin_client.post(f"{address}?id={image.pk}", {"collection": papers.pk})
    elif how == "is put there":
        image.collection = papers
        image.save()
    elif how == "its collection is moved":
        below = Collection.objects.get(pk=root.pk).add_child(name="Reports")
        Image.objects.filter(pk=image.pk).update(collection=below)
        # As Wagtail's form does: it saves, then moves.
        below.save()
        below.move(papers, pos="sorted-child")


HOW = [
    "becomes private",
    "is put there",
    "is put there with others",
    "its collection is moved",
]


def test_picture_of_a_private_collection_is_for_staff(
    image, section, admin_client, django_capture_on_commit_callbacks
):
    page = StandardPageFactory(parent=section, picture=image)
    for how in HOW:
        # A page tries to make its pictures once a minute at most.
        cache.clear()
        image = Image.objects.get()
        shown = files_of(image)
        [poster] = get_pictures([image.pk], CARD).values()
        assert IN_PAGES in Client().get(page.url).content
        with django_capture_on_commit_callbacks(execute=True):
            private(image, how, admin_client)
        assert IN_PAGES not in Client().get(page.url).content, how
        for spec in ("original", LOGO.fallback, *CARD.specs):
            Image.objects.get().get_rendition(spec)
        names = files_of(image) | shown | {*all_files(default_storage)}
        assert statuses(names) == {404}, how
        assert not any(name.startswith("images/") for name in files_of(image))
        assert statuses(files_of(image), admin_client) == {200}
        # It is shown again, without a wait, once it may be.
        with django_capture_on_commit_callbacks(execute=True):
            CollectionViewRestriction.objects.get().delete()
        assert IN_PAGES in Client().get(page.url).content, how
        assert statuses([poster.url.removeprefix("/media/")]) == {404}


def test_if_nothing_followed_it_would_be_for_everybody(
    image, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("home.images.renditions.delete_misplaced", lambda images: None)
    with django_capture_on_commit_callbacks(execute=True):
        private(image, "is put there", None)
    assert 200 in statuses(files_of(image))


def test_where_wagtail_puts_them_sizes_of_the_admin_would_be_for_everybody(
    monkeypatch, request, admin_client
):
    model = Image.get_rendition_model()
    monkeypatch.setattr(model, "get_upload_to", model.get_upload_to.__wrapped__)
    assert statuses(files_of(request.getfixturevalue("image"))) == {200}
