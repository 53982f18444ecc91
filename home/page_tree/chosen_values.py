"""Restricts what forms accept as chosen to objects that the user may see.

Wagtail's choosers list only these, but its forms accept any id. This is the only module
that patches its widgets and uses its reference index.
"""

import json

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest
from django.db.models import ForeignKey, Model
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.admin.widgets import AdminPageChooser, BaseChooser
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, ReferenceIndex

from home.admin_requests import admin_request
from home.page_tree.explorable import is_explorable

NO_SUCH_PAGE = "Choose a public page or one from your section."
HIDDEN_TITLE = "You do not have access to this item"
# No object has this id, so forms reject it like a deleted object.
NOTHING = "0"
SNIPPETS = "wagtailsnippets_"
# What else choosers of pages and images display.
WITHOUT_DETAILS = {
    "edit_url": "",
    "parent_id": None,
    "preview": {"url": "", "width": 0, "height": 0},
    "default_alt_text": "",
}


def may_choose(model: type[Model], pk) -> bool:
    """Return whether the user may submit an object's id.

    Users may save a page in which a colleague has linked what they cannot see.
    """
    if admin_request.get() is None or is_explorable(model, pk):
        return True
    kind = Page if issubclass(model, Page) else model
    if (kind, str(pk)) in _held():
        return True
    admin_request.get().has_rejected_choice = True
    return False


def _held() -> set[tuple[type[Model], str]]:
    edited = _edited()
    if edited is None:
        return set()
    if hasattr(edited, "get_latest_revision_as_object"):
        edited = edited.get_latest_revision_as_object()
    return {
        (ContentType.objects.get_for_id(kind).model_class(), pk)
        for kind, pk, *_ in ReferenceIndex._extract_references_from_object(edited)
    }


def _edited() -> Model | None:
    match = admin_request.get().resolver_match
    if "page_id" in match.kwargs:
        return Page.objects.filter(pk=match.kwargs["page_id"]).first()
    if "pk" in match.kwargs and match.namespace.startswith(SNIPPETS):
        model = apps.get_model(*match.namespace[len(SNIPPETS) :].split("_", 1))
        return model.objects.filter(pk=match.kwargs["pk"]).first()
    return None


def restrict_choosers() -> None:
    """Make Wagtail's choosers neither accept nor display what the user may not see."""
    read, describe = BaseChooser.value_from_datadict, BaseChooser.get_value_data

    def value_from_datadict(widget, data, files, name):
        value = read(widget, data, files, name)
        return value if not value or may_choose(widget.model_class, value) else NOTHING

    def get_value_data(widget, value):
        pk = getattr(value, "pk", value)
        if not pk or admin_request.get() is None:
            return describe(widget, value)
        if is_explorable(widget.model_class, pk):
            return describe(widget, value)
        if pk == NOTHING:
            return None
        return {"id": pk, widget.display_title_key: HIDDEN_TITLE, **WITHOUT_DETAILS}

    BaseChooser.value_from_datadict = value_from_datadict
    BaseChooser.get_value_data = get_value_data
    register_form_field_override(
        ForeignKey,
        to=Page,
        override=lambda field: {
            "widget": AdminPageChooser(target_models=[field.remote_field.model]),
            "error_messages": {"invalid_choice": NO_SUCH_PAGE},
        },
    )


class RichTextArea(DraftailRichTextArea):
    """The rich text editor, with restricted links and images."""

    def value_from_datadict(self, data, files, name):
        sent = data.get(name)
        # The second is what the editor's script sends for an empty text.
        if sent is None or sent == "null":
            return super().value_from_datadict(data, files, name)
        try:
            state = json.loads(sent)
            for model, values in _linked(state):
                if not may_choose(model, values["id"]):
                    values["id"] = NOTHING
            return self.converter.to_database_format(json.dumps(state))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise BadRequest("The rich text is not valid.") from error

    def format_value(self, value):
        """Return what the editor displays, without addresses the user may not see."""
        state = json.loads(super().format_value(value))
        for model, values in _linked(state):
            if admin_request.get() and not is_explorable(model, values["id"]):
                pk = values["id"]
                values.clear()
                values["id"] = pk
        return json.dumps(state)


def _linked(state: dict):
    """Yield each object that a text refers to: its model and the entity's data."""
    models = {
        "LINK": Page,
        "DOCUMENT": get_document_model(),
        "IMAGE": get_image_model(),
    }
    for entity in state["entityMap"].values():
        if entity["type"] in models and entity["data"].get("id") is not None:
            yield models[entity["type"]], entity["data"]
