"""Readers see what changed on a policy, and two published versions side by side."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
import wagtail_factories
from django.utils import timezone
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from community.models import PolicyDocument, PublishedVersion
from tests.community.policies.published_versions import (
    publish,
    publish_twice_as_recorded,
    published_policy,
    text,
)
from tests.factories import StandardPageFactory

DAY = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


@pytest.fixture
def policy(section):
    with time_machine.travel(DAY, tick=False):
        policy = published_policy(
            section, title="Food plan", slug="food", summary="Pantries open on Monday."
        )
    with time_machine.travel(DAY + timedelta(days=1), tick=False):
        return publish(policy, "New day", summary="Pantries open on Friday.")


def history_of(policy):
    return f"{policy.url}history/"


def compare_address(policy, **chosen):
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    return f"{history_of(policy)}compare/?{query}"


def versions_of(policy):
    versions = PublishedVersion.objects.filter(page=policy).order_by("published_at")
    return list(versions.values_list("pk", flat=True))


def compare(read, policy):
    first, *_, last = versions_of(policy)
    return read(compare_address(policy, **{"from": first, "to": last}))


def entries(html):
    items = html.select(".page-history__notes li")
    return [item.get_text(" ", strip=True).partition(" Compare")[0] for item in items]


def test_history_lists_all_publications_newest_first(policy, read, uncached):
    assert read(policy.url).select_one(f'main a[href="{history_of(policy)}"]')
    publish(policy, body=[])
    html = read(history_of(policy))
    minor, *others = entries(html)
    assert "Minor edit" in minor
    assert others == [
        "4 March 2026, 2:05pm New day",
        "3 March 2026, 2:05pm First published",
    ]
    link = html.select(".page-history__notes a")[1]
    compared = read(link["href"])
    assert compared.select_one('meta[name="robots"]')["content"] == "noindex"
    row = compared.select_one(".diff__row")
    # The words are for those who cannot see the marks.
    assert row.find("del").get_text() == "Removed: Monday (end)"
    assert row.find("ins").get_text() == "Added: Friday (end)"
    policy.unpublish()
    policy.live_revision = None
    policy.latest_revision.publish()
    # The note is with the first time only.
    assert "Shown again" in entries(read(history_of(policy)))[0]
    # Without versions, as of what was published while the page was private.
    PublishedVersion.objects.filter(page=policy).delete()
    html = read(history_of(policy))
    assert entries(html) == others
    assert not html.select("form.version-form")


def test_dates_texts_and_documents_are_compared(section, read, policy):
    document = wagtail_factories.DocumentFactory(title="Old plan")
    policy.documents.add(PolicyDocument(document=document))
    body = [
        ("heading", {"text": "Who it is for", "level": "h2"}),
        ("text", "<p>Everyone.</p><ul><li>Bring a bag</li></ul>"),
        ("heading", {"text": "<script>alert(1)</script>", "level": "h2"}),
        ("call_to_action", {"text": "Apply", "url": "https://example.org/"}),
        ("documents", {"heading": "Files", "documents": [document]}),
    ]
    now = publish(policy, documents=policy.documents.all(), body=body)
    publish(now, adopted_on=DAY.date())
    html = compare(read, policy)
    assert not html.main.select("script")
    for expected in (
        "<script>alert(1)</script>",
        "Who it is for",
        "Everyone.",
        "Bring a bag",
        "Apply (https://example.org/)",
        "Adopted: 3 March 2026",
        "Old plan",
    ):
        assert expected in text(html)
    document.delete()
    words = text(compare(read, policy))
    assert "Old plan" not in words
    assert "A document that is no longer available" in words


DRAFT = "Words of a draft"


def test_draft_never_appears(policy, client, read):
    policy.summary = DRAFT
    policy.save_revision()
    page = history_of(policy)
    for address in (page, compare_address(policy)):
        assert DRAFT not in read(address).get_text()
    assert DRAFT not in compare(read, policy).get_text()
    draft = policy.latest_revision_id
    assert not PublishedVersion.objects.filter(pk=draft).exists()
    naive = compare_address(policy, **{"from": versions_of(policy)[0], "to": draft})
    assert client.get(naive).status_code == 404
    for wrong in ("0", "-1", "x", "", "9" * 40, "²", "%00"):
        for name in ("from", "to"):
            address = compare_address(policy, **{name: wrong})
            assert client.get(address).status_code == 404
    # The negative control: what is archived is shown.
    PublishedVersion.objects.create(
        page=policy,
        published_at=DAY + timedelta(days=2),
        ended_at=DAY + timedelta(days=3),
        content=policy.latest_revision.content,
    )
    assert DRAFT in text(compare(read, policy))


def test_hidden_version_is_gone_also_from_the_cache(policy, client, read, admin_client):
    publish(policy, summary="Pantries open daily.")
    first, middle, last = versions_of(policy)
    address = compare_address(policy, **{"from": first, "to": middle})
    assert client.get(address).status_code == 200
    assert "hit" in client.get(f"{address}&x=1")["Cache-Status"]
    admin_client.post(f"/admin/pages/{policy.pk}/published-versions/{middle}/hide/")
    assert client.get(address).status_code == 404
    html = read(history_of(policy))
    assert f"={middle}" not in str(html)
    # What changed since the last one that readers may see.
    assert f"from={first}&to={last}" in html.select_one(".page-history a")["href"]


def test_history_of_what_is_not_public_is_not_found(section, policy, client):
    def is_found():
        addresses = history_of(policy), compare_address(policy)
        return {client.get(address).status_code for address in addresses} == {200}

    assert is_found()
    policy.expire_at = timezone.now() - timedelta(seconds=1)
    policy.save()
    assert not is_found()
    policy.expire_at = None
    policy.save()
    restriction = PageViewRestriction.objects.create(
        page=section, restriction_type="login"
    )
    assert not is_found()
    restriction.delete()
    policy.unpublish()
    assert not is_found()


def test_page_named_history_keeps_its_address(section, read):
    page = StandardPageFactory(parent=section, slug="history", title="Our history")
    below = StandardPageFactory(parent=section, slug="other")
    assert page.url.endswith("/history/")
    assert text(read(page.url)).startswith("Our history")
    read(f"{below.url}history/", status=404)


def test_outcome_before_its_day_is_not_shown(policy, read):
    tomorrow = timezone.localdate() + timedelta(days=1)
    texts = dict.fromkeys(("we_asked", "you_said", "we_did"), "<p>Secret outcome</p>")
    now = publish(policy, outcome_published_on=tomorrow, **texts)
    assert "Secret outcome" not in text(compare(read, policy))
    # The next version replaced it before anyone had read it.
    publish(now, outcome_published_on=None, **dict.fromkeys(texts, ""))
    _, _, secret, last = versions_of(policy)
    address = compare_address(policy, **{"from": secret, "to": last})
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert "Secret outcome" not in text(read(address))
    publish(now, outcome_published_on=timezone.localdate(), **texts)
    assert "Secret outcome" in text(compare(read, policy))


def test_ways_to_respond_are_shown_of_versions_from_while_they_could_be_used(
    policy, read
):
    now = timezone.now()
    dates = {
        "consultation_opens_at": now + timedelta(days=1),
        "consultation_closes_at": now + timedelta(days=2),
    }
    asked = {"consultation_purpose": "Which day?", "respond_url": "https://a.example/"}
    publish(policy, adopted_on=DAY.date(), **dates, **asked)
    words = text(compare(read, policy))
    assert "Which day?" not in words
    assert "https://a.example/" not in words
    publish(policy, adopted_on=None)
    words = text(compare(read, policy))
    assert "Which day?" in words
    assert "https://a.example/" not in words
    with time_machine.travel(now + timedelta(days=3)):
        assert "https://a.example/" in text(compare(read, policy))


def linked_body(page, document):
    return [
        (
            "text",
            f'<p><a linktype="page" id="{page.pk}">{page.title}</a> and '
            f'<a linktype="document" id="{document.pk}">{document.title}</a></p>',
        ),
        ("call_to_action", {"text": page.title, "page": page}),
        ("documents", {"heading": "Files", "documents": [document]}),
    ]


def test_titles_that_are_private_now_are_not_shown(section, policy, read):
    page = StandardPageFactory(parent=section, title="Talks with the landlord")
    collection = Collection.get_first_root_node().add_child(name="Office")
    document = wagtail_factories.DocumentFactory(
        title="Minutes of the talks", collection=collection
    )
    policy.documents.add(PolicyDocument(document=document, title="The minutes"))
    values = {"documents": policy.documents.all(), "body": linked_body(page, document)}
    publish(policy, **values)
    titles = (page.title, document.title, "The minutes")
    words = text(compare(read, policy))
    # The negative control: while they are public they are told.
    assert all(title in words for title in titles)
    PageViewRestriction.objects.create(page=page, restriction_type="login")
    CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="login"
    )
    words = text(compare(read, policy))
    assert not any(title in words for title in titles)
    assert "a page that is no longer available" in words
    assert "A document that is no longer available" in words


def make_versions(policy, number):
    content = PublishedVersion.objects.filter(page=policy).first().content
    PublishedVersion.objects.bulk_create(
        PublishedVersion(
            page=policy,
            revision_id=10**9 + each,
            published_at=DAY - timedelta(days=each),
            ended_at=DAY,
            content=content,
        )
        for each in range(1, number)
    )


def test_long_history_takes_as_many_queries_as_a_short_one(
    policy, client, uncached, django_assert_max_num_queries
):
    client.get(history_of(policy))
    make_versions(policy, 50)
    with django_assert_max_num_queries(20):
        html = client.get(history_of(policy)).content.decode()
    assert html.count("Compare with the previous version") == 50
    with django_assert_max_num_queries(35):
        client.get(compare_address(policy))


def test_first_publication_in_the_editor_is_no_minor_edit(admin_client, section, read):
    with time_machine.travel(DAY.replace(microsecond=188_417), tick=True):
        policy = publish_twice_as_recorded(admin_client, section)
    said = [each.rpartition(") ")[2] for each in entries(read(history_of(policy)))]
    assert said == ["Minor edit", "First published"]


def test_versions_of_one_minute_have_a_name_each(policy, read):
    for second in (3, 3, 50):
        with time_machine.travel(DAY + timedelta(days=2, seconds=second), tick=False):
            publish(policy, summary=f"At {second}.")
    names = [
        each.get_text()
        for each in read(history_of(policy)).select("#version-to option")
    ]
    assert names == [
        "5 March 2026, 2:05pm (3 of 3)",
        "5 March 2026, 2:05pm (2 of 3)",
        "5 March 2026, 2:05pm (1 of 3)",
        "4 March 2026, 2:05pm",
        "3 March 2026, 2:05pm",
    ]
    html = read(compare_address(policy))
    assert {each.find(string=True) for each in html.select(".diff h3")} == {*names[:2]}
    times = [each.get_text() for each in read(history_of(policy)).select("li time")]
    assert times == names
