import json
from itertools import product

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Site
from wagtail.test.utils.form_data import nested_form_data, streamfield

from home import admin_requests
from tests.factories import AlertFactory, PolicyUpdatePageFactory, StandardPageFactory

HUGE = "9" * 30
JUNK = ("abc", HUGE, "\0", "[]")
MORE_JUNK = ("-1", "²", "{", "null", "[{}]", '{"blocks": 1}')
PARAMETERS = (
    "p", "page", "ordering", "id", "childOf", "collection_id", "content_type", "user",
    "section", "tag", "page_type", "limit", "offset", "locale", "uploaded_by", "q",
    "target_pages", "parent_page_id", "export", "order", "child_of", "type",
)  # fmt: skip
LISTS = (
    "wagtailadmin_explore_root", "wagtailadmin_pages:search", "wagtailimages:index",
    "wagtaildocs:index", "wagtailredirects:index", "wagtailadmin_choose_page",
    "wagtailadmin_choose_page_search", "wagtailadmin_choose_page_chosen_multiple",
    "wagtailimages_chooser:choose", "wagtailimages_chooser:chosen_multiple",
    "wagtaildocs_chooser:chosen_multiple", "wagtailadmin_reports:site_history",
    "wagtailadmin_reports:locked_pages", "wagtailadmin_reports:page_types_usage",
    "wagtailadmin_reports:workflow", "wagtailadmin_reports:workflow_tasks",
    "broken_links_report", "reviews_report", "content_checks_report",
    "searches_report", "alert_history_report", "wagtailadmin_api:pages:listing",
    "wagtailadmin_api:pages:find", "wagtailadmin_api:images:find",
    "wagtailsnippets_community_alertsnippet:list", "wagtailusers_users:index",
)  # fmt: skip
BULK = [("wagtailcore", "page", "delete"), ("wagtailimages", "image", "add_tags")]
LINK = '{"blocks": [%s], "entityMap": {"0": {"type": "%s", "data": {"id": "%s"}}}}'
BLOCK = json.dumps(
    {
        "key": "abcde",
        "text": "our words",
        "type": "unstyled",
        "depth": 0,
        "inlineStyleRanges": [],
        "entityRanges": [{"offset": 0, "length": 9, "key": 0}],
    }
)
LINKS = [LINK % (BLOCK, *each) for each in (("LINK", "x"), ("DOCUMENT", HUGE))]


@pytest.fixture(autouse=True)
def _server_errors_are_answers(admin_client):
    admin_client.raise_request_exception = False


def assert_clear(response, what):
    assert response.status_code < 500, what
    if response.status_code == 400:
        assert "could not process" in response.content.decode() or response.json(), what


def test_list_with_junk_in_its_address(admin_client, home):
    for name, junk in product(LISTS, JUNK):
        query = dict.fromkeys(PARAMETERS, junk)
        assert_clear(admin_client.get(reverse(name), query), (name, junk))


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTS)
def test_list_with_junk_in_one_part_of_its_address(admin_client, home, name):
    """Each parameter alone, and more junk, in 26 lists: three minutes."""
    for junk in MORE_JUNK:
        query = dict.fromkeys(PARAMETERS, junk)
        assert_clear(admin_client.get(reverse(name), query), junk)
    for parameter in PARAMETERS:
        assert_clear(admin_client.get(reverse(name), {parameter: "abc"}), parameter)


def test_bulk_action_on_junk(admin_client, home):
    for names, junk in product(BULK, JUNK):
        address = reverse("wagtail_bulk_action", args=names)
        for query in ({"id": junk}, {"id": "all", "childOf": junk}):
            assert_clear(admin_client.get(address, query), query)
            assert_clear(admin_client.post(address, query_params=query), query)


