"""What Wagtail's editor sends in whole sessions, and what it says of other versions.

With `--record-editing` the requests are kept for the tests that play them again.
"""

import json
import random
import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from secrets import token_hex
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.sites import POLICY, SECTION

RECORDED = Path(__file__).parents[1] / "home" / "editorial" / "recorded_editing.json"
# The recordings must not grow old.
LATER = "01/06/2049 12:00"
WARNING = "after you opened it"
# Not its preview, which has an address of its own.
EDITOR = re.compile(r"/(edit|add|add/\w+/\w+/\d+)/(\d+/)?$")
NEW_PAGE = f"/admin/pages/add/community/partnershippage/{SECTION}/"
POLICY_PAGE = f"/admin/pages/{POLICY}/edit/"
SESSIONS, PAUSES = range(100), (500, 1_500, 3_000)
NEW_ALERT = "/admin/snippets/community/alertsnippet/add/"


def fields_of(request: Request) -> dict:
    """Return what a form holds that was sent as one of both kinds."""
    kind, body = request.headers["content-type"], request.post_data_buffer
    if "multipart" not in kind:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    message = message_from_bytes(f"Content-Type: {kind}\n\n".encode() + body)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(
            decode=True
        ).decode()
        for part in message.get_payload()
    }


def is_automatic(request: Request) -> bool:
    return request.headers.get("accept") == "application/json"


class Recorder:
    """Keeps what the windows of a session send to the editor."""

    def __init__(self):
        self.requests: list[dict] = []

    def watch(self, page: Page, window: str) -> None:
        self.requests.append({"window": window, "opens": urlsplit(page.url).path})
        page.route(EDITOR, lambda route: self.keep(window, route))

    def keep(self, window: str, route: Route) -> None:
        request = route.request
        if request.method != "POST":
            route.continue_()
            return
        fields = fields_of(request)
        fields.pop("csrfmiddlewaretoken", None)
        path = urlsplit(request.url).path
        kept = {"window": window, "path": path, "fields": fields}
        self.requests.append(kept)
        response = route.fetch(max_redirects=0)
        if is_automatic(request):
            answer = response.json()
            names = ("success", "pk", "revision_id")
            kept["answer"] = {name: answer.get(name) for name in names}
        route.fulfill(response=response)


@pytest.fixture(scope="module")
def sessions(request) -> Iterator[dict]:
    kept = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}
    yield kept
    if request.config.option.record_editing:
        text = json.dumps(kept, indent=1, ensure_ascii=False)
        RECORDED.write_text(text + "\n", "utf-8")


@pytest.fixture
def recorder(request, sessions) -> Recorder:
    kept = Recorder()
    yield kept
    name = request.node.name.removeprefix("test_")
    if "[" not in name:
        sessions[name] = kept.requests


@pytest.fixture
def open_editor(officer, recorder):
    """Return a function that opens a window of the editor, and keeps what it sends."""

    def make(path: str, role: str = "moderator", beside: Page | None = None) -> Page:
        page = beside.context.new_page() if beside else officer(role)
        page.goto(path)
        window = f"{role} {len({each['window'] for each in recorder.requests}) + 1}"
        recorder.watch(page, window)
        expect(page.locator("[data-edit-form]")).to_be_visible()
        # Wagtail takes note of what is there two seconds later.
        page.wait_for_timeout(3_000)
        return page

    return make


def write(page: Page, text: str, field: str = "Summary") -> None:
    """Type, and wait until the editor has saved that by itself."""
    box = page.get_by_role("textbox", name=re.compile(f"^\\s*{field}")).first
    with page.expect_event(
        "requestfinished",
        lambda each: each.method == "POST" and is_automatic(each),
    ):
        box.press_sequentially(text)
    page.wait_for_timeout(1_000)


def press(page: Page, button: str) -> str:
    """Press a button, in the menu or not; return what the admin says afterwards."""
    target = page.get_by_role("button", name=re.compile(f"^\\s*{button}"))
    target = target.filter(visible=True)
    if not target.count():
        page.locator("footer").get_by_role("button", name="More actions").click()
    with page.expect_navigation():
        target.first.click()
    return page.locator(".messages").inner_text()


