"""What load balancers and monitors ask: is it alive, ready, well (O2)."""

from dataclasses import asdict
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from stockton_cms.monitoring.health_checks import (
    Health,
    call_with_timeout,
    get_health,
    get_pending_migrations,
)
from stockton_cms.monitoring.metrics import render_metrics

# Whatever has passed a proxy says so with one of these; a visitor can only add them.
PASSED_ON = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
)


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer while the process runs, whatever the database does."""
    return HttpResponse("live\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and has this code's migrations, else 503."""
    is_ready = call_with_timeout({"ready": database_is_ready}).get("ready", False)
    text, status = ("ready\n", 200) if is_ready else ("not ready\n", 503)
    return HttpResponse(text, status=status, content_type="text/plain")


def database_is_ready() -> bool:
    """Say whether the database fits this code; raises while it is unavailable."""
    return not get_pending_migrations()


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Answer 200 when all that the site needs is well, else 503; say what, to us."""
    health = get_health(timezone.now())
    said = {"status": "ok" if health.is_well else "degraded"}
    if is_internal(request):
        said |= describe(health)
    return JsonResponse(said, status=200 if health.is_well else 503)


def describe(health: Health) -> dict:
    """Return all of it for operators; it holds no secrets and no one's words."""
    facts, version, last = health.facts, health.index_version, health.last_backup
    said = {
        "parts": {
            name: "ok" if is_well else "degraded"
            for name, is_well in sorted(health.parts.items())
        },
        "search_index": {"version": version},
        "last_backup": last and asdict(last),
    }
    if facts:
        # It catches up when someone searches.
        behind = None if version is None else facts.content_version - version
        said["search_index"] |= {
            "content_version": facts.content_version,
            "behind": behind,
        }
        said["jobs"] = {
            "running": facts.jobs.is_running,
            "last_run_at": facts.jobs.last_run_at,
            "failing": facts.jobs.failing,
        }
        said["mails"] = facts.mails.as_json()
        said["pending_migrations"] = facts.pending_migrations
    return said


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus; for all others there is nothing here."""
    if not is_internal(request):
        raise Http404
    text = render_metrics(get_health(timezone.now()))
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def is_internal(request: HttpRequest) -> bool:
    """Say whether a program of our own asks, directly: no proxy has passed it on.

    So no one from outside is taken for internal because the proxy is, whatever
    `X-Forwarded-For` says and whether proxies are trusted or not.
    """
    meta = request.META
    if any(name in meta for name in PASSED_ON):
        return False
    try:
        address = ip_address(meta.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_ALLOWED_FROM)
