"""Approval and scheduling of pages in the editor: what Wagtail does, in our words."""

from datetime import datetime
from functools import partial

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.signal_handlers import workflow_submission_email_notifier
from wagtail.admin.utils import get_latest_str
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.history import PageHistoryView
from wagtail.admin.views.pages.revisions import RevisionsUnscheduleView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page, WorkflowMixin, WorkflowState

from home.content.dates import format_relative_datetime
from home.content.text import name_of
from home.dashboard import DashboardTask, register_dashboard_tasks

# Administrators get the email about the workflow's first task instead.
workflow_submission_email_notifier.get_recipient_users = lambda *_, **__: set()


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
def changes_to_make(user, at):
    """List what moderators sent back to the user."""
    states = WorkflowState.objects.filter(
        status=WorkflowState.STATUS_NEEDS_CHANGES, requested_by=user
    )
    states = states.select_related("current_task_state__finished_by")
    finder = AdminURLFinder(user)
    for state in states.prefetch_related("content_object__latest_revision"):
        if target := state.content_object:
            text = f"{get_latest_str(target)}: {describe_requested_changes(state, at)}"
            yield DashboardTask(text, finder.get_edit_url(target) or "")


@hooks.register("construct_page_action_menu")
@hooks.register("construct_snippet_action_menu")
def simplify_approval_actions(menu_items, request, context) -> None:
    """Leave out "Restart workflow": resubmitting does the same in a single step."""
    menu_items[:] = [i for i in menu_items if i.name != "action-restart-workflow"]
    for item in menu_items:
        if item.name == "action-cancel-workflow":
            item.label = "Withdraw from approval"


class PageEditView(EditView):
    failures = {
        "publish": "was not published",
        "submit": "was not submitted",
        "perform_workflow_action": "was not approved or sent back",
    }

    def add_save_confirmation_message(self):
        if self.action_name != "perform_workflow_action":
            return super().add_save_confirmation_message()
        title = self.page.get_admin_display_title()
        page = Page.objects.get(pk=self.page.pk)
        buttons = [self.get_edit_message_button()]
        if self.workflow_action == "reject":
            author = name_of(self.workflow_state.requested_by) or "its author"
            text = f"You asked for changes to '{title}'. It is back with {author}."
        elif scheduled := page.scheduled_revision:
            when = format_relative_datetime(
                scheduled.approved_go_live_at, timezone.now()
            )
            text = f"'{title}' has been approved and will be published {when}."
        elif page.live and not page.has_unpublished_changes:
            text = f"'{title}' has been approved and is now live."
            buttons.insert(0, self.get_view_live_message_button())
        else:
            text = f"'{title}' has been approved."
        return messages.success(self.request, text, buttons=buttons)

    def add_cancel_workflow_confirmation_message(self):
        title = self.page.get_admin_display_title()
        messages.success(self.request, f"'{title}' no longer waits for approval.")

    def form_invalid(self, form):
        """Say which action failed: autosave may have saved the draft already."""
        failure = self.failures.get(self.action_name)
        if not failure or self.locked_for_user or self.expects_json_response:
            return super().form_invalid(form)
        text = f"The page {failure}. Fix the errors below and try again."
        messages.validation_error(self.request, text, form)
        self.has_unsaved_changes = True
        return self.render_to_response(self.get_context_data())


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
    edit_view_class = PageEditView
    history_view_class = HistoryView
    revisions_unschedule_view_class = CancelScheduleView


@hooks.register("register_admin_viewset")
def register_page_views():
    return BasePageViewSet()


@hooks.register("register_log_actions", order=10)
def describe_schedules(actions) -> None:
    """Name schedules by their time instead of the number of a revision."""
    for name, text in (
        ("wagtail.publish.schedule", "Scheduled to be published"),
        ("wagtail.schedule.cancel", "Cancelled the schedule to publish"),
    ):
        actions.formatters[name].format_message = partial(describe_schedule, text)


def describe_schedule(text: str, entry) -> str:
    planned = (entry.data.get("revision") or {}).get("go_live_at")
    if planned:
        at = parse_datetime(planned)
        text = f"{text} {format_relative_datetime(at, entry.timestamp)}"
    return text
