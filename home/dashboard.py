"""What needs an officer, on the admin's home page (P13): apps register their own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from wagtail import hooks
from wagtail.admin.ui.components import Component

from home.content.dates import format_relative_datetime
from home.jobs import get_jobs_state


@dataclass(frozen=True)
class DashboardTask:
    """A line on the home page: what there is to do, and the list that it leads to."""

    words: str
    href: str = ""
    is_urgent: bool = False


NeedsFunction = Callable[[AbstractBaseUser, datetime], Iterable[DashboardTask]]

_needs_functions: list[NeedsFunction] = []


def register_dashboard_tasks(function: NeedsFunction) -> NeedsFunction:
    """Register a function that tells what needs a user at a moment.

    It answers with one query or two, and only with what the user may see.
    """
    if function not in _needs_functions:
        _needs_functions.append(function)
    return function


def counted(count: int, one: str, many: str) -> str:
    """Return a number with its words: `counted(2, "page is due", "pages are due")`."""
    return f"{count:,} {one if count == 1 else many}"


def get_needs(user: AbstractBaseUser, at: datetime) -> list[DashboardTask]:
    """Return what needs this user, what is urgent first."""
    needs = [need for function in _needs_functions for need in function(user, at)]
    return sorted(needs, key=lambda need: not need.is_urgent)


class TasksPanel(Component):
    """The panel on the admin's home page."""

    name = "needs"
    template_name = "home/tasks_panel.html"
    order = 50

    def get_context_data(self, parent_context):
        """Give what needs the user now."""
        user = parent_context["request"].user
        return {"needs": get_needs(user, timezone.now())}


@hooks.register("construct_homepage_panels")
def add_needs_panel(request, panels):
    """Put what needs the officer first."""
    panels.append(TasksPanel())


@register_dashboard_tasks
def jobs_that_do_not_run(user, at):
    """Say to everybody that scheduled work is not done, as nobody else would notice."""
    state = get_jobs_state(at)
    if not state.is_running:
        ran = (
            "have stopped. They last ran "
            f"{format_relative_datetime(state.last_run_at, at)}"
            if state.last_run_at
            else "have not run yet"
        )
        yield DashboardTask(
            f"Scheduled publishing and reminders {ran}. Tell whoever runs the site. "
            "Alerts still start and end by themselves.",
            is_urgent=True,
        )
    elif state.failing:
        yield DashboardTask(
            f"Scheduled work fails: {', '.join(state.failing)}. Tell whoever runs the "
            "site; the log says why.",
            is_urgent=True,
        )
