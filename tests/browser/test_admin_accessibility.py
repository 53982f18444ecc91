"""What we add to the admin breaks no rule of axe; Wagtail's own is not judged here."""

import pytest

from tests.browser.checks.accessibility import check_axe
from tests.browser.office import ALERT, PARTNERSHIP

# Wagtail's own: headers, breadcrumbs, messages, and how many matches a filter has.
WAGTAILS = [
    ["header"],
    [".w-slim-header"],
    [".w-breadcrumbs"],
    [".messages"],
    ["h2[role=alert]"],
]
MAIN = "main"
# Each page that we add or change: its address, and the part of it that is ours.
PAGES = {
    "dashboard": ("/admin/", "#needs-you-section"),
    "guide": ("/admin/guide/", MAIN),
    "preview links": (f"/admin/pages/{PARTNERSHIP}/preview-links/", MAIN),
    "alerts": ("/admin/snippets/community/alertsnippet/", ".alert-actions"),
    "alert confirmation": (
        f"/admin/snippets/community/alertsnippet/{ALERT}/confirm/",
        MAIN,
    ),
    "alert ledger": ("/admin/reports/alert-ledger/", MAIN),
    "searches": ("/admin/reports/searches/", MAIN),
    "files not read": ("/admin/reports/unread-files/", MAIN),
    "reviews": ("/admin/reports/reviews/?state=all", MAIN),
    "content checks": ("/admin/reports/content-checks/", MAIN),
    "broken links": ("/admin/reports/broken-links/", MAIN),
    "closing an enquiry": ("/admin/enquiries/1/close/", MAIN),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_what_we_add(name, scheme, officer):
    address, part = PAGES[name]
    page = officer("administrator", address)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_load_state("networkidle")
    assert page.locator(part).count()
    context = {"include": [[part]], "exclude": WAGTAILS}
    problems = check_axe(page, context)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", PAGES)
def test_page_has_a_title_and_one_h1(name, officer):
    page = officer("administrator", PAGES[name][0])
    assert page.title().removesuffix(" - Wagtail").strip()
    assert page.get_by_role("heading", level=1).count() == 1


def test_axe_is_heard_in_the_admin(officer):
    page = officer("administrator", "/admin/guide/")
    page.evaluate("document.querySelector('.guide img').removeAttribute('alt')")
    assert "image-alt" in "".join(check_axe(page, {"include": [[MAIN]]}))
