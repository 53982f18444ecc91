"""What readers see on the page of a policy (P4)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import wagtail_factories

from community.models import PolicyDocument
from tests.factories import PolicyUpdatePageFactory

DAY = date(2020, 7, 1)


def status_text(html):
    return html.select_one(".policy-status").get_text(" ", strip=True)


def test_replaced_policy_links_to_its_replacement_while_that_is_public(section, read):
    newer = PolicyUpdatePageFactory(parent=section, title="Newer plan")
    older = PolicyUpdatePageFactory(parent=section, replaced_on=DAY, replaced_by=newer)
    html = read(older.url)
    assert "Replaced on 1 July 2020 by Newer plan" in status_text(html)
    assert html.select_one(".policy-status a")["href"] == newer.url
    newer.unpublish()
    html = read(older.url)
    assert "Replaced on 1 July 2020" in status_text(html)
    assert "Newer plan" not in html.get_text()
    newer.delete()
    assert "Replaced on 1 July 2020" in status_text(read(older.url))


def test_withdrawn_policy_says_why_and_not_before(section, read):
    reason = "<b>The law</b> has changed."
    policy = PolicyUpdatePageFactory(
        parent=section, withdrawn_on=DAY, withdrawn_reason=reason
    )
    assert f"Withdrawn on 1 July 2020. {reason}" in status_text(read(policy.url))
    policy.withdrawn_on = date(2090, 1, 1)
    policy.save()
    assert "The law" not in read(policy.url).get_text()


def test_kind_and_key_dates_are_shown_by_the_clock_in_london(section, read):
    opens = datetime(2020, 7, 1, 9, 30, tzinfo=ZoneInfo("Europe/London"))
    closes = datetime(2020, 12, 1, 17, tzinfo=ZoneInfo("Europe/London"))
    policy = PolicyUpdatePageFactory(
        parent=section,
        kind="strategy",
        adopted_on=DAY,
        consultation_opens_at=opens,
        consultation_closes_at=closes,
    )
    text = status_text(read(policy.url))
    assert text.startswith("Strategy: Adopted")
    assert "Consultation opened 1 July 2020, 9:30am" in text
    assert "Consultation closed 1 December 2020, 5pm" in text


def test_documents_are_listed_in_order_with_type_and_size(section, read):
    policy = PolicyUpdatePageFactory(parent=section)
    assert not read(policy.url).select(".documents")
    for number, (title, name) in enumerate(
        [("", "framework.pdf"), ("Easy read", "easy.docx")]
    ):
        document = wagtail_factories.DocumentFactory(
            title="Its own title", file__filename=name, file__data=b"x" * 3072
        )
        PolicyDocument.objects.create(
            page=policy, document=document, title=title, sort_order=number
        )

    def shown():
        items = read(policy.url).select(".documents li")
        texts = [item.get_text(" ", strip=True) for item in items]
        return [text.replace("\xa0", " ") for text in texts]

    assert shown() == ["Its own title (PDF, 3.0 KB)", "Easy read (DOCX, 3.0 KB)"]
    document.delete()
    assert shown() == ["Its own title (PDF, 3.0 KB)"]
