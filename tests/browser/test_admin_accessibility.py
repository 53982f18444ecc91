"""What we add to the admin breaks no rule of axe, and is used with the keyboard."""

from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError, expect

from search.tokens import digest_of, topic_of
from tests.browser.checks.accessibility import check_axe
from tests.browser.conftest import NARROW
from tests.browser.sites import ALERT, PARTNERSHIP, POLICY

# Wagtail's own: headers, breadcrumbs, messages, and how many matches a filter has.
WAGTAILS = [
    ["header"],
    [".w-slim-header"],
    [".w-breadcrumbs"],
    [".messages"],
    ["h2[role=alert]"],
]
MAIN = "main"
# Their headers are Wagtail's too, and have no h1.
WAGTAILS_FORMS = {"a promotion", "a synonym", "a search check"}
TOPIC = digest_of(topic_of("borrow wheelchair week"))
# Wagtail's buttons fade from one scheme to the other.
UNTIL_NOTHING_FADES = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() =>
    Promise.allSettled(
      document.getAnimations()
        .filter((each) => each instanceof CSSTransition)
        .map((each) => each.finished)
    ).then(done)
  ))
)"""
# Each page that we add or change: its address, and the part of it that is ours.
PAGES = {
    "dashboard": ("/admin/", "#your-tasks-section"),
    "guide": ("/admin/guide/", MAIN),
    "preview links": (f"/admin/pages/{PARTNERSHIP}/preview-links/", MAIN),
    "alerts": ("/admin/snippets/community/alertsnippet/", ".alert-actions"),
    "alert confirmation": (
        f"/admin/snippets/community/alertsnippet/{ALERT}/confirm/",
        MAIN,
    ),
    "alert history": ("/admin/reports/alert-history/", MAIN),
    "searches": ("/admin/reports/searches/", MAIN),
    "files not read": ("/admin/reports/unread-files/", MAIN),
    "reviews": ("/admin/reports/reviews/?state=all", MAIN),
    "content checks": ("/admin/reports/content-checks/", MAIN),
    "broken links": ("/admin/reports/broken-links/", MAIN),
    "enquiries": ("/admin/search/enquiry/", ".result-list"),
    "an enquiry": ("/admin/search/enquiry/inspect/1/", MAIN),
    "unsuccessful searches": ("/admin/reports/unsuccessful-searches/", MAIN),
    "a topic of unsuccessful searches": (
        f"/admin/reports/unsuccessful-searches/{TOPIC}/",
        MAIN,
    ),
    "search checks": ("/admin/snippets/search/searchchecksnippet/", MAIN),
    "a promotion": ("/admin/snippets/search/promotionsnippet/add/", MAIN),
    "a synonym": ("/admin/snippets/search/synonymsnippet/edit/1/", MAIN),
    "deleting a synonym": ("/admin/snippets/search/synonymsnippet/delete/1/", MAIN),
    "a search check": ("/admin/snippets/search/searchchecksnippet/add/", MAIN),
    "erasing personal data": ("/admin/erase-personal-data/", MAIN),
    "versions that readers see": (f"/admin/pages/{POLICY}/published-versions/", MAIN),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_has_a_heading_and_axe_finds_nothing_in_what_we_add(name, officer):
    address, part = PAGES[name]
    page = officer("administrator", address)
    # What the editor loads is looked at too; where it goes on asking, we do not wait.
    with suppress(TimeoutError):
        page.wait_for_load_state("networkidle", timeout=3_000)
    assert page.title().removesuffix(" - Wagtail").strip()
    if name not in WAGTAILS_FORMS:
        assert page.get_by_role("heading", level=1).count() == 1
    assert page.locator(part).count()
    context = {"include": [[part]], "exclude": WAGTAILS}
    problems = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(UNTIL_NOTHING_FADES)
        problems += [f"{scheme}: {each}" for each in check_axe(page, context)]
    assert not problems, "\n".join(problems)


def test_lists_are_within_reach_on_narrow_screens_and_beside_their_filters(officer):
    page = officer("administrator")
    for name in ("enquiries", "unsuccessful searches"):
        page.goto(PAGES[name][0])
        table = page.locator("table.listing")
        assert table.evaluate("it => it.offsetWidth <= it.parentElement.offsetWidth")
    page.set_viewport_size(NARROW["viewport"])
    for name in ("reviews", "alert history"):
        page.goto(PAGES[name][0])
        box = page.locator(":has(> table.listing)").first
        box.evaluate("each => each.scrollTo(each.scrollWidth, 0)")
        last = box.locator("thead th").last.bounding_box()
        # Widths of columns are fractions of a pixel.
        assert last["x"] + last["width"] < NARROW["viewport"]["width"] + 1


def test_axe_is_heard_in_the_admin(officer):
    page = officer("administrator", "/admin/guide/")
    page.evaluate("document.querySelector('.guide img').removeAttribute('alt')")
    assert "image-alt" in "".join(check_axe(page, {"include": [[MAIN]]}))


@pytest.fixture
def open_pickers(officer):
    """Return a function that opens a page of the editor; the page, and its pickers."""

    def open_one(path):
        page = officer("communications lead", path)
        return page, page.locator(".xdsoft_datetimepicker").filter(visible=True)

    return open_one


def test_picker_opens_for_who_stays_and_escape_closes_it(open_pickers):
    editor, pickers = open_pickers("/admin/snippets/community/alertsnippet/add/")
    # Quicker than the picker, which waits for a tenth of a second.
    editor.evaluate(
        """() => {
          document.querySelector("#id_ends_at").focus();
          document.querySelector("#id_heading").focus();
        }"""
    )
    editor.wait_for_timeout(600)
    expect(pickers).to_have_count(0)
    field = editor.locator("#id_ends_at")
    field.click()
    expect(pickers).to_have_count(1)
    field.press("Escape")
    expect(pickers).to_have_count(0)
    expect(field).to_be_focused()


def test_escape_closes_the_picker_before_the_schedule(open_pickers):
    editor, pickers = open_pickers(f"/admin/pages/{PARTNERSHIP}/edit/")
    editor.get_by_role("button", name="Toggle status").click()
    editor.get_by_role("button", name="Set schedule").or_(
        editor.get_by_role("button", name="Edit schedule")
    ).click()
    dialog = editor.get_by_role("dialog").filter(visible=True)
    field = dialog.locator("input[name=go_live_at]")
    field.click()
    expect(pickers).to_have_count(1)
    field.press("Escape")
    expect(pickers).to_have_count(0)
    expect(dialog).to_be_visible()
    field.press("Escape")
    expect(dialog).to_be_hidden()
