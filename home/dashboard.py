"""The "Your tasks" panel on the admin home (P13): apps register their own tasks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from wagtail import hooks
from wagtail.admin.ui.components import Component

from home.content.dates import format_relative_datetime
from home.jobs import get_jobs_health


@dataclass(frozen=True)
class DashboardTask:
    text: str
    href: str = ""
    is_urgent: bool = False


TasksFunction = Callable[[AbstractBaseUser, datetime], Iterable[DashboardTask | None]]

_task_functions: list[TasksFunction] = []


def register_dashboard_tasks(function: TasksFunction) -> TasksFunction:
    """Register a function that returns what a user may see and do, at a time."""
    _task_functions.append(function)
    return function


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its noun: `counted(2, "page is due", "pages are due")`."""
    return f"{count:,} {one if count == 1 else many}"


def counted_task(
    count: int, one: str, many: str, href: str = "", is_urgent: bool = False
) -> DashboardTask | None:
    return DashboardTask(counted(count, one, many), href, is_urgent) if count else None


def get_tasks(user: AbstractBaseUser, now: datetime) -> list[DashboardTask]:
    tasks = [task for function in _task_functions for task in function(user, now)]
    return sorted(filter(None, tasks), key=lambda task: not task.is_urgent)


class TasksPanel(Component):
    name = "tasks"
    template_name = "home/tasks_panel.html"
    order = 50

    def get_context_data(self, parent_context):
        user = parent_context["request"].user
        return {"tasks": get_tasks(user, timezone.now())}


@hooks.register("construct_homepage_panels")
def add_tasks_panel(request, panels):
    panels.append(TasksPanel())


@register_dashboard_tasks
def stopped_jobs(user, at):
    health = get_jobs_health(at)
    if not health.is_running:
        since = (
            f"stopped {format_relative_datetime(health.last_run_at, at)}"
            if health.last_run_at
            else "have not run yet"
        )
        yield DashboardTask(
            f"Scheduled tasks are not running: they {since}. Scheduled publishing and "
            "reminders are delayed. Contact your site administrator. Alerts still "
            "start and end on time.",
            is_urgent=True,
        )
    elif health.failing:
        yield DashboardTask(
            f"Scheduled tasks are failing: {', '.join(health.failing)}. Contact your "
            "site administrator, who can check the log.",
            is_urgent=True,
        )
