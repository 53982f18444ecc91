"""How much a page weighs on its way to a phone, as `make run` serves it."""

import re

from tests.browser.conftest import PHONE
from tests.browser.states import SECTION, STATES

MAX_BYTES = 40_000
MAX_BLOCKING = 4
MAX_SCRIPT_BYTES = 6_000


def first_visit(page, address):
    """Open a page; return each answer's type and its bytes on the wire."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    kinds, sizes = {}, {}
    session.on(
        "Network.responseReceived",
        lambda event: kinds.update({event["requestId"]: event["type"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(address, wait_until="networkidle")
    return [(kinds[each], size) for each, size in sizes.items() if each in kinds]


def test_first_visit_is_light(new_page):
    loaded = first_visit(new_page(**PHONE), SECTION)
    kinds = {kind for kind, _ in loaded}
    assert {"Document", "Stylesheet", "Image"} <= kinds
    total = sum(size for kind, size in loaded if kind != "Image")
    assert 1_000 < total <= MAX_BYTES, loaded


def test_little_stands_before_the_first_paint(new_page):
    page = new_page(**PHONE)
    page.goto(SECTION)
    blocking = page.evaluate(
        """performance.getEntriesByType("resource")
        .filter((each) => each.renderBlockingStatus === "blocking")
        .map((each) => each.name)"""
    )
    assert 1 <= len(blocking) <= MAX_BLOCKING, blocking


def test_scripts_are_few_small_and_never_inline(new_page, site):
    page = new_page()
    scripts = {}
    for state in STATES:
        if state.sent:
            continue
        page.goto((site.broken_address if state.is_broken else "") + state.path)
        # What search engines read about a page is data, and not run.
        for script in page.locator("script:not([type='application/ld+json'])").all():
            source, kind = script.get_attribute("src"), script.get_attribute("type")
            assert source, f"inline on {state.name}"
            assert kind == "module", f"no module on {state.name}: {source}"
            scripts[source] = len(page.request.get(source).body())
        html = page.content()
        assert not re.search(r"<[^>]+\s(on\w+|style)=", html), state.name
    assert sum(scripts.values()) < MAX_SCRIPT_BYTES, scripts


def test_static_files_are_compressed_and_kept(new_page):
    page = new_page()
    with page.expect_response(re.compile(r"\.css$")) as styles:
        page.goto(SECTION)
    headers = styles.value.headers
    assert headers["content-encoding"] in {"br", "gzip"}
    assert "immutable" in headers["cache-control"]