def set_end(page: Page) -> None:
    end = page.get_by_role("textbox", name=re.compile("^\\s*Expected end"))
    end.fill(LATER)
    end.press("Tab")


def test_page_is_saved_and_published(open_editor):
    page = open_editor(POLICY_PAGE)
    write(page, "One ")
    write(page, "two ")
    assert WARNING not in press(page, "Save draft")
    page.wait_for_timeout(3_000)
    write(page, "three ")
    page.get_by_role("checkbox", name=re.compile("Minor edit")).check()
    assert WARNING not in press(page, "Publish")


def test_page_is_made_and_sent_for_approval(open_editor):
    page = open_editor(NEW_PAGE, "author")
    write(page, "Seed library in Norton", "Title")
    write(page, "For all who grow things. ")
    assert WARNING not in press(page, "Submit to")


def test_page_is_scheduled(open_editor):
    page = open_editor(NEW_PAGE)
    write(page, "Lantern parade in Yarm", "Title")
    page.get_by_role("button", name="Toggle status").click()
    page.get_by_role("button", name=re.compile("Set schedule")).click()
    dialog = page.get_by_role("dialog")
    moment = dialog.get_by_role("textbox", name=re.compile("Go live"))
    moment.fill(LATER)
    moment.press("Tab")
    dialog.get_by_role("heading").click()
    # The calendar lies over the button.
    with page.expect_navigation():
        dialog.get_by_role("button", name="Save schedule").press("Enter")
    page.wait_for_timeout(3_000)
    write(page, "With the schools. ")
    assert WARNING not in press(page, "Schedule to publish")


def test_alert_is_made_and_changed(open_editor):
    page = open_editor(NEW_ALERT, "communications lead")
    set_end(page)
    write(page, "The pool is closed ", "Heading")
    write(page, "until noon ", "Heading")
    assert WARNING not in press(page, "Save draft")
    page.wait_for_timeout(3_000)
    write(page, "or later ", "Heading")
    assert WARNING not in press(page, "Save draft")


def test_second_window_of_the_same_person(open_editor):
    first = open_editor(POLICY_PAGE)
    second = open_editor(POLICY_PAGE, beside=first)
    write(second, "Second ")
    assert WARNING not in press(second, "Save draft")
    box = first.get_by_role("textbox", name=re.compile("^Summary")).first
    box.press_sequentially("First ")
    first.wait_for_timeout(3_000)
    assert "You saved this page in another window" in press_through(first)


def test_second_person(open_editor):
    first = open_editor(POLICY_PAGE)
    write(first, "First ")
    second = open_editor(POLICY_PAGE, "communications lead")
    write(second, "Second ")
    assert WARNING not in press(second, "Save draft")
    box = first.get_by_role("textbox", name=re.compile("^Summary")).first
    box.press_sequentially("again ")
    first.wait_for_timeout(3_000)
    assert WARNING in press_through(first)


def press_through(page: Page) -> str:
    """Save in spite of Wagtail's question."""
    page.get_by_role("button", name=re.compile("^Save draft")).first.click()
    question = page.get_by_role("dialog").get_by_role("button", name="Save draft")
    with page.expect_navigation():
        question.filter(visible=True).click()
    return page.locator(".messages").inner_text()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "server"])
def test_approval_leaves_no_second_draft(officer, open_editor, has_script):
    title = f"Repair café {'with' if has_script else 'without'} a kettle"
    author = open_editor(NEW_PAGE, "author")
    write(author, title, "Title")
    press(author, "Submit to")
    moderator = officer("moderator")
    if not has_script:
        # The control: Wagtail's script alone, against the server alone.
        moderator.route("**/admin-sending*.js", lambda route: route.abort())
    moderator.get_by_role("link", name=title).first.click()
    moderator.wait_for_timeout(3_000)
    sent = []
    moderator.on("request", lambda each: sent.append(each) if is_save(each) else None)

    def answer_slowly(route):
        if is_save(route.request) and not is_automatic(route.request):
            response = route.fetch(max_redirects=0)
            moderator.wait_for_timeout(4_000)
            return route.fulfill(response=response)
        return route.continue_()

    moderator.route("**/edit/", answer_slowly)
    press(moderator, "Approve and Publish")
    automatic = [each for each in sent if is_automatic(each)]
    assert bool(automatic) is not has_script
    moderator.unroute("**/edit/")
    moderator.goto(sent[0].url)
    header = moderator.locator("header").first
    expect(header).to_contain_text("Live")
    expect(header).not_to_contain_text("Draft")


