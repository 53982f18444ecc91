"""A session ends while someone writes: the editor says so, and every word is saved."""

import re
from itertools import product
from secrets import token_hex
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import ADMIN
from tests.browser.sites import PASSWORD, SECTION
from tests.servers import manage

NOTICE = "You’ve been signed out."


class Place(NamedTuple):
    """A form of the admin: its address, the field to type in, the button."""

    path: str
    field: str
    button: str = "Save draft"


NEW_PAGE = f"/admin/pages/add/community/partnershippage/{SECTION}/"
PLACES = {
    "page": Place("/admin/pages/{page}/edit/", "Summary"),
    "new page": Place(NEW_PAGE, "Title"),
    "new alert": Place("/admin/snippets/community/alertsnippet/add/", "Heading"),
    "settings": Place("/admin/settings/home/sitesettings/1/", "Strapline", "Save"),
    "enquiry": Place("/admin/search/enquiry/inspect/{enquiry}/", "", "Answer"),
}
USER = "communications-lead"


class Writer:
    """Someone who writes in the admin, with a session of their own."""

    def __init__(self, context: BrowserContext, office, place: Place, is_settled: bool):
        self.context, self.office, self.place = context, office, place
        # The site is the same for all tests.
        self.text = f"Late ducks, {token_hex(4)}"
        self.start_session()
        self.page = context.new_page()
        enquiry = self.make_enquiry() if "{enquiry}" in place.path else 0
        page = office.page_of_this_worker("partnershippage")
        self.page.goto(place.path.format(enquiry=enquiry, page=page))
        if not is_settled:
            return
        self.field.fill("")
        # Wagtail takes note of what is there two seconds later.
        self.page.wait_for_timeout(3_000)

    def start_session(self) -> None:
        """Use a copy of the officer's session, since signing in is limited."""
        key = token_hex(16)
        copy = """INSERT INTO django_session SELECT ?, session_data, expire_date
            FROM django_session WHERE session_key = ?"""
        self.office.query(copy, key, self.office.sessions[USER])
        session = {"name": "sessionid", "value": key, "url": self.office.address}
        self.context.add_cookies([session])

    def make_enquiry(self) -> int:
        """Add an enquiry, since each is answered once."""
        script = "from tests.factories import EnquiryFactory as make; print(make().pk)"
        return int(manage(self.office.environment, "shell", "-v0", script=script))

    def sign_in(self, page: Page, path: str = "/account/login/") -> Page:
        if path:
            page.goto(path)
        page.get_by_label("Username or email address").fill(USER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/admin/**")
        return page

    @property
    def field(self):
        main = self.page.get_by_role("main")
        if self.place.field:
            name = re.compile(rf"^\s*{self.place.field}")
            return main.get_by_role("textbox", name=name).first
        return main.get_by_role("textbox").first

    def write(self, text: str) -> None:
        # Someone who comes back to a field goes on at its end.
        self.field.press("End")
        self.field.press_sequentially(text)
        if self.place.field == "Title":
            # The address of a new page follows its title.
            self.field.press("Tab")
            expect(self.page.locator("#id_slug")).not_to_have_value("")

    def end_session(self) -> None:
        """Forget the session on the server, as when its time has passed."""
        names = {cookie["name"]: cookie["value"] for cookie in self.context.cookies()}
        key = names["sessionid"]
        self.office.query("DELETE FROM django_session WHERE session_key = ?", key)

    def sign_out_in_another_tab(self) -> None:
        tab = self.context.new_page()
        tab.goto("/account/logout/")
        tab.get_by_role("main").get_by_role("button").first.click()
        tab.wait_for_url("**/account/login/**")
        tab.close()

    def sign_in_from_here(self) -> None:
        """Follow the link in what the page says."""
        with self.context.expect_page() as opened:
            self.page.get_by_role("link", name=re.compile("^Sign in")).last.click()
        tab = self.sign_in(opened.value, path="")
        expect(tab.get_by_role("main")).to_contain_text("return to your work")
        tab.close()

    def press(self, button: str = "") -> None:
        name = re.compile(f"^{button or self.place.button}")
        self.page.get_by_role("button", name=name).filter(visible=True).first.click()

    def is_saved(self) -> bool:
        """Look for the text in what the site has stored."""
        tables = {
            "settings": "SELECT count(*) FROM home_sitesettings WHERE strapline LIKE ?",
            "enquiry": "SELECT count(*) FROM search_enquiry WHERE answer LIKE ?",
        }
        revisions = "SELECT count(*) FROM wagtailcore_revision WHERE content LIKE ?"
        found = (sql for part, sql in tables.items() if part in self.place.path)
        return bool(self.office.query(next(found, revisions), f"%{self.text}%"))


@pytest.fixture
def begin(browser, office):
    contexts = []

    def make(place: str, without: str = "", is_settled: bool = True) -> Writer:
        context = browser.new_context(
            base_url=office.address, locale="en-GB", viewport=ADMIN
        )
        if without:
            context.route(without, lambda route: route.abort())
        context.set_default_timeout(30_000)
        contexts.append(context)
        return Writer(context, office, PLACES[place], is_settled)

    yield make
    for context in contexts:
        context.close()


def before_typing(writer: Writer) -> None:
    writer.end_session()
    writer.write(writer.text)


def while_typing(writer: Writer) -> None:
    writer.write(writer.text[:8])
    writer.end_session()
    writer.write(writer.text[8:])


def after_typing(writer: Writer) -> None:
    writer.write(writer.text)
    writer.page.wait_for_timeout(4_000)
    writer.end_session()


def in_another_tab(writer: Writer) -> None:
    writer.write(writer.text)
    writer.sign_out_in_another_tab()


def told(writer: Writer) -> None:
    """Be told, sign in, and go on in the same form."""
    writer.press()
    expect(writer.page.get_by_role("alert").last).to_contain_text(NOTICE)
    writer.sign_in_from_here()
    writer.press()


MOMENTS = [before_typing, while_typing, after_typing, in_another_tab]


def wait_until_saved(writer: Writer) -> None:
    for _ in range(60):
        if writer.is_saved():
            return
        writer.page.wait_for_timeout(500)
    pytest.fail("The text is lost")


@pytest.mark.parametrize(
    ("place", "moment"),
    [
        pytest.param(place, moment, marks=() if is_telling else pytest.mark.exhaustive)
        for place, moment in product(PLACES, MOMENTS)
        for is_telling in [place == "page" or moment is while_typing]
    ],
)
def test_text_is_kept_and_saved(begin, place, moment):
    writer = begin(place)
    moment(writer)
    told(writer)
    wait_until_saved(writer)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(place, marks=() if is_usual else pytest.mark.exhaustive)
        for place in PLACES
        for is_usual in [place in {"page", "settings"}]
    ],
)
def test_text_is_kept_where_the_script_is_not(begin, place):
    writer = begin(place, without="**/admin-sending*.js")
    writer.write(writer.text)
    writer.end_session()
    writer.press()
    heading = writer.page.get_by_role("heading", level=1)
    expect(heading).to_have_text(NOTICE.rstrip("."))
    writer.sign_in_from_here()
    # The token of this form is older than the sign-in.
    writer.press("Send again")
    expect(heading).to_have_text("Your changes have not been saved")
    writer.press("Send again")
    wait_until_saved(writer)


def test_session_that_ends_during_an_automatic_save(begin):
    writer = begin("page")

    def end(route):
        writer.end_session()
        route.continue_()

    writer.page.route("**/edit/", end, times=1)
    with writer.page.expect_response("**/edit/"):
        writer.write(writer.text)
    told(writer)
    wait_until_saved(writer)


def test_session_that_ends_right_after_it_was_asked_for(begin):
    writer = begin("settings")
    writer.write(writer.text)

    def end(route):
        response = route.fetch()
        writer.end_session()
        route.fulfill(response=response)

    writer.page.route("**/admin/session/", end, times=1)
    writer.press()
    heading = writer.page.get_by_role("heading", level=1)
    expect(heading).to_have_text(NOTICE.rstrip("."))
    writer.sign_in_from_here()
    # Here the script renews the token.
    writer.press("Send again")
    wait_until_saved(writer)


def test_what_is_typed_while_the_server_answers_is_saved_too(begin):
    writer = begin("page")

    def answer_late(route):
        response = route.fetch()
        writer.write(writer.text[8:])
        route.fulfill(response=response)

    writer.page.route("**/edit/", answer_late, times=1)
    writer.write(writer.text[:8])
    wait_until_saved(writer)


def test_new_sign_in_in_another_tab_changes_nothing(begin):
    writer = begin("page")
    writer.write(writer.text[:8])
    writer.sign_in(writer.context.new_page()).close()
    writer.write(writer.text[8:])
    # The editor saves that by itself.
    wait_until_saved(writer)
    with writer.page.expect_navigation():
        writer.press()


def test_deactivated_account_is_told_and_may_go_on_later(begin):
    writer = begin("page")
    change = "UPDATE auth_user SET is_active = ? WHERE username = ?"
    writer.office.query(change, 0, USER)
    writer.write(writer.text)
    writer.press()
    expect(writer.page.get_by_role("alert").last).to_contain_text(NOTICE)
    writer.office.query(change, 1, USER)
    # The session itself is still there.
    wait_until_saved(writer)


@pytest.mark.parametrize(
    ("is_offline", "words"),
    [
        (False, "Something went wrong on the website"),
        (True, "We cannot reach the website"),
    ],
)
def test_save_that_fails_is_named_and_made_up_for(begin, is_offline, words):
    writer = begin("page")
    page = writer.page
    if is_offline:
        page.context.set_offline(True)
    else:
        for address in ("**/edit/", "**/admin/session/"):
            page.route(address, lambda route: route.fulfill(status=500, body="Oops"))
    writer.write(writer.text)
    notice = page.get_by_role("alert").last
    expect(notice).to_contain_text("Your changes have not been saved")
    expect(notice).to_contain_text(words)
    writer.press()
    page.wait_for_timeout(2_000)
    dialog = page.get_by_role("dialog").filter(visible=True)
    expect(dialog).to_have_count(0)
    expect(writer.field).to_have_value(re.compile(writer.text))
    page.context.set_offline(False)
    page.unroute_all()
    wait_until_saved(writer)
    expect(notice).to_have_count(0)
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("place", ["page", "new alert"])
def test_what_is_typed_as_soon_as_the_editor_opens_is_saved(begin, place):
    writer = begin(place, is_settled=False)
    writer.write(writer.text)
    wait_until_saved(writer)


@pytest.mark.parametrize("place", ["page", "settings"])
def test_only_looking_round_saves_nothing_and_leaving_after_typing_asks(begin, place):
    writer = begin(place, is_settled=False)
    # Others may save pages of the same site meanwhile.
    sent, asked = [], []
    writer.page.on("request", lambda each: sent.append((each.method, each.url)))
    writer.page.on(
        "dialog", lambda dialog: (asked.append(dialog.type), dialog.accept())
    )
    # A click while the widgets still fill the form in saves a draft that no one needs.
    writer.page.wait_for_timeout(3_000)
    writer.field.click()
    writer.field.press("End")
    writer.page.wait_for_timeout(4_000)
    assert not [url for method, url in sent if method == "POST" and "/edit/" in url]
    writer.write(writer.text)
    writer.page.goto("/admin/")
    assert asked == ["beforeunload"]
    assert sent
