"""Builds the site that the browser tests read: `python -m tests.browser.content`.

Needs the environment of a site whose database is migrated and empty.
"""

import os
from datetime import timedelta

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "stockton_cms.settings"
    django.setup()

import wagtail_factories
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Page, PageViewRestriction, Site

from community.models import (
    AlertScope,
    Partner,
    PolicyDocument,
    PolicyUpdatePage,
    RelatedPage,
    Subscriber,
)
from community.models.alerts import Scope, Severity
from home.models import ChangeNote, SiteSettings
from search.models import PromotionSnippet
from tests.browser.blocks import (
    ARABIC,
    LONG_WORDS,
    RICH_TEXT,
    body_of,
    every_block,
    wide_table,
)
from tests.browser.officers import build_officers
from tests.browser.states import (
    ANSWERED,
    DISMISSED_ALERT,
    JOURNEY_ALERT,
    POLICY_STATUSES,
    REFERENCE,
    SEVERITIES,
    SUBSCRIBED_AT,
    SUBSCRIBER,
    UNDECIDED,
    VOTED_ON,
)
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    EnquiryFactory,
    HomePageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

DAY = timedelta(days=1)


def build_subscribers(section):
    """Make a subscriber, and one who has not confirmed."""
    subscriber, undecided = (
        Subscriber.objects.create(
            pk=pk, email=email, email_key=email, created_at=SUBSCRIBED_AT
        )
        for pk, email in ((SUBSCRIBER, "a@example.org"), (UNDECIDED, "b@example.org"))
    )
    now = timezone.now()
    subscriber.subscriptions.create(page=section, frequency="weekly", confirmed_at=now)
    subscriber.subscriptions.create(page=None, confirmed_at=now)
    policy = PolicyUpdatePage.objects.live().first()
    subscriber.subscriptions.create(page=policy)
    undecided.subscriptions.create(page=None)


def put(factory, parent, title, **values):
    """Publish a page, as the admin does."""
    page = factory(parent=parent, title=title, **{"slug": slugify(title), **values})
    page.save_revision().publish()
    page.refresh_from_db()
    parent.refresh_from_db()
    return page


def picture(title):
    """Return a new image of the size of a photograph."""
    return wagtail_factories.ImageFactory(
        title=title, description=title, file__width=1000, file__height=562
    )


def build_home():
    """Make the home page the site's, and fill in the settings."""
    root = Page.objects.get(depth=1)
    home = put(
        HomePageFactory,
        root,
        "Stockton-on-Tees Borough Council services",
        introduction="<p>Everything that we do for your community.</p>",
    )
    assert home.pk == VOTED_ON, "States name it by its number."
    site, _ = Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "127.0.0.1", "root_page": home, "port": 80},
    )
    for page in root.get_children().exact_type(Page):
        page.delete()
    SiteSettings.objects.create(
        site=site,
        phone="01632 960000",
        email="communities@example.gov.uk",
        address="Church Road\nStockton-on-Tees\nTS18 1TU",
        footer_note="We answer within five working days.",
        social_links=[("link", {"label": "Facebook", "url": "https://example.org/f"})],
        emergency_numbers=[
            ("number", {"label": "Housing emergencies", "number": "01632 960001"}),
            ("number", {"label": "Flooding", "number": "01632 960002"}),
        ],
    )
    return home


def build_section(home):
    """Build the section with partnerships, and policies in every status."""
    section = put(
        CommunityIndexPageFactory,
        home,
        "Stronger communities",
        picture=picture("A street party in Norton"),
        introduction=RICH_TEXT,
        body=body_of(every_block(home)[:2]),
    )
    bare = put(
        PartnershipPageFactory,
        section,
        "Riverside partnership",
        slug="partnership-that-is-bare",
        summary="",
        lead_officer="",
    )
    policies = [build_policy(section, status) for status in POLICY_STATUSES]
    full = put(
        PartnershipPageFactory,
        section,
        "Catalyst partnership",
        slug="partnership-with-everything",
        picture=picture("Volunteers at a pantry"),
        body=body_of(every_block(home)[:6]),
        get_involved=RICH_TEXT,
        website="https://example.org/catalyst/",
        contact_email="catalyst@example.org",
        contact_phone="01632 960003",
    )
    full.partners = [
        Partner(name="Fire brigade", logo=picture("Logo"), sort_order=1),
        Partner(name="Tees Valley Care", website="https://example.org/care/"),
    ]
    full.save()
    for number, other in enumerate([bare, *policies[:3]]):
        RelatedPage.objects.create(page=full, related_page=other, sort_order=number)
    ChangeNote.objects.create(page=full, note="Added a partner", revision_id=9001)
    summary = "Where community groups can get grants and advice."
    for title in ("Community grants", "Warm places"):
        looks = {"picture": picture(title), "summary": summary}
        put(StandardPageFactory, section, title, **looks)
    return section


