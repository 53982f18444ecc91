"""Gives out pictures in the sizes that pages show, wherever they are stored."""

from mimetypes import guess_type

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, set_response_etag
from django.views.decorators.http import require_safe

# Of browsers and a CDN; a picture that is changed gets another name.
SECONDS_KEPT = 24 * 60 * 60
# nginx asks again, so that a deleted picture goes, and has it where we are away.
SECONDS_IN_NGINX = 60


class MediaStoreAwayError(OSError):
    """A store of another machine does not answer, or not as it should."""


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponse:
    """Give out a size of a picture; 503 while the media store is away."""
    try:
        with default_storage.open(path) as file:
            content = file.read()
    except MediaStoreAwayError:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    except OSError as error:
        raise Http404("There is no such picture.") from error
    kind, _ = guess_type(path)
    response = HttpResponse(content, content_type=kind or "application/octet-stream")
    response["Cache-Control"] = f"public, max-age={SECONDS_KEPT}"
    response["X-Accel-Expires"] = str(SECONDS_IN_NGINX)
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response)
