"""What someone may not know of is neither offered to them nor taken from them."""

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

TITLE, PUBLISHED, OWN = "Leisure centre to close", "Leisure centres", "Draft of ours"
REFUSED = "no longer exists, or you cannot access it"


@pytest.fixture
def hidden(home):
    return PartnershipPageFactory(parent=home, title=TITLE, slug="zqx", live=False)


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, title=OWN, live=False)


@pytest.fixture
def editor(client, section):
    client.force_login(make_person("editor"))
    return client


@pytest.fixture
def offered(client, home, section, hidden, page, admin_search):
    """Return a function that reads all that the page chooser offers to someone."""
    StandardPageFactory(parent=home, title=PUBLISHED)
    search = reverse("wagtailadmin_choose_page_search")
    chosen = reverse("wagtailadmin_choose_page_chosen_multiple")
    addresses = [
        *(
            reverse("wagtailadmin_choose_page_child", args=[each.pk])
            for each in (home, section, hidden)
        ),
        f"{search}?q=leisure",
        f"{search}?q=draft",
        f"{chosen}?id={hidden.pk}",
    ]
    assert "/login/" in client.get(addresses[0])["Location"]

    def read(kind):
        client.force_login(make_person(kind))
        return "".join(client.get(each).content.decode() for each in addresses)

    return read


def test_draft_is_offered_to_those_who_see_it(offered):
    for kind, drafts in {
        "author": {OWN},
        "moderator": {OWN},
        "alert publisher": set(),
        "enquiry handler": set(),
        "communications lead": {OWN, TITLE},
        "administrator": {OWN, TITLE},
    }.items():
        found = offered(kind)
        assert PUBLISHED in found
        assert {title for title in (OWN, TITLE) if title in found} == drafts, kind


def test_without_our_view_every_draft_would_be_offered(offered, monkeypatch):
    monkeypatch.setattr(explorable, "CHOSEN_BY_ID", set())
    assert TITLE in offered("author")


def test_page_that_is_not_there_is_not_found(admin_client, home):
    address = reverse("wagtailadmin_choose_page_chosen_multiple")
    for pk in ("999999", "9" * 30, "x", "²", "", "\0"):
        assert admin_client.get(address, {"id": pk}).status_code == 404


def test_chooser_opens_where_someone_works(client, home, section):
    address = reverse("wagtailadmin_choose_page")
    for kind, start in (("author", section), ("administrator", home.get_parent())):
        client.force_login(make_person(kind))
        for query in ({}, {"page_type": "wagtailcore.page"}):
            answer = client.get(address, query).json()
            assert answer["parent_page_id"] == start.pk


def test_large_section_is_sorted_by_columns_but_not_by_hand(
    section, admin_client, monkeypatch
):
    monkeypatch.setattr(explorable, "MAX_CHILDREN", 2)
    StandardPageFactory.create_batch(3, parent=section)
    reason = "has 3 pages directly under it. This is too many to sort manually."
    for name in sorted(explorable.LISTS):
        address = reverse(name, args=[section.pk])
        response = admin_client.get(f"{address}?ordering=ord&p=1", follow=True)
        assert response.redirect_chain == [(f"{address}?p=1", 302)]
        assert reason in response.content.decode() or "results" in name
        assert admin_client.get(f"{address}?ordering=title").status_code == 200


# What forms accept


def blocks(pk):
    text = rich_text(f'<p><a linktype="page" id="{pk}">our words</a></p>')
    return [
        ("call_to_action", {"text": "Go", "page": pk, "url": ""}),
        ("text", text),
        ("details", {"summary": "More", "text": text}),
    ]


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
    for block in blocks(hidden.pk):
        response, draft = save(editor, page, [block])
        html = response.content.decode()
        assert REFUSED in html
        assert TITLE not in html
        assert hidden.slug not in html
        assert not draft.body
    known = StandardPageFactory(parent=page.get_parent())
    assert save(editor, page, blocks(known.pk))[0].status_code == 302


def test_page_that_holds_what_its_editor_may_not_see_is_saved_as_it_is(
    editor, page, hidden
):
    raw = f'<p><a linktype="page" id="{hidden.pk}">our words</a></p>'
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
    response, draft = save(editor, page, blocks(hidden.pk))
    assert response.status_code == 302
    assert str(draft.body.get_prep_value()).count(str(hidden.pk)) >= 3


def test_field_row_and_place_are_not_taken(editor, section, hidden):
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
    editor.force_login(make_person("alert publisher"))
    alert = AlertFactory()
    address = reverse("wagtailsnippets_community_alertsnippet:edit", args=[alert.pk])
    html = editor.get(address).content.decode()
    form = querydict_from_html(html, form_id="w-editor-form").dict()
    form |= {"scope": "pages"} | nested_form_data(
        {"scopes": inline_formset([{"page": hidden.pk, "include_descendants": "on"}])}
    )
    response = editor.post(address, form)
    assert response.status_code == 200
    assert TITLE not in response.content.decode()
    alert.refresh_from_db()
    assert not alert.get_latest_revision_as_object().scopes.exists()
    editor.force_login(make_person("moderator"))
    form = {"new_title": "x", "new_slug": "x", "new_parent_page": hidden.pk}
    for name in ("copy", "move"):
        address = reverse(f"wagtailadmin_pages:{name}", args=[page.pk])
        assert TITLE not in editor.post(address, form).content.decode()


def test_without_the_rule_the_form_would_take_it(editor, page, hidden, monkeypatch):
    monkeypatch.setattr(explorable, "is_explorable", lambda model, pk: True)
    response, draft = save(editor, page, blocks(hidden.pk)[:1])
    assert response.status_code == 302
    assert draft.body


def test_empty_text_is_taken_as_the_editor_sends_it():
    widget = explorable.RichTextArea()
    text = widget.value_from_datadict({"text": "null"}, {}, "text")
    assert BeautifulSoup(text, "html.parser").get_text() == ""
    with pytest.raises(BadRequest):
        widget.value_from_datadict({"text": "[]"}, {}, "text")
