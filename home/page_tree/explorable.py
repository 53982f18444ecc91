"""Which objects a user may know of in the admin.

Public pages and those of their own part of the tree; images, documents and snippets for
which they have a permission. Wagtail 8 checks less in choosers, forms, bulk actions and
its admin API, and so reveals every title to anyone who signs in. This is the only
module that patches its widgets and uses its reference index.
"""

import json
from collections.abc import Callable
from functools import wraps

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest
from django.db.models import F, ForeignKey, Model, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_list_or_404, redirect
from wagtail import hooks
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.views.chooser import BrowseView
from wagtail.admin.views.reports.page_types_usage import PageTypesUsageReportView
from wagtail.admin.widgets import AdminPageChooser, BaseChooser
from wagtail.documents import get_document_model
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.images import get_image_model
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.models import Page, ReferenceIndex
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet
from wagtail.snippets.views.chooser import SnippetChooserViewSet

from home.admin_requests import admin_request, permitted_pages
from home.content.walker import PLAIN_ID
from home.pages import public_pages

ANY_PERMISSION = ("view", "choose", "add", "change", "delete", "publish")
# How a chooser says that it offers pages of all types.
ANY_PAGE = (None, "", "wagtailcore.page")
CHOSEN_BY_ID = {
    "wagtailadmin_choose_page_child",
    "wagtailadmin_choose_page_chosen_multiple",
}
LISTS = {"wagtailadmin_explore", "wagtailadmin_explore_results"}
MAX_CHILDREN = 500
SNIPPETS = "wagtailsnippets_"
NO_SUCH_PAGE = "Choose a public page or one from your section."
HIDDEN_TITLE = "You do not have access to this item"
# No object has this id, so forms reject it like a deleted object.
NOTHING = "0"
# What else choosers of pages and images display.
WITHOUT_DETAILS = {
    "edit_url": "",
    "parent_id": None,
    "preview": {"url": "", "width": 0, "height": 0},
    "default_alt_text": "",
}


def explorable(model: type[Model]) -> QuerySet:
    """Return the objects that the user may know of; all outside the admin."""
    request = admin_request.get()
    if request is None or request.user.is_superuser:
        return model._default_manager.all()
    if not issubclass(model, Page):
        return permitted(request.user, model, *ANY_PERMISSION)
    return model._default_manager.filter(
        Q(pk__in=public_pages().values("pk")) | Q(pk__in=permitted_pages().values("pk"))
    )


def is_explorable(model: type[Model], pk) -> bool:
    is_number = PLAIN_ID.fullmatch(str(pk))
    return bool(is_number) and explorable(model).filter(pk=pk).exists()


def permitted(user: AbstractBaseUser, model: type[Model], *actions: str) -> QuerySet:
    policy = policy_registry.get_by_type(model)
    return policy.instances_user_has_any_permission_for(user, actions)


def permitted_files(user: AbstractBaseUser, model: type[Model]) -> QuerySet:
    return permitted(user, model, "choose", "change", "delete")