def is_save(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/edit/")


class Writer:
    """Edits as people do: types, waits or not, saves, publishes, and opens it again."""

    def __init__(self, seed: int, open_editor, office):
        self.choose = random.Random(seed)
        self.open_editor, self.said = open_editor, []
        self.kind = self.choose.choice(["policy", "partnership", "new page", "alert"])
        self.field = "Heading" if self.kind == "alert" else "Summary"
        policy = office.page_of_this_worker("policyupdatepage")
        partnership = office.page_of_this_worker("partnershippage")
        paths = {
            "policy": f"/admin/pages/{policy}/edit/",
            "partnership": f"/admin/pages/{partnership}/edit/",
            "new page": NEW_PAGE,
            "alert": NEW_ALERT,
        }
        self.page = open_editor(paths[self.kind], "communications lead")
        self.begin()

    def begin(self) -> None:
        if self.kind == "alert":
            set_end(self.page)
        elif self.kind == "new page":
            write(self.page, f"Session {token_hex(4)}", "Title")
        self.box.fill("")
        write(self.page, "begun ", self.field)

    @property
    def box(self):
        name = re.compile(f"^\\s*{self.field}")
        return self.page.get_by_role("textbox", name=name).first

    def publish(self) -> None:
        if self.kind != "policy":
            return
        self.page.get_by_role("checkbox", name=re.compile("Minor edit")).check()
        editor = self.page.url
        self.said.append(press(self.page, "Publish"))
        # Wagtail leads to the list of pages.
        self.page.goto(editor)
        self.page.wait_for_timeout(3_000)

    def go_on(self) -> None:
        for _ in range(self.choose.randint(2, 5)):
            self.box.press_sequentially("more ")
            match self.choose.choice(["type", "wait", "save", "publish"]):
                case "type":
                    self.box.press_sequentially("more ")
                case "wait":
                    self.page.wait_for_timeout(self.choose.choice(PAUSES))
                case "save":
                    self.said.append(press(self.page, "Save draft"))
                case "publish":
                    self.publish()

    def is_joined(self) -> None:
        """Someone else, or the same person in another window, saves it as well."""
        # The editor saves by itself before.
        self.page.wait_for_timeout(4_000)
        colleague = "alert publisher" if self.kind == "alert" else "moderator"
        role = self.choose.choice([colleague, ""])
        path, beside = urlsplit(self.page.url).path, None if role else self.page
        other = self.open_editor(path, role, beside)
        write(other, "beside ", self.field)
        other.close()

    def save_at_last(self) -> None:
        self.box.press_sequentially("more ")
        self.page.wait_for_timeout(self.choose.choice(PAUSES))
        save = self.page.get_by_role("button", name=re.compile("^Save draft")).first
        question = self.page.get_by_role("dialog").get_by_role("button")
        answer = question.filter(has_text="Save draft", visible=True)
        said = self.page.locator(".messages")
        said.evaluate("list => list.replaceChildren()")
        save.click()
        answer.or_(said.get_by_role("listitem")).first.wait_for()
        if answer.count():
            with self.page.expect_navigation():
                answer.click()
        self.said.append(said.inner_text())


WARNINGS = re.compile(f"{WARNING}|You saved this (page|alert) in another window")


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", SESSIONS)
@pytest.mark.parametrize("is_joined", [False, True], ids=["alone", "joined"])
def test_session_is_warned_of_others_alone(open_editor, office, seed, is_joined):
    writer = Writer(seed, open_editor, office)
    writer.go_on()
    assert not [each for each in writer.said if WARNINGS.search(each)]
    if is_joined:
        writer.is_joined()
    writer.save_at_last()
    assert bool(WARNINGS.search(writer.said[-1])) is is_joined