def build_policy(section, status):
    """Build a policy that stands where `status` says, with documents and notes."""
    now = timezone.now()
    today = timezone.localdate()
    opened = {
        "consultation_opens_at": now - 10 * DAY,
        "consultation_closes_at": now - 5 * DAY,
        "consultation_purpose": "Which community spaces do you use, and why?",
        "respond_url": "https://example.org/survey",
        "respond_email": "spaces@example.gov.uk",
        "respond_address": "Church Road\nStockton-on-Tees",
        "we_asked": "<p>Which community spaces people use.</p>",
        "you_said": "<p>Most use the library.</p>",
        "we_did": "<p>The library stays open until 8pm.</p>",
    }
    values = {
        "proposed": {},
        "consultation-open": {**opened, "consultation_closes_at": now + 5 * DAY},
        "awaiting-outcome": opened,
        "closed": {**opened, "outcome_published_on": today - DAY},
        "adopted": {"adopted_on": today - 40 * DAY},
        "under-review": {
            "adopted_on": today - 40 * DAY,
            "review_started_on": today - DAY,
        },
        "replaced": {"replaced_on": today - DAY},
        "withdrawn": {
            "withdrawn_on": today - DAY,
            "withdrawn_reason": "The law has changed.",
        },
    }[status]
    if status == "replaced":
        values["replaced_by"] = PolicyUpdatePage.objects.get(slug="policy-adopted")
    policy = put(
        PolicyUpdatePageFactory,
        section,
        f"Tackling poverty framework, {status.replace('-', ' ')}",
        slug=f"policy-{status}",
        summary="How we fight poverty with our partners.",
        body=body_of(every_block(section)[:3]),
        **values,
    )
    for title in ("The whole framework", ""):
        document = wagtail_factories.DocumentFactory(title=f"Paper for {policy.title}")
        PolicyDocument.objects.create(page=policy, document=document, title=title)
    for number in range(3):
        ChangeNote.objects.create(
            page=policy,
            note=f"Added the figures of year {number}",
            published_at=now - number * DAY,
            revision_id=10_000 + policy.pk * 10 + number,
        )
    if status == "adopted":
        publish_again(policy)
    return policy


def publish_again(policy):
    """Publish a policy twice, so that it has versions to compare."""
    for summary, note in (
        (policy.summary, "First figures"),
        ("How we fight poverty with residents and our partners.", ""),
    ):
        policy.summary, policy.change_note, policy.minor_edit = summary, note, not note
        policy.save_revision().publish()
        policy = PolicyUpdatePage.objects.get(pk=policy.pk)
    for number, version in enumerate(policy.published_versions.all()):
        version.published_at -= number * DAY
        version.save()


def build_layouts(home):
    """Build pages that a layout may break on."""
    section = put(
        CommunityIndexPageFactory,
        home,
        "Unusual pages",
        slug="layouts",
        introduction="",
    )

    def page(slug, title, *blocks, **values):
        values = {"slug": slug, "body": body_of(blocks), **values}
        return put(StandardPageFactory, section, title, **values)

    page("every-block", "Every block", *every_block(home))
    page("long-title", LONG_WORDS, ("text", RICH_TEXT), summary=LONG_WORDS)
    page(
        "right-to-left",
        "المجتمعات الأقوى في ستوكتون",
        ("text", f"<p>{ARABIC}</p>"),
        ("quotation", {"text": ARABIC}),
        summary=ARABIC[:190],
    )
    page("wide-table", "Council tax by parish", ("table", wide_table(200)))
    lost, broken = picture("A lost picture"), picture("A broken picture")
    lost.file.storage.delete(lost.file.name)
    block = {"image": lost.pk, "alt_text": "A lost picture", "decorative": False}
    page("lost-pictures", "Lost pictures", ("image", block), picture=broken)
    for rendition in broken.renditions.all():
        rendition.file.storage.delete(rendition.file.name)


