"""Every page and state of the site that a resident can meet, each with its address.

`tests/browser/content.py` builds what stands behind these addresses.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.core.signing import TimestampSigner

from tests.servers import site_environment

SECTION = "/stronger-communities/"
LAYOUTS = "/layouts/"
ALERTS = "/alerts-in-yarm/"
MANY = "/recycling-and-waste/"
JOURNEY = "/moving-home/"
REFERENCE = "BCDF-GHJK-MN"
DISMISSED_ALERT = 900
JOURNEY_ALERT = 901
POLICY_STATUSES = (
    "proposed",
    "consultation-open",
    "awaiting-outcome",
    "closed",
    "adopted",
    "under-review",
    "replaced",
    "withdrawn",
)
SEVERITIES = ("information", "disruption", "notable-death", "emergency")
ANSWERED = "BCDF-GHJK-MP"
# The home page: after the root and the welcome page that Wagtail makes.
VOTED_ON = 3
WRONG_ENQUIRY = {"message": "", "email": "nobody", "query": "", "from_path": "/"}

# Somebody who follows pages, somebody who has not confirmed it, and since when.
SUBSCRIBER, UNDECIDED = 1, 2
SUBSCRIBED_AT = datetime(2026, 3, 3, tzinfo=UTC)
WRONG_SUBSCRIPTION = {"email": "nobody", "frequency": "hourly"}


def token_required(name, subscriber=SUBSCRIBER, page_id=None):
    """Return an address as in an email, signed as the site that is served signs it."""
    secret = site_environment(Path())["SECRET_KEY"]
    salt = f"community.subscriptions.{name}"
    signer = TimestampSigner(key=secret, salt=salt, fallback_keys=())
    since = SUBSCRIBED_AT.timestamp()
    return f"?link={signer.sign_object([subscriber, since, 0, page_id])}"


@dataclass(frozen=True)
class State:
    """One page as a resident meets it."""

    name: str
    path: str
    status: int = 200
    # The fields of a form that was sent, where the state answers one.
    sent: dict = field(default_factory=dict)
    # Whether a page of another website sent it.
    is_foreign: bool = False
    # What the cookie of closed alerts holds.
    closed_alerts: str = ""
    # Whether the site has lost its database.
    is_broken: bool = False
    # Whether axe takes ten seconds for it.
    is_large: bool = False

    @property
    def has_error(self) -> bool:
        """Whether it shows a form with something to mend."""
        return self.status == 422 or "wrong password" in self.name


STATES = (
    State("home", "/"),
    State("section", SECTION),
    State("section with many pages", MANY),
    State("section that is empty", "/empty-section/"),
    State("partnership with everything", f"{SECTION}partnership-with-everything/"),
    State("partnership that is bare", f"{SECTION}partnership-that-is-bare/"),
    *(
        State(f"policy {status}", f"{SECTION}policy-{status}/")
        for status in POLICY_STATUSES
    ),
    State("policy updates", "/policy-updates/"),
    State("policy updates narrowed", "/policy-updates/?status=adopted"),
    State("standard page with every block", f"{LAYOUTS}every-block/"),
    State("standard page that is bare", "/privacy/"),
    State("long title", f"{LAYOUTS}long-title/"),
    State("right to left", f"{LAYOUTS}right-to-left/"),
    State("wide table", f"{LAYOUTS}wide-table/", is_large=True),
    State("lost pictures", f"{LAYOUTS}lost-pictures/"),
    State("section of layouts", LAYOUTS),
    State("search without words", "/search/"),
    State("search with results", "/search/?query=community+grants"),
    State("search on a middle page", "/search/?query=recycling&page=2"),
    State("search for a file", "/search/?query=guide+to+grants&type=document"),
    State(
        "search corrected and narrowed",
        "/search/?query=recyclng&type=information&updated=week&sort=newest",
    ),
    State("search with promotions", "/search/?query=bin+day"),
    State("search with few results", "/search/?query=leisure"),
    State("search that finds nothing", "/search/?query=xylophonezzz"),
    State("search with a close match", "/search/?query=leizurely"),
    State("search narrowed to nothing", "/search/?query=leisure&type=partnership"),
    State("enquiry", "/cant-find-it/?query=blue+bin&from=/search/"),
    State("enquiry with errors", "/cant-find-it/", 422, sent=WRONG_ENQUIRY),
    State("thanks", f"/cant-find-it/thanks/{REFERENCE}/"),
    State("thanks without a reference", "/cant-find-it/thanks/"),
    State("answer that is awaited", f"/cant-find-it/answers/{REFERENCE}/"),
    State("answer", f"/cant-find-it/answers/{ANSWERED}/"),
    State("no such reference", "/cant-find-it/answers/nothing/", 404),
    State("was this page useful", f"/was-this-page-useful/{VOTED_ON}/"),
    State("what would have been useful", f"/was-this-page-useful/{VOTED_ON}/no/"),
    State(
        "comment with errors",
        f"/was-this-page-useful/{VOTED_ON}/no/",
        422,
        sent={"comment": ""},
    ),
    State("thanks for a comment", f"/was-this-page-useful/{VOTED_ON}/thanks/"),
    State("subscribing", "/follow/"),
    State("subscribing with errors", "/follow/", 422, sent=WRONG_SUBSCRIPTION),
    State("check your email", "/follow/check-your-email/"),
    State("invalid link", "/follow/confirm/", 404),
    State(
        "confirming",
        f"/follow/confirm/{token_required('confirm_subscription', UNDECIDED)}",
    ),
    State("confirmed", f"/follow/confirm/{token_required('confirm_subscription')}"),
    State("managing", f"/follow/your-updates/{token_required('manage_subscriptions')}"),
    State("unsubscribing", f"/follow/unsubscribe/{token_required('unsubscribe')}"),
    State(
        "unsubscribed",
        f"/follow/unsubscribe/{token_required('unsubscribe', page_id=VOTED_ON)}",
    ),
    State(
        "unsubscribing from all",
        f"/follow/unsubscribe-all/{token_required('unsubscribe_all')}",
    ),
    State("managing by email", "/follow/manage/"),
    State("managing with errors", "/follow/manage/", 422, sent={"email": "nobody"}),
    State("not found", "/no/such/page/", 404),
    State("no such page of results", "/search/?query=recycling&page=99", 404),
    State("out of order", "/", 503, is_broken=True),
    State(
        "form from elsewhere",
        "/cant-find-it/",
        403,
        sent=WRONG_ENQUIRY,
        is_foreign=True,
    ),
    *(State(f"alert {severity}", f"{ALERTS}{severity}/") for severity in SEVERITIES),
    State("several alerts", f"{ALERTS}several/"),
    State(
        "alert dismissed", f"{ALERTS}dismissed/", closed_alerts=f"{DISMISSED_ALERT}.1"
    ),
    State("private page", "/private/"),
    State("A to Z", f"{MANY}a-to-z/"),
    State("history of a policy", f"{SECTION}policy-adopted/history/"),
    State("two versions of a policy", f"{SECTION}policy-adopted/history/compare/"),
)

# Only their HTML is looked at here; `test_sign_in.py` does the rest.
OF_OFFICERS = (
    State("sign in", "/account/login/"),
    State("forgotten password", "/account/password/"),
)

BY_NAME = {state.name: state for state in STATES}
# One of each template, which `make browser-test` looks at in every mode. It leaves some
# modes of the others, made of the same parts, to `make browser-test-all`.
TEMPLATES = (
    "home",
    "section",
    "partnership with everything",
    "policy consultation-open",
    "standard page with every block",
    "search on a middle page",
    "enquiry with errors",
    "thanks",
    "not found",
    "out of order",
    "form from elsewhere",
    "several alerts",
)
