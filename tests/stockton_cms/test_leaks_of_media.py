"""No document or picture is given to anyone who may not see it, by whatever address.

A document in every state of the page that offers it, asked for again, and with what a
browser has of it already. Pictures by every address that their files have.
"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.models import (
    Collection,
    CollectionViewRestriction,
    PageViewRestriction,
)

from home.images.renditions import CARD, LOGO, get_pictures
from search.indexing import receivers
from stockton_cms.operations.backup.create import all_files
from tests.factories import AlertFactory, StandardPageFactory
from tests.hiding import (
    moved_into_a_private_collection,
    not_offered,
    private_by_login,
    unpublished,
)
from tests.home.images.test_metadata import fields_of, photograph
from tests.search.indexing.files.offering import (
    WAYS_TO_OFFER,
    block,
    link,
    offer,
    save_file,
)

CANARY, IN_PAGES = b"quetzal", b"/media/images/"
Image = get_image_model()


@pytest.fixture
def paper(db):
    return save_file(title="Plan", data=CANARY, name="cabinet-report-2027.csv")


def ask(address, client=None, **headers):
    """Return the status, and whether the visitor has got the document."""
    response = (client or Client()).get(address, headers=headers)
    return response.status_code, CANARY in response.getvalue()


def asked_in_all_ways(paper):
    """Return what visitors are told who ask again or who had it before."""
    tag, day = f'"{paper.file_hash}"', "Fri, 01 Jan 2100 00:00:00 GMT"
    seen = ({}, {"If-None-Match": tag}, {"If-None-Match": "*"})
    seen += ({"If-Modified-Since": day}, {"Range": "bytes=0-3"})
    return [ask(paper.url, **headers) for headers in seen]


# Documents


@pytest.mark.parametrize("way", WAYS_TO_OFFER)
def test_document_that_a_page_offers_is_for_everybody(section, paper, way):
    way(paper, section)
    assert ask(paper.url) == (200, True)
    assert ask(paper.url, **{"If-None-Match": paper.file_hash})[0] in (200, 304)


# Ways in which no one is offered a document, one beside the other.


def never_offered(section, paper):
    pass


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
    page.go_live_at = timezone.now() + timedelta(hours=1)
    page.save_revision().publish()


def in_an_alert_to_come(section, paper):
    begins = timezone.now() + timedelta(hours=1)
    ends = begins + timedelta(hours=1)
    AlertFactory(text=link(paper)[0]["value"], starts_at=begins, ends_at=ends)


def in_a_draft_of_an_alert(section, paper):
    AlertFactory(text=link(paper)[0]["value"], live=False)


NOT_OFFERED = [
    never_offered,
    on_a_draft,
    on_a_newer_draft_of_a_live_page,
    on_an_older_version,
    on_a_page_to_come,
    in_an_alert_to_come,
    in_a_draft_of_an_alert,
]


def test_document_that_nobody_is_offered_is_for_nobody(section, paper, admin_client):
    for state in NOT_OFFERED:
        state(section, paper)
        assert asked_in_all_ways(paper) == [(404, False)] * 5, state
    assert ask(paper.url, admin_client) == (200, True)


def test_document_in_an_alert_is_for_everybody_while_it_is_shown(
    section, paper, monkeypatch
):
    alert = AlertFactory(text=link(paper)[0]["value"])
    assert ask(paper.url) == (200, True)
    monkeypatch.setattr(timezone, "now", lambda: alert.ends_at)
    assert ask(paper.url) == (404, False)


WAYS_TO_HIDE = [not_offered, unpublished, private_by_login]


@pytest.mark.parametrize("hide", [*WAYS_TO_HIDE, moved_into_a_private_collection])
def test_document_goes_with_the_page_that_offered_it(section, paper, hide):
    page = offer(paper, section)
    assert ask(paper.url) == (200, True)
    way = hide(page, paper)
    next(way)
    assert not [each for each in asked_in_all_ways(paper) if each[1] or each[0] == 304]
    next(way, None)
    assert ask(paper.url) == (200, True)


def test_document_goes_at_the_second_at_which_its_page_expires(
    section, paper, monkeypatch
):
    expiry = timezone.now() + timedelta(hours=1)
    offer(paper, section, expire_at=expiry)
    monkeypatch.setattr(timezone, "now", lambda: expiry - timedelta(seconds=1))
    assert ask(paper.url) == (200, True)
    monkeypatch.setattr(timezone, "now", lambda: expiry)
    assert asked_in_all_ways(paper) == [(404, False)] * 5


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


def test_colleague_without_rights_to_documents_gets_what_visitors_get(
    section, paper, client, django_user_model
):
    user = django_user_model.objects.create_user("handler")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert ask(paper.url, client) == (404, False)


def test_without_the_question_all_of_it_would_leak(section, paper, monkeypatch):
    monkeypatch.setattr(receivers, "is_public", lambda document: True)
    assert ask(paper.url) == (200, True)
    for hide in WAYS_TO_HIDE:
        next(hide(offer(paper, section), paper))
        assert ask(paper.url) == (200, True)


# Pictures


@pytest.fixture
def upload(admin_client, django_capture_on_commit_callbacks):
    def send():
        file = SimpleUploadedFile("embargoed-poster.jpg", photograph("JPEG"))
        with django_capture_on_commit_callbacks(execute=True):
            admin_client.post("/admin/images/add/", fields_of(file))
            image = Image.objects.get()
            admin_client.get("/admin/images/")
            admin_client.get(f"/admin/images/{image.pk}/")
            admin_client.get("/admin/images/chooser/")
        return image

    return send


def statuses(names, client=None):
    return {(client or Client()).get(f"/media/{name}").status_code for name in names}


def files_of(image):
    return set(image.renditions.values_list("file", flat=True))


def test_address_of_a_picture_cannot_be_guessed(upload):
    image = upload()
    names = [*all_files(default_storage)]
    guessed = {f"{name.split('/')[0]}/{name.split('/')[-1]}" for name in names}
    assert statuses(guessed) == {404}
    folders = {name.split("/")[1] for name in names}
    assert len(folders) == len(names) > 10
    # Who knows one size of a picture knows no other.
    assert statuses(
        f"images/{folder}/{other.split('/')[-1]}"
        for folder in folders
        for other in names
        if folder not in other
    ) == {404}
    assert image.filename == "embargoed-poster.jpg"


def test_sizes_of_the_admin_are_for_staff(upload, admin_client, django_user_model):
    image = upload()
    made = dict(image.renditions.values_list("filter_spec", "file"))
    assert made.keys() >= {"max-165x165", "max-800x600", "original"}
    own = [made.pop(each) for each in ("max-165x165", "max-800x600", "original")]
    assert statuses(own) == {404}
    assert statuses(own, admin_client) == {200}
    # Wagtail's own way to them is none.
    assert statuses(name.removeprefix("staff_") for name in own) == {404}
    response = admin_client.get(f"/media/{own[0]}")
    assert response["Cache-Control"] == "private, max-age=86400"
    assert "X-Accel-Expires" not in response
    assert statuses(made.values()) == {200}
    visitor = Client()
    visitor.force_login(django_user_model.objects.create_user("reader"))
    assert statuses(own, visitor) == {404}


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


@pytest.mark.parametrize("how", HOW)
def test_picture_of_a_private_collection_is_for_staff(
    upload, section, admin_client, how, django_capture_on_commit_callbacks
):
    image = upload()
    page = StandardPageFactory(parent=section, picture=image)
    shown = files_of(image)
    [poster] = get_pictures([image.pk], CARD).values()
    assert IN_PAGES in Client().get(page.url).content
    with django_capture_on_commit_callbacks(execute=True):
        private(image, how, admin_client)
    assert IN_PAGES not in Client().get(page.url).content
    for spec in ("original", LOGO.fallback, *CARD.specs):
        Image.objects.get().get_rendition(spec)
    names = files_of(image) | shown | {*all_files(default_storage)}
    assert statuses(names) == {404}
    assert not any(name.startswith("images/") for name in files_of(image))
    assert statuses(files_of(image), admin_client) == {200}
    # It is shown again, without a wait, once it may be.
    with django_capture_on_commit_callbacks(execute=True):
        CollectionViewRestriction.objects.get().delete()
    assert IN_PAGES in Client().get(page.url).content
    assert statuses([poster.url.removeprefix("/media/")]) == {404}


def test_if_nothing_followed_it_would_be_for_everybody(
    upload, monkeypatch, django_capture_on_commit_callbacks
):
    image = upload()
    monkeypatch.setattr("home.images.renditions.delete_misplaced", lambda images: None)
    with django_capture_on_commit_callbacks(execute=True):
        private(image, "is put there", None)
    assert 200 in statuses(files_of(image))


def test_where_wagtail_puts_them_sizes_of_the_admin_would_be_for_everybody(
    upload, monkeypatch
):
    model = Image.get_rendition_model()
    monkeypatch.setattr(model, "get_upload_to", model.get_upload_to.__wrapped__)
    assert statuses(files_of(upload())) == {200}
