"""Actions on published alerts: end them, extend them."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import View
from wagtail.actions.publish_revision import PublishRevisionAction
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from community.models import AlertSnippet
from community.models.alerts import VISIBLE_STATES, AlertState
from home.content.dates import format_relative_datetime

EXTENSIONS = {
    "two-hours": ("Add 2 hours", timedelta(hours=2)),
    "day": ("Add a day", timedelta(days=1)),
}
# How long after its end an alert can still be given more time.
EXTENDABLE_FOR = timedelta(days=1)


class AlertActionView(PermissionCheckedMixin, View):
    model = AlertSnippet
    permission_required = "publish"
    index_url_name = edit_url_name = None

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.at = timezone.now()
        alerts = AlertSnippet.objects.with_state(self.at)
        if request.method == "POST":
            # Two editors at once wait for each other.
            alerts = alerts.select_for_update()
        self.alert = get_object_or_404(alerts, pk=kwargs["pk"])

    def get_blocked_reason(self) -> str:
        """Return why the alert cannot be changed now, or an empty string."""
        lock = self.alert.get_lock()
        if lock and lock.for_user(self.request.user):
            return f"'{self.alert}' is locked, so it was not changed. Unlock it first."
        return ""

    def redirect_if_blocked(self) -> HttpResponse | None:
        """Lead to the editor, where what is in the way can be changed."""
        if not (reason := self.get_blocked_reason()):
            return None
        messages.warning(self.request, reason)
        return redirect(self.edit_url_name, self.alert.pk)

    def post(self, request, *args, **kwargs):
        """Let `act` change the alert and add a message; it may lead elsewhere."""
        return self.redirect_if_blocked() or self.act() or redirect(self.index_url_name)

    def say_unchanged(self) -> None:
        state = self.alert.describe_state(self.at)
        text = f"Your change was not made because '{self.alert}' has changed: {state}."
        messages.warning(self.request, text)

    @transaction.atomic
    def publish_end(self, ends_at: datetime) -> None:
        """Publish the live version with another end.

        A draft stays a draft, as a later revision, with the new end.
        """
        alert, user = self.alert, self.request.user
        if alert.workflow_in_progress:
            text = f"You need to submit the draft of '{alert}' again."
            messages.warning(self.request, text)
        drafted = alert.latest_revision if alert.has_unpublished_changes else None
        alert.ends_at = ends_at
        # Publishing the last change has shown it again already, if it was to.
        alert.show_again = False
        revision = alert.save_revision(user=user, clean=False, log_action=True)
        # Past `publish`: what is live must end in time, whatever else is wrong.
        PublishRevisionAction(revision, user=user).execute()
        if drafted:
            drafted.refresh_from_db()
            draft = drafted.as_object()
            draft.ends_at = ends_at
            draft.save_revision(user=drafted.user, clean=False)


class EndView(AlertActionView):
    """Ends a running alert now, or unpublishes one that has not started."""

    def act(self):
        alert = self.alert
        if alert.state in VISIBLE_STATES:
            self.publish_end(self.at.replace(microsecond=0))
            messages.success(self.request, f"'{alert}' has ended.")
        elif alert.state == AlertState.SCHEDULED:
            alert.unpublish(user=self.request.user)
            text = f"'{alert}' has been unpublished and will not start."
            messages.success(self.request, text)
        else:
            self.say_unchanged()


class ExtendView(AlertActionView):
    """Gives a running alert, or one that has just ended, a later end."""

    def act(self):
        """Move the end that the editor saw, so that a second click changes nothing."""
        alert, (_, extension) = self.alert, EXTENSIONS[self.kwargs["extension"]]
        is_seen = self.request.POST.get("ends_at") == alert.ends_at.isoformat()
        if is_seen and can_be_extended(alert, self.at):
            # A day later is the same time by the clock, also where the clocks change.
            zone = timezone.get_default_timezone() if extension.days else UTC
            has_ended = alert.state == AlertState.ENDED
            end = max(alert.ends_at, self.at.replace(second=0, microsecond=0))
            self.publish_end((end.astimezone(zone) + extension).astimezone(UTC))
            new_end = format_relative_datetime(alert.ends_at, self.at)
            again = " is on the website again and" if has_ended else ""
            messages.success(self.request, f"'{alert}'{again} now ends {new_end}.")
        else:
            self.say_unchanged()


def can_be_extended(alert: AlertSnippet, at: datetime) -> bool:
    if alert.state == AlertState.ENDED:
        return at - alert.ends_at <= EXTENDABLE_FOR
    return alert.state in VISIBLE_STATES