@pytest.fixture
def forms(admin_form, home, section):
    """Return the addresses of forms, each with what it holds."""
    policy = PolicyUpdatePageFactory(parent=section)
    site = Site.objects.get()
    snippet = "wagtailsnippets_{}snippet:add".format
    old = Redirect.objects.create(old_path="/old", redirect_page=policy)
    image = Image.objects.create(title="Park", file=get_test_image_file())
    pages = [
        reverse(f"wagtailadmin_pages:{name}", args=[policy.pk])
        for name in ("edit", "copy", "move", "unpublish")
    ]
    alert = AlertFactory()
    settings = ("home", "sitesettings", site.pk)
    addresses = [
        *pages,
        reverse("wagtailadmin_pages:edit", args=[home.pk]),
        reverse("wagtailsnippets_community_alertsnippet:edit", args=[alert.pk]),
        reverse(snippet("search_promotion")),
        reverse(snippet("search_searchcheck")),
        reverse("wagtailsettings:edit", args=settings),
        reverse("wagtailredirects:edit", args=[old.pk]),
        reverse("wagtailimages:edit", args=[image.pk]),
    ]
    found = {}
    for address in addresses:
        try:
            found[address] = admin_form(address)
        except ValueError:
            found[address] = OTHER_FORM
    return found


# What is sent where a view is no editor.
OTHER_FORM = dict.fromkeys(("new_title", "new_slug", "old_path"), "x") | {
    "new_parent_page": "1",
    "redirect_page": "1",
    "site": "",
    "is_permanent": "on",
}


def test_form_with_junk(admin_client, forms):
    for address, form in forms.items():
        for sent in ({}, *(dict.fromkeys(form, junk) for junk in JUNK)):
            assert_clear(admin_client.post(address, sent), (address, sent))


@pytest.mark.slow
def test_form_with_junk_in_one_field(admin_client, forms):
    """Each field of eleven forms, alone: a minute."""
    for address, form in forms.items():
        for junk in MORE_JUNK:
            sent = dict.fromkeys(form, junk)
            assert_clear(admin_client.post(address, sent), (address, junk))
        for field in form:
            rest = {key: value for key, value in form.items() if key != field}
            for sent in ({**rest, field: "abc"}, rest):
                assert_clear(admin_client.post(address, sent), (address, field))


BODIES = [
    ("text", "no contentstate"), ("text", "[]"), ("text", "{}"), ("text", "null"),
    *[("text", link) for link in LINKS],
    ("no_such_block", "x"), ("call_to_action", "x"), ("image", "x"), ("table", "x"),
    ("documents", {"heading": "x", "documents-count": HUGE}),
    ("call_to_action", {"text": "Go", "page": "abc", "url": ""}),
    ("call_to_action", {"text": "Go", "page": HUGE, "url": ""}),
]  # fmt: skip


def test_body_with_junk(admin_client, admin_form, section):
    page = StandardPageFactory(parent=section)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    form = admin_form(address)
    for block in BODIES:
        body = nested_form_data({"body": streamfield([block])})
        response = admin_client.post(address, form | body)
        assert_clear(response, block)
        assert response.status_code in {200, 302, 400}


def test_text_with_junk(admin_client, send_form, home):
    address = reverse("wagtailadmin_pages:edit", args=[home.pk])
    for text in ("x", "[]", "{}", *LINKS):
        response = send_form(address, introduction=text, change_note="x")
        assert_clear(response, text)
        home.refresh_from_db()
        assert "linktype" not in home.introduction


def test_import_of_redirects_with_a_changed_file_name(admin_client, home):
    address = reverse("wagtailredirects:process_import")
    for form in ({}, {"import_file_name": "x", "input_format": "0", "from_index": "x"}):
        assert_clear(admin_client.post(address, form), form)


def test_without_the_wrapper_it_would_be_a_server_error(home, admin_user, monkeypatch):
    monkeypatch.setattr(admin_requests, "UNREADABLE", ())
    client = Client(raise_request_exception=False)
    client.force_login(admin_user)
    address = reverse("wagtail_bulk_action", args=BULK[0])
    assert client.get(address, {"id": "abc"}).status_code == 500
