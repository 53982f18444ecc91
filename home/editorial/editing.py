"""The page editor: approval, schedules, and warnings of other people's versions."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.db.models import Model
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.signal_handlers import (
    workflow_approval_email_notifier,
    workflow_rejection_email_notifier,
    workflow_submission_email_notifier,
)
from wagtail.admin.utils import get_latest_str
from wagtail.admin.views.home import UserObjectsInWorkflowModerationPanel
from wagtail.admin.views.pages.create import CreateView
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.history import PageHistoryView
from wagtail.admin.views.pages.revisions import RevisionsUnscheduleView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page, RevisionMixin, TaskState, WorkflowMixin, WorkflowState

from home.content.dates import format_relative_datetime
from home.content.text import name_of
from home.dashboard import DashboardTask, counted_task, register_dashboard_tasks
from home.editorial.models import EditingWindow

# Administrators get the email about the workflow's first task instead.
workflow_submission_email_notifier.get_recipient_users = lambda *_, **__: set()


def get_approval_context(state: WorkflowState, **kwargs) -> dict:
    """Add who approved and the comment; read again what has just been published."""
    context = workflow_rejection_email_notifier.get_context(state, **kwargs)
    approved = context["object"]
    context["object"] = type(approved)._default_manager.get(pk=approved.pk)
    return context


workflow_approval_email_notifier.get_context = get_approval_context


def describe_requested_changes(state: WorkflowState, at: datetime) -> str:
    """Return who asked for changes, when, and their comment."""
    task = state.current_task_state
    who = name_of(task.finished_by) or "A moderator"
    comment = task.get_comment()
    when = format_relative_datetime(task.finished_at, at)
    return f"{who} asked for changes {when}{f': {comment}' if comment else '.'}"


@hooks.register("before_edit_page")
@hooks.register("before_edit_snippet")
def show_requested_changes(request: HttpRequest, instance: Model) -> None:
    if request.method != "GET" or not isinstance(instance, WorkflowMixin):
        return
    state = instance.current_workflow_state
    if state and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        messages.warning(request, describe_requested_changes(state, timezone.now()))


@register_dashboard_tasks
def approval_tasks(user, at):
    """List what moderators sent back to the user, and what waits for the user."""
    states = WorkflowState.objects.filter(
        status=WorkflowState.STATUS_NEEDS_CHANGES, requested_by=user
    )
    states = states.select_related("current_task_state__finished_by")
    finder = AdminURLFinder(user)
    for state in states.prefetch_related("content_object__latest_revision"):
        if target := state.content_object:
            text = f"{get_latest_str(target)}: {describe_requested_changes(state, at)}"
            yield DashboardTask(text, finder.get_edit_url(target) or "")
    yield counted_task(
        TaskState.objects.reviewable_by(user).count(),
        "page is waiting for your approval",
        "pages are waiting for your approval",
        reverse("wagtailadmin_reports:workflow_tasks", query={"reviewable": "true"}),
    )


class WithApproverPanel(UserObjectsInWorkflowModerationPanel):
    """Leaves out what was sent back, which is among the author's tasks."""

    def get_context_data(self, parent_context):
        context = super().get_context_data(parent_context)
        context["workflow_states"] = [
            state
            for state in context["workflow_states"]
            if state.status == WorkflowState.STATUS_IN_PROGRESS
        ]
        return context


@hooks.register("construct_homepage_panels")
def list_only_what_is_with_an_approver(request, panels):
    panels[:] = [
        WithApproverPanel() if type(panel) is WithApproverPanel.__base__ else panel
        for panel in panels
    ]


@hooks.register("construct_page_action_menu")
@hooks.register("construct_snippet_action_menu")
def simplify_approval_actions(menu_items, request, context) -> None:
    """Leave out "Restart workflow": resubmitting does the same in a single step."""
    menu_items[:] = [i for i in menu_items if i.name != "action-restart-workflow"]
    for item in menu_items:
        if item.name == "action-cancel-workflow":
            item.label = "Withdraw from approval"


class FailedActionMixin:
    failures = {
        "publish": "was not published",
        "submit": "was not submitted",
        "perform_workflow_action": "was not approved or sent back",
    }

    def form_invalid(self, form):
        """Say which action failed: autosave may have saved the draft already."""
        failure = self.failures.get(self.action_name)
        is_locked = getattr(self, "locked_for_user", False)
        if not failure or is_locked or self.expects_json_response:
            return super().form_invalid(form)
        text = f"The page {failure}. Fix the errors below and try again."
        messages.validation_error(self.request, text, form)
        self.has_unsaved_changes = True
        return self.render_to_response(self.get_context_data())


class PageCreateView(FailedActionMixin, CreateView):
    failures = {**FailedActionMixin.failures, "save": "was not saved"}


class PageEditView(FailedActionMixin, EditView):
    def add_save_confirmation_message(self):
        if self.action_name != "perform_workflow_action":
            return super().add_save_confirmation_message()
        title = self.page.get_admin_display_title()
        page = Page.objects.get(pk=self.page.pk)
        buttons = [self.get_edit_message_button()]
        text = f"'{title}' has been approved."
        if self.workflow_action == "reject":
            author = name_of(self.workflow_state.requested_by) or "its author"
            text = f"You asked for changes to '{title}'. It is back with {author}."
        elif scheduled := page.scheduled_revision:
            go_live_at = scheduled.approved_go_live_at
            when = format_relative_datetime(go_live_at, timezone.now())
            text = f"'{title}' has been approved and will be published {when}."
        elif page.live and not page.has_unpublished_changes:
            text = f"'{title}' has been approved and is now live."
            buttons.insert(0, self.get_view_live_message_button())
        return messages.success(self.request, text, buttons=buttons)

    def add_cancel_workflow_confirmation_message(self):
        title = self.page.get_admin_display_title()
        messages.success(self.request, f"'{title}' no longer waits for approval.")


