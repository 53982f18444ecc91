"""What the style guide puts into components, and into blocks without a preview."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community.a_to_z import IndexLetter
from community.models import PartnershipPage, PolicyUpdatePage, PublishedVersion
from community.models.policy import PolicyStatus
from community.models.visible_alerts import Severity, VisibleAlert
from community.policies.versions.diff import diff_texts
from community.policies.versions.views import ComparedPart, name_versions
from community.subscriptions.forms import SubscribeForm
from home.blocks import BodyBlock
from home.images.pictures import Picture
from home.models import SiteSettings, StandardPage
from home.navigation.latest_changes import Update
from home.navigation.listings import Card, Facet, FacetOption
from home.navigation.menus import Link
from search.engine.results import Result
from search.feedback.enquiries.forms import CommentForm, EnquiryForm

ADDRESS = "https://example.gov.uk/"
PHONE = "01632 960000"
EMAIL = "communities@example.gov.uk"
EXAMPLE_TIME = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)

NOTE = {"published_at": EXAMPLE_TIME, "note": "Added a new shop."}
LINKS = [
    Link("Stockton-on-Tees", "/"),
    Link("Stronger communities", "/stronger-communities/", is_ancestor=True),
    Link("Fairtrade Borough", "/fairtrade-borough/", is_current=True),
    Link("Volunteering", "/volunteering/"),
]
FEEDS = [Link("Policy updates", "/policy-updates.atom")]
COUNCIL = SiteSettings(phone=PHONE, email=EMAIL, address="Church Road\nStockton")
DOCUMENT = SimpleNamespace(
    url=ADDRESS,
    title="A short summary",
    file_extension="pdf",
    get_file_size=lambda: 120_000,
)


def get_examples() -> dict[str, list[dict]]:
    """Return the contexts in which the guide shows each component."""
    page, picture = _page(), _picture()
    form = EnquiryForm({"email": "name"})
    cards = [
        Card(
            1, "Food plan", "/food/", "For food.", "Policy update", picture, "Adopted"
        ),
        Card(2, "Refugee Week", "/week/", "Each June.", "Information", None),
    ]
    place = {"origin": ADDRESS.rstrip("/"), "path": "/fairtrade-borough/"}
    metadata = {"page": page, "council": COUNCIL, "links": LINKS[:3], **place}
    return {
        "alerts": [{"alerts": _alerts(), "next_path": "/"}],
        "banner": [{"picture": picture}],
        "breadcrumbs": [{"links": LINKS[:2], "here": page.title}],
        "cards": [
            {"cards": cards, "heading": "In this section"},
            {"cards": [], "heading": "In this section", "empty": "Nothing here yet."},
        ],
        "change_notes": [{"notes": [NOTE]}],
        "comment_form": [{"form": CommentForm(), "address": ADDRESS, "shown_at": ""}],
        "diff": [{"part": part, **_versions()} for part in _compared()],
        "consultation": [
            {"page": _consultation(), "status": status, "calendar_href": "/food.ics"}
            for status in ("proposed", "consultation-open", "awaiting-outcome")
        ],
        "document_link": [{"document": DOCUMENT, "title": DOCUMENT.title}],
        "enquiry_form": [{"form": EnquiryForm(), "shown_at": ""}],
        "error_summary": [{"form": form}],
        "feed_links": [{"feeds": FEEDS}],
        "field": [{"field": form["message"]}, {"field": form["email"]}],
        "subscribe": [{"feeds": FEEDS, "href": "/follow/?page=3"}],
        "footer": [{"council": COUNCIL}],
        "footer_links": [{"links": LINKS[1:]}],
        "hero": [
            {"title": "Volunteering", "strapline": "Lend a hand", "picture": picture}
        ],
        "honeypot": [{}],
        "a_to_z_index": [
            {"letters": [IndexLetter("A", "A", "#a"), IndexLetter("B", "B", "")]}
        ],
        "linked_pages": [{"groups": [{"heading": "Partnerships", "cards": cards}]}],
        "main_navigation": [
            {"links": LINKS[1:], "is_long": False},
            {"links": LINKS[1:] * 2, "is_long": True},
        ],
        "metadata": [{**metadata, "picture": picture, "picture_url": ADDRESS}],
        "outcome": [{"page": _consultation()}],
        "page_header": [{"page": page, "kind": "Information"}],
        "page_history": [{"page": page, "notes": [NOTE], "more": [NOTE, NOTE]}],
        "pagination": [{"number": 2, "last_number": 3, "label": "Pages of results"}],
        "preview_notice": [{"link": {"expires_at": EXAMPLE_TIME}}],
        "partners": [
            {
                "partners": [
                    ({"name": "Catalyst Stockton", "website": ADDRESS}, picture),
                    ({"name": "Local businesses"}, None),
                ]
            }
        ],
        "partnership_contact": [{"page": _partnership()}],
        "picture": [{"picture": picture, "is_lazy": True}],
        "policy_documents": [{"documents": [{"document": DOCUMENT}]}],
        "policy_status": [
            {
                "page": _policy(),
                "status": status,
                "label": status.label,
                "dates": [("Adopted", EXAMPLE_TIME, True)],
            }
            for status in PolicyStatus
        ],
        "radios": [{"field": SubscribeForm()["frequency"]}],
        "consultation_response": [{"page": _consultation()}],
        "search_filters": [
            {"narrowing": [_narrowing()], "sort": LINKS[:2], "is_set": True}
        ],
        "search_form": [{"query": "food bank", "field_id": "example-search"}],
        "search_result": [{"result": _result()}, {"result": _file_result()}],
        "section_navigation": [
            {
                "title": "Food",
                "href": "/f/",
                "a_to_z_href": "/f/a-to-z/",
                "links": LINKS,
            }
        ],
        "session_token": [{"has_session": True}],
        "structured_data": [metadata],
        "page_feedback": [{"page": StandardPage(pk=1)}],
        "version_form": [
            {**_versions(), "versions": [*_versions().values()], "action": "/p/"}
        ],
        "version_link": [{"href": "/p/history/"}],
        "updates": [
            {"updates": [Update("Food banks", "/food/", "A new place.", EXAMPLE_TIME)]}
        ],
    }


def get_block_contexts() -> dict[str, dict]:
    """Return the contexts of the blocks whose preview needs no picture or file."""
    image = SimpleNamespace(pk=1, decorative=False, contextual_alt_text="A full pantry")
    documents = {"heading": "Documents", "documents": [DOCUMENT]}
    return {
        "image": {"value": image, "body_pictures": {1: _picture()}},
        "documents": {"value": documents},
    }


def _narrowing() -> Facet:
    choices = [
        FacetOption("Partnership", "?type=partnership", 12, True),
        FacetOption("Information", "?type=information", 3, False),
    ]
    return Facet("Type", "Any type", choices, "?query=food")


def _result() -> Result:
    extract = format_html(
        "Where to find a {} near you.", format_html("<mark>{}</mark>", "food bank")
    )
    return Result(
        "Food banks", "/food/", "Section", "Communities", extract, EXAMPLE_TIME
    )


def _file_result() -> Result:
    return replace(
        _result(),
        kind="Document",
        page_href="/food/",
        file_kind="PDF",
        file_size=120_000,
    )


def _picture() -> Picture:
    url = static("img/preview-picture.svg")
    return Picture(url=url, width=960, height=540, alt="Hills and a river")


def _alerts() -> list[VisibleAlert]:
    return [
        VisibleAlert(
            pk=1,
            dismissal_version=1,
            severity=severity,
            heading="No bin collections in Yarm today",
            text="<p>Leave your bin out: we come tomorrow.</p>",
            link_href="/",
            link_text="Which streets",
            can_be_dismissed=severity != Severity.EMERGENCY,
            is_site_wide=True,
            starts_at=EXAMPLE_TIME,
            ends_at=EXAMPLE_TIME,
        )
        for severity in reversed(Severity)
    ]


def _page() -> StandardPage:
    return StandardPage(
        title="Fairtrade Borough",
        summary="We have been a Fairtrade borough since July 2007.",
        url_path="/home/fairtrade-borough/",
        first_published_at=EXAMPLE_TIME,
        last_published_at=EXAMPLE_TIME + timedelta(days=9),
    )


def _partnership() -> PartnershipPage:
    return PartnershipPage(
        website=ADDRESS,
        lead_officer="Partnerships manager",
        contact_email=EMAIL,
        contact_phone=PHONE,
    )


def _consultation() -> PolicyUpdatePage:
    return PolicyUpdatePage(
        kind="consultation",
        consultation_opens_at=EXAMPLE_TIME,
        consultation_closes_at=EXAMPLE_TIME + timedelta(weeks=6),
        consultation_purpose="Which community spaces do you use, and why?",
        respond_url=ADDRESS,
        respond_email=EMAIL,
        respond_address="Church Road\nStockton",
        we_asked="<p>Which community spaces people use.</p>",
        you_said="<p>Most use the library.</p>",
        we_did="<p>The library stays open until 8pm.</p>",
    )


def _policy() -> PolicyUpdatePage:
    return PolicyUpdatePage(
        kind="strategy",
        adopted_on=EXAMPLE_TIME.date(),
        replaced_on=EXAMPLE_TIME.date(),
        withdrawn_on=EXAMPLE_TIME.date(),
        withdrawn_reason="The law has changed.",
    )


def _versions() -> dict[str, PublishedVersion]:
    later = PublishedVersion(pk=2, published_at=EXAMPLE_TIME)
    earlier = PublishedVersion(pk=1, published_at=EXAMPLE_TIME - timedelta(days=90))
    name_versions([later, earlier])
    return {"later": later, "earlier": earlier}


def _compared() -> list[ComparedPart]:
    before = ["Who it is for", "Ask by the end of May.", "Bring a letter."]
    after = ["Who it is for", "Ask by the end of June.", "Come on a Tuesday."]
    return [
        ComparedPart("Text", diff_texts(before, after)),
        ComparedPart("Documents", diff_texts([], ["Application form"])),
    ]


COMPONENTS = Path(__file__).parent / "templates" / "components"
# What a page holds that no one sees: the guide shows its source.
UNSEEN = {"honeypot", "metadata", "session_token", "structured_data"}


@never_cache
@require_safe
def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every component and block; a 404 but in development and for staff."""
    if not (settings.DEBUG or request.user.has_perm("wagtailadmin.access_admin")):
        raise Http404("The style guide is for staff.")
    context = {"components": _components(request), "blocks": _blocks()}
    return render(request, "style_guide.html", context)


def _components(request: HttpRequest) -> list[dict]:
    """Return each component with its examples; a KeyError where one has none."""
    examples = get_examples()
    names = sorted(path.stem for path in COMPONENTS.glob("*.html"))
    return [
        {
            "name": name,
            "is_unseen": name in UNSEEN,
            "examples": [
                render_to_string(f"components/{name}.html", context, request)
                for context in examples[name]
            ],
        }
        for name in names
    ]


def _blocks() -> list[dict]:
    """Return each block of a page's body with an example."""
    contexts = get_block_contexts()
    return [
        {
            "name": name,
            "description": block.get_description(),
            "example": render_to_string(
                f"blocks/{name}.html",
                contexts.get(name) or {"value": block.get_preview_value()},
            ),
        }
        for name, block in BodyBlock().child_blocks.items()
    ]
