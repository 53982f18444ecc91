"""What load balancers and monitors ask: is it alive, can it answer, is all well."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from home.jobs import get_jobs_state


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer while the process runs, whatever the database does."""
    return HttpResponse("live\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("not ready\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Answer 200 when all that the site needs is at work, else 503, and say what is."""
    try:
        jobs = get_jobs_state(timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "degraded", "database": "away"}, status=503)
    return JsonResponse(
        {
            "status": "ok" if jobs.is_well else "degraded",
            "database": "ok",
            "jobs": {
                "running": jobs.is_running,
                "last_run_at": jobs.last_run_at,
                "failing": jobs.failing,
            },
        },
        status=200 if jobs.is_well else 503,
    )