class CancelScheduleView(RevisionsUnscheduleView):
    """Cancels a schedule, and takes its date out of the draft."""

    page_title = "Cancel scheduled publish"
    success_message = (
        "The scheduled publication of '%(object)s' has been cancelled. The draft no "
        "longer has a go-live date."
    )

    def get_page_subtitle(self):
        return self.get_object_display_title()

    def get_next_url(self):
        return reverse(self.edit_url_name, args=[self.object.pk])

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        self.revision.content["go_live_at"] = None
        self.revision.save(update_fields=["content"])
        Page.objects.filter(pk=self.object.pk, live=False).update(go_live_at=None)
        return response


class HistoryView(PageHistoryView):
    breadcrumbs_items_to_take = 2


class BasePageViewSet(PageViewSet):
    add_view_class = PageCreateView
    edit_view_class = PageEditView
    history_view_class = HistoryView
    revisions_unschedule_view_class = CancelScheduleView


@hooks.register("register_admin_viewset")
def register_page_views():
    return BasePageViewSet()


# Wagtail looks for other versions every ten seconds, and only in browsers that run
# scripts. Anyone who saves in between, or without scripts, would replace the other
# version unknowingly. One person may have several editors of a page open, so the form
# names its window: both autosave and the buttons send it.


def get_window(request: HttpRequest) -> EditingWindow:
    """Return the window that sent a form, locked; a new one if it is not named."""
    try:
        name = UUID(request.POST.get("editing_window", ""))
    except ValueError:
        name = uuid4()
    EditingWindow.objects.get_or_create(pk=name)
    return EditingWindow.objects.select_for_update().get(pk=name)


def is_automatic(request: HttpRequest) -> bool:
    return not request.accepts("text/html")


@hooks.register("before_create_page")
@hooks.register("before_create_snippet")
@hooks.register("before_edit_page")
@hooks.register("before_edit_snippet")
def reject_autosave_after_submit(
    request: HttpRequest, target: object, *others: object
) -> JsonResponse | None:
    """Reject an autosave of a form that was submitted.

    Wagtail may autosave once more while the server responds, even with a moderator's
    decision in it, which would leave a draft of what has just gone live.
    """
    if request.method != "POST":
        return None
    window = request.editing_window = get_window(request)
    window.version_before = getattr(target, "latest_revision_id", None)
    decides = any(name.startswith("action-") for name in request.POST)
    if not is_automatic(request) or not (window.is_sent or decides):
        return None
    text = (
        "You have already submitted this form. Save it again to keep the changes you "
        "have made since."
    )
    answer = {"success": False, "error_code": "already_sent", "error_message": text}
    return JsonResponse(answer, status=409)


# Before anything that asks whose version it was.
@hooks.register("after_create_page", order=-1)
@hooks.register("after_create_snippet", order=-1)
@hooks.register("after_edit_page", order=-1)
@hooks.register("after_edit_snippet", order=-1)
def record_version(request: HttpRequest, instance: Model) -> None:
    window = request.editing_window
    if not isinstance(instance, RevisionMixin):
        return
    if instance.latest_revision_id != window.version_before:
        window.revision_ids.append(instance.latest_revision_id)
    window.is_sent = window.is_sent or not is_automatic(request)
    window.save()


@hooks.register("after_edit_page")
@hooks.register("after_edit_snippet")
def warn_of_concurrent_edit(request: HttpRequest, instance: Model) -> None:
    """Say who else saved a version since this window was opened.

    Wagtail rejects an autosave in that case.
    """
    if is_automatic(request) or not isinstance(instance, RevisionMixin):
        return
    sent = request.POST
    opened = sent.get("version_opened", sent.get("loaded_revision_created_at", ""))
    try:
        since = datetime.fromisoformat(opened).astimezone(UTC)
    except (ValueError, OverflowError):
        # Where the form says nothing, there was no version.
        since = datetime.min.replace(tzinfo=UTC)
    others = instance.revisions.exclude(pk__in=request.editing_window.revision_ids)
    others = others.filter(created_at__gt=since).select_related("user")
    if not (other := others.order_by("created_at").last()):
        return
    who, place = name_of(other.user) or "Someone else", ""
    if other.user_id == request.user.pk:
        who, place = "You", " in another window"
    if other.pk == instance.latest_revision_id:
        first = "earliest"
        outcome = (
            "You did not change anything, so that version is the latest. Read it again."
        )
    else:
        first = other.pk
        outcome = (
            "Both versions are saved and yours is now the latest. Compare them, and "
            "copy across anything you need."
        )
    noun, view_name = "page", "wagtailadmin_pages:revisions_compare"
    if not isinstance(instance, Page):
        noun = "item"
        view_name = instance.snippet_viewset.get_url_name("revisions_compare")
    address = reverse(view_name, args=[instance.pk, first, instance.latest_revision_id])
    messages.warning(
        request,
        f"{who} saved this {noun}{place} "
        f"on {timezone.localtime(other.created_at):%-d %B at %H:%M}, after you "
        f"opened it. {outcome}",
        buttons=[messages.button(address, "Compare versions")],
    )