def build_alerts(home):
    """Build a page for each severity, one with several, and one that was closed."""
    section = put(CommunityIndexPageFactory, home, "Alerts in Yarm")

    def alert_on(page, severity, **values):
        alert = AlertFactory(
            severity=Severity[severity.upper().replace("-", "_")],
            heading=values.pop("heading", f"What happened: {severity}"),
            text="<p>Stay away from the river. <b>Call 999</b> in danger.</p>",
            link_url="https://example.org/river/",
            link_text=f"Which roads are closed ({severity})",
            scope=Scope.PAGES,
            ends_at=timezone.now() + 30 * DAY,
            **values,
        )
        AlertScope.objects.create(alert=alert, page=page)

    def page(parent, title, **values):
        body = body_of([("text", RICH_TEXT)])
        return put(StandardPageFactory, parent, title, body=body, **values)

    several = page(section, "Page with several", slug="several")
    for severity in SEVERITIES:
        alert_on(page(section, f"Page with {severity}", slug=severity), severity)
        alert_on(several, severity)
    dismissed = page(section, "Page with dismissed", slug="dismissed")
    alert_on(dismissed, "disruption", pk=DISMISSED_ALERT)
    journey = put(CommunityIndexPageFactory, home, "Moving home")
    for title in ("Council tax", "Schools"):
        page(journey, title)
    alert_on(journey, "disruption", heading="Phones are down", pk=JOURNEY_ALERT)


def build_rest(home):
    """Build many pages for search, a private page, and the site's statements."""
    section = put(CommunityIndexPageFactory, home, "Recycling and waste")
    for number in range(25):
        values = {"picture": picture(f"Bin {number}")} if number % 3 else {}
        put(
            StandardPageFactory,
            section,
            f"Bin collections in ward {number}",
            summary="When recycling is collected, and what goes into which bin.",
            body=body_of([("text", RICH_TEXT)]),
            **values,
        )
    for title in (
        "Empty section",
        "Health and care",
        "Jobs, training and business",
        "Roads and transport",
        "Leisure and culture",
    ):
        put(CommunityIndexPageFactory, home, title, introduction="", strapline="")
    for slug, title in (
        ("privacy", "Privacy"),
        ("accessibility", "Accessibility statement"),
    ):
        put(StandardPageFactory, home, title, slug=slug)
    private = put(StandardPageFactory, home, "Private")
    PageViewRestriction.objects.create(
        page=private, restriction_type="password", password="open sesame"
    )
    EnquiryFactory(reference=REFERENCE)
    EnquiryFactory(
        reference=ANSWERED,
        answer=f'{RICH_TEXT}<p><a linktype="page" id="{section.pk}">Bins</a></p>',
        answered_at=timezone.now(),
        outcome="found",
    )
    build_subscribers(section)
    PromotionSnippet.objects.create(
        searched="bin day", page=section, description="When we come to your street."
    )
    PromotionSnippet.objects.create(
        searched="bin day", link="https://example.org/bins", title="Bins in Durham"
    )


def remember_an_emergency():
    """Let the error page know an alert for the whole site, which is then gone."""
    alert = AlertFactory(
        severity=Severity.EMERGENCY,
        heading="Flood in Yarm",
        ends_at=timezone.now() + 30 * DAY,
    )
    Client(headers={"host": "127.0.0.1"}).get("/")
    alert.delete()


def build():
    """Build everything."""
    with transaction.atomic():
        home = build_home()
        build_section(home)
        build_layouts(home)
        build_alerts(home)
        build_rest(home)
        build_officers()
    remember_an_emergency()


if __name__ == "__main__":
    build()