def restrict_to_explorable(view: Callable) -> Callable:
    """Wrap an admin view for `decorate_urlpatterns`, with its templates."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        token = admin_request.set(request)
        try:
            if request.resolver_match.url_name in CHOSEN_BY_ID:
                asked = {*request.GET.getlist("id"), *map(str, kwargs.values())}
                if not all(is_explorable(Page, pk) for pk in asked):
                    raise Http404("This page cannot be chosen.")
            response = view(request, *args, **kwargs)
            return response.render() if hasattr(response, "render") else response
        finally:
            admin_request.reset(token)

    return wrapped


@hooks.register("construct_page_chooser_queryset")
def exclude_unexplorable_pages(pages: PageQuerySet, request: HttpRequest):
    return pages.filter(pk__in=explorable(Page).order_by().values("pk"))


def restrict_admin_lists() -> None:
    """Restrict bulk actions, page choosers, the report of page types, and titles."""

    def get_queryset(cls, model, object_ids):
        return get_list_or_404(explorable(model), pk__in=object_ids)

    def get_page_types(view):
        pages = explorable(Page).filter(content_type=OuterRef("pk"))
        latest = pages.order_by(F("latest_revision_created_at").desc(nulls_last=True))
        return page_types(view).annotate(
            last_edited_page_id=Subquery(latest.values("pk")[:1])
        )

    def browse(view, request, parent_page_id=None):
        # Wagtail begins at the root, far from what editors look after.
        if parent_page_id is None and request.GET.get("page_type") in ANY_PAGE:
            policy = policy_registry.get_by_type(Page)
            start = policy.explorable_root_instance(request.user)
            parent_page_id = start and start.pk
        return browse_from(view, request, parent_page_id)

    def get_title(page):
        is_renamed = page.draft_title not in ("", page.title)
        if is_renamed and not permitted_pages().filter(pk=page.pk).exists():
            return page.title
        return title_of_draft(page)

    title_of_draft = Page.get_admin_display_title
    Page.get_admin_display_title = get_title
    BulkAction.get_queryset = classmethod(get_queryset)
    browse_from = BrowseView.get
    BrowseView.get = browse
    page_types = PageTypesUsageReportView.get_queryset
    PageTypesUsageReportView.get_queryset = get_page_types


def limit_sorting(request: HttpRequest, kwargs: dict) -> HttpResponse | None:
    """Keep large sections paginated in the admin."""
    is_sorting = request.GET.get("ordering") == "ord"
    if not is_sorting or request.resolver_match.url_name not in LISTS:
        return None
    parents = Page.objects.filter(numchild__gt=MAX_CHILDREN)
    parent = parents.filter(pk=kwargs.get("parent_page_id")).first()
    if parent is None:
        return None
    messages.warning(
        request,
        f"'{parent.get_admin_display_title()}' has {parent.numchild:,} pages directly "
        "under it. This is too many to sort manually.",
    )
    query = request.GET.copy()
    del query["ordering"]
    return redirect(f"{request.path}?{query.urlencode()}")


class PermittedFilesMixin:
    def get_queryset(self):
        files = permitted_files(self.request.user, self.model)
        return super().get_queryset().filter(pk__in=files.values("pk"))


class PermittedImages(PermittedFilesMixin, ImagesAdminAPIViewSet):
    pass


class PermittedDocuments(PermittedFilesMixin, DocumentsAdminAPIViewSet):
    pass


class ReadOnlyPages(PagesAdminAPIViewSet):
    """No actions: no screen calls them, and they bypass what a page's methods check."""

    @classmethod
    def get_urlpatterns(cls):
        return super(PagesAdminAPIViewSet, cls).get_urlpatterns()


# After Wagtail's own.
@hooks.register("construct_admin_api", order=10)
def register_restricted_endpoints(router):
    router.register_endpoint("pages", ReadOnlyPages)
    router.register_endpoint("images", PermittedImages)
    router.register_endpoint("documents", PermittedDocuments)


class NoChooserViewSet(SnippetChooserViewSet):
    """No chooser: Wagtail's lists every snippet for anyone who may sign in."""

    def get_urlpatterns(self):
        return []


def may_choose(model: type[Model], pk) -> bool:
    """Allow also what the page holds already, as a colleague may have linked it."""
    request = admin_request.get()
    if request is None or is_explorable(model, pk):
        return True
    kind = Page if issubclass(model, Page) else model
    if (kind, str(pk)) in _held_by(_edited(request.resolver_match)):
        return True
    request.has_rejected_choice = True
    return False


def _edited(match) -> Model | None:
    if "page_id" in match.kwargs:
        return Page.objects.filter(pk=match.kwargs["page_id"]).first()
    if "pk" in match.kwargs and match.namespace.startswith(SNIPPETS):
        model = apps.get_model(*match.namespace[len(SNIPPETS) :].split("_", 1))
        return model.objects.filter(pk=match.kwargs["pk"]).first()
    return None


def _held_by(edited: Model | None) -> set[tuple[type[Model], str]]:
    if hasattr(edited, "get_latest_revision_as_object"):
        edited = edited.get_latest_revision_as_object()
    held = ReferenceIndex._extract_references_from_object(edited) if edited else ()
    return {
        (ContentType.objects.get_for_id(kind).model_class(), pk)
        for kind, pk, *_ in held
    }


def restrict_choosers() -> None:
    """Make choosers neither accept nor display what the user may not see."""
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
