"""Which links of a page are stored, and which of them are broken."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.models import Collection, PageViewRestriction

from community.models import PolicyDocument, RelatedPage
from home.editorial.link_checker import check_links
from home.editorial.links import Problem, broken_links
from home.editorial.models import ExternalLink, PageLink
from tests.factories import (
    AlertFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)


def text(html):
    return [("text", html)]


def link_to(page, words="there"):
    return f'<p><a linktype="page" id="{page.pk}">{words}</a></p>'


def problems(at=None):
    return [link.problem for link in broken_links(at or timezone.now())]


@pytest.fixture
def target(home):
    """Return a page to link to."""
    return StandardPageFactory(parent=home, slug="target")


@pytest.fixture
def source(home, target):
    """Return a live page with a link to `target`."""
    return StandardPageFactory(parent=home, body=text(link_to(target)))


# What is stored


def test_link_to_a_number_that_no_page_can_have_is_broken(home):
    for number in ("9" * length for length in (10, 18, 19, 5_000)):
        # Wagtail's index of references holds no longer ones.
        stored = number[:255]
        rich = (
            f'<p><a linktype="page" id="{stored}">a page</a> '
            f'<a linktype="document" id="{stored}">a file</a> '
            f'<a href="/documents/{number}/plan.pdf">an address</a></p>'
        )
        StandardPageFactory(parent=home, body=text(rich))
    assert PageLink.objects.count() == len(problems()) == 12


def test_links_are_found_wherever_a_page_may_have_them(home, section, target):
    link = {"text": "the button", "page": target.pk, "url": ""}
    other = {"text": "the other", "page": None, "url": "https://a.test/button"}
    cell = {"text": "in a cell", "page": None, "url": "https://a.test/cell"}
    columns = [{"type": "link", "heading": "H"}]
    table = {"caption": "C", "columns": columns, "rows": [{"values": [cell]}]}
    html = '<a href="https://a.test/details">in details</a>'
    page = PartnershipPageFactory(
        parent=section,
        get_involved='<p><a href="https://a.test/rich#part">rich</a></p>',
        website="https://a.test/website",
    )
    blocks = [
        ("call_to_action", link),
        ("call_to_action", other),
        ("table", table),
        ("details", {"summary": "s", "text": html}),
    ]
    page.body = page.body.stream_block.to_python(
        [{"type": kind, "value": value} for kind, value in blocks]
    )
    page.partners.create(name="A partner", website="https://a.test/partner")
    policy = PolicyUpdatePageFactory(parent=section)
    page.related_pages.add(RelatedPage(related_page=policy))
    page.save()
    links = PageLink.objects.filter(page=page)
    external = links.filter(external__isnull=False)
    assert dict(external.values_list("external__address", "text")) == {
        "https://a.test/rich": "rich",
        "https://a.test/website": "website",
        "https://a.test/button": "the other",
        "https://a.test/cell": "in a cell",
        "https://a.test/details": "in details",
        "https://a.test/partner": "A partner",
    }
    pages = links.filter(target_page__isnull=False)
    assert pages.filter(text="the button", target_page=target).exists()
    assert pages.count() == 2


def test_what_cannot_break_is_left_out_and_an_address_is_stored_once(home):
    links = "".join(
        f'<a href="{address}">x</a>'
        for address in ("mailto:a@b.test", "tel:0123", "#part", "javascript:x", " ")
    )
    StandardPageFactory(parent=home, body=text(links))
    assert not PageLink.objects.exists()
    for number in range(3):
        html = f'<a href="https://a.test/">{number}</a>'
        StandardPageFactory(parent=home, body=text(html))
    assert ExternalLink.objects.get().uses.count() == 3


def test_links_follow_what_is_published(source, target):
    source.body = text(link_to(target) + '<a href="https://a.test/">new</a>')
    revision = source.save_revision()
    assert PageLink.objects.count() == 1
    revision.publish()
    assert PageLink.objects.count() == 2
    source.unpublish()
    assert not PageLink.objects.exists()
    revision.publish()
    assert PageLink.objects.count() == 2
    source.delete()
    assert not PageLink.objects.exists()


def test_all_can_be_read_again(home, source):
    alert = AlertFactory(live=True, text='<a href="https://a.test/">x</a>')
    stored = PageLink.objects.values_list("text", "page", "object_id")
    PageLink.objects.all().delete()
    call_command("recheck_pages")
    assert set(stored) == {("there", source.pk, None), ("x", None, alert.pk)}


# What is broken


def test_a_link_is_broken_while_its_page_is_not_published(home, source, target):
    # An alias is not edited, so its links are not listed.
    source.create_alias(parent=home, update_slug="alias")
    assert problems() == []
    target.unpublish()
    assert problems() == [Problem.NOT_PUBLISHED]
    target.expire_at = ends_at = timezone.now() + timedelta(hours=1)
    target.save_revision().publish()
    assert problems(ends_at - timedelta(seconds=1)) == []
    assert problems(ends_at) == [Problem.EXPIRED]
    # Nor is a link of a page that has expired itself.
    source.expire_at = ends_at
    source.save_revision().publish()
    assert problems(ends_at) == []


def test_a_link_to_a_deleted_page_is_broken_however_it_was_made(home, source, target):
    button = {"text": "the button", "page": target, "url": ""}
    StandardPageFactory(parent=home, body=[("call_to_action", button)])
    html = link_to(target)
    target.delete()
    StandardPageFactory(parent=home, body=text(html))
    assert problems() == [Problem.DELETED] * 3


def test_a_public_page_should_not_lead_to_a_private_one_or_below(
    home, section, source, target
):
    below = PartnershipPageFactory(parent=section)
    other = StandardPageFactory(parent=home, body=text(link_to(below)))
    PageViewRestriction.objects.create(page=target, restriction_type="login")
    assert problems() == [Problem.PRIVATE]
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    assert problems() == [Problem.PRIVATE] * 2
    for page in (source, other):
        PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert problems() == []


def test_links_to_documents_break_when_they_are_deleted_or_private(section):
    board = Collection.get_first_root_node().add_child(name="Board")
    file = ContentFile(b"a,b", name="plan.csv")
    document = get_document_model().objects.create(file=file, collection=board)
    page = PolicyUpdatePageFactory(parent=section)
    page.documents.add(PolicyDocument(document=document))
    page.save()
    assert problems() == []
    board.view_restrictions.create(restriction_type="login")
    assert problems() == [Problem.FILE_PRIVATE]
    document.delete()
    assert problems() == [Problem.FILE_DELETED]


BROKEN = """
/nowhere/ http://localhost/nowhere/ https://localhost/nowhere
http://testserver/nowhere/?a=b#c /target/deeper/ /documents-of-old.pdf
"""
FINE = """
/ /target/ /target http://localhost/target/?a=b /search/?query=bins
/sitemap.xml /old/ /moved/ /stronger-communities/a-to-z/
"""


def test_typed_addresses_of_ours_are_looked_up(home, section, target):
    Redirect.objects.create(old_path="/old", redirect_page=target)
    Redirect.objects.create(old_path="/moved", redirect_link="https://a.test/")
    broken, fine = BROKEN.split(), FINE.split()
    for number, addresses in enumerate((broken, fine)):
        links = (f'<a href="{address}">{address}</a>' for address in addresses)
        StandardPageFactory(parent=home, title=f"{number}", body=text("".join(links)))
    found = broken_links(timezone.now())
    assert sorted(link.text for link in found) == sorted(broken)
    assert {link.problem for link in found} == {Problem.NOWHERE}
    assert not ExternalLink.objects.exists()


def test_a_typed_address_of_ours_follows_its_page(home, target, settings):
    settings.CHECK_EXTERNAL_LINKS = False
    links = text('<a href="/target/">x</a><a href="/later/">y</a>')
    StandardPageFactory(parent=home, body=links)
    check_links(timezone.now())
    assert problems() == [Problem.NOWHERE]
    StandardPageFactory(parent=home, slug="later")
    check_links(timezone.now())
    assert problems() == []
    target.slug = "elsewhere"
    target.save()
    assert problems() == []
    target.unpublish()
    assert problems() == [Problem.NOT_PUBLISHED]


def test_links_of_alerts_count_while_people_see_the_alert(home, target):
    alert = AlertFactory(live=False, link_page=target, link_text="Details")
    alert.save_revision().publish()
    target.unpublish()
    assert problems() == [Problem.NOT_PUBLISHED]
    assert problems(alert.ends_at) == []
    alert.refresh_from_db()
    alert.unpublish()
    assert not PageLink.objects.exists()
