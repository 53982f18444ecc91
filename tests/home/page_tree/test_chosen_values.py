import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import BadRequest
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import (
    inline_formset,
    nested_form_data,
    querydict_from_html,
    rich_text,
    streamfield,
)

from home.models import StandardPage
from home.page_tree import explorable
from tests.factories import (
    AlertFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)
from tests.stockton_cms.permissions.world import make_person

TITLE = "Leisure centre to close"
REFUSED = "no longer exists, or you cannot access it"
KINDS = ("call to action", "text", "details")


@pytest.fixture
def hidden(home):
    return PartnershipPageFactory(parent=home, title=TITLE, slug="zqx", live=False)


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, live=False)


@pytest.fixture
def editor(client, section):
    client.force_login(make_person("editor"))
    return client


def text_with_link(pk):
    return f'<p><a linktype="page" id="{pk}">our words</a></p>'


def blocks(pk):
    return {
        "call to action": ("call_to_action", {"text": "Go", "page": pk, "url": ""}),
        "text": ("text", rich_text(text_with_link(pk))),
        "details": (
            "details",
            {"summary": "More", "text": rich_text(text_with_link(pk))},
        ),
    }


def save(client, page, body=(), **fields):
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    html = client.get(address).content.decode()
    form = querydict_from_html(html, form_id="page-edit-form").dict()
    form = {key: value for key, value in form.items() if not key.startswith("body-")}
    form |= nested_form_data({"body": streamfield(body)}) | fields
    response = client.post(address, form)
    draft = Page.objects.get(pk=page.pk).get_latest_revision_as_object()
    return response, draft


def test_block_does_not_take_what_was_not_offered(editor, page, hidden):
    for kind in KINDS:
        response, draft = save(editor, page, [blocks(hidden.pk)[kind]])
        html = response.content.decode()
        assert REFUSED in html
        assert TITLE not in html
        assert hidden.slug not in html
        assert not draft.body
    known = StandardPageFactory(parent=page.get_parent())
    assert save(editor, page, blocks(known.pk).values())[0].status_code == 302


def test_page_that_holds_what_its_editor_may_not_see_is_saved_as_it_is(
    editor, page, hidden
):
    raw = text_with_link(hidden.pk)
    draft = StandardPage.objects.get(pk=page.pk)
    draft.body = [
        ("call_to_action", {"text": "Go", "page": hidden, "url": ""}),
        ("text", raw),
        ("details", {"summary": "More", "text": raw}),
    ]
    draft.save_revision(user=make_person("communications lead"))
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    html = editor.get(address).content.decode()
    assert TITLE not in html
    assert hidden.slug not in html
    assert explorable.HIDDEN_TITLE in html
    response, draft = save(editor, page, blocks(hidden.pk).values())
    assert response.status_code == 302
    assert str(draft.body.get_prep_value()).count(str(hidden.pk)) >= len(KINDS)


def test_field_and_row_of_their_own_are_not_taken(editor, section, hidden):
    address = reverse("wagtailsnippets_search_searchchecksnippet:add")
    form = {"query": "bins", "within": 3, "page": hidden.pk}
    html = editor.post(address, form).content.decode()
    assert explorable.NO_SUCH_PAGE in BeautifulSoup(html, "html.parser").text
    assert TITLE not in html
    page = PolicyUpdatePageFactory(parent=section, live=False)
    rows = nested_form_data(
        {"related_pages": inline_formset([{"related_page": hidden.pk, "ORDER": 1}])}
    )
    response, draft = save(editor, page, **rows)
    assert TITLE not in response.content.decode()
    assert not draft.related_pages.exists()


def test_place_of_an_alert_is_not_taken(client, section, hidden):
    client.force_login(make_person("alert publisher"))
    alert = AlertFactory()
    address = reverse("wagtailsnippets_community_alertsnippet:edit", args=[alert.pk])
    html = client.get(address).content.decode()
    form = querydict_from_html(html, form_id="w-editor-form").dict()
    form |= {"scope": "pages"} | nested_form_data(
        {"scopes": inline_formset([{"page": hidden.pk, "include_descendants": "on"}])}
    )
    response = client.post(address, form)
    assert response.status_code == 200
    assert TITLE not in response.content.decode()
    alert.refresh_from_db()
    assert not alert.get_latest_revision_as_object().scopes.exists()


def test_no_page_goes_below_what_was_not_offered(client, page, hidden):
    client.force_login(make_person("moderator"))
    form = {"new_title": "x", "new_slug": "x", "new_parent_page": hidden.pk}
    for name in ("copy", "move"):
        address = reverse(f"wagtailadmin_pages:{name}", args=[page.pk])
        assert TITLE not in client.post(address, form).content.decode()


def test_without_the_rule_the_form_would_take_it(editor, page, hidden, monkeypatch):
    monkeypatch.setattr(explorable, "is_explorable", lambda model, pk: True)
    response, draft = save(editor, page, [blocks(hidden.pk)["call to action"]])
    assert response.status_code == 302
    assert draft.body


def test_empty_text_is_taken_as_the_editor_sends_it():
    widget = explorable.RichTextArea()
    text = widget.value_from_datadict({"text": "null"}, {}, "text")
    assert BeautifulSoup(text, "html.parser").get_text() == ""
    with pytest.raises(BadRequest):
        widget.value_from_datadict({"text": "[]"}, {}, "text")
