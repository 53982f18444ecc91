"""Gives out pictures and documents, wherever they are stored."""

from collections.abc import Callable
from functools import wraps
from mimetypes import guess_type

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import conditional_page, require_safe
from wagtail.images import get_image_model

from home.images.storage import MediaStorageUnavailableError
from home.page_tree.explorable import permitted_files

# Of browsers and a CDN; a picture that is changed gets another name.
BROWSER_CACHE_SECONDS = 24 * 60 * 60
# nginx asks again, so that a deleted picture goes, and has it where we are unavailable.
SECONDS_IN_NGINX = 60


@require_safe
@conditional_page
def picture(request: HttpRequest, path: str) -> HttpResponse:
    """Give out a size of a picture; 503 while the media store is unavailable."""
    response = _read(path, "public")
    if response.status_code == 200:
        response["X-Accel-Expires"] = str(SECONDS_IN_NGINX)
    return response


@require_safe
def staff_picture(request: HttpRequest, path: str) -> HttpResponse:
    """Give out a size that no page shows, to staff who may use the picture.

    Those are of the admin's own sizes, and pictures of private collections.
    """
    images = permitted_files(request.user, get_image_model())
    if not images.filter(renditions__file=path):
        raise Http404("There is no such picture.")
    return _read(path, "private")


def _read(path: str, audience: str) -> HttpResponse:
    try:
        with default_storage.open(path) as file:
            content = file.read()
    except MediaStorageUnavailableError:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    except OSError as error:
        raise Http404("There is no such picture.") from error
    kind, _ = guess_type(path)
    response = HttpResponse(content, content_type=kind or "application/octet-stream")
    response["Cache-Control"] = f"{audience}, max-age={BROWSER_CACHE_SECONDS}"
    return response


def with_headers_of_a_file(view: Callable[..., HttpResponse]) -> Callable:
    """Wrap Wagtail's view of documents, which says `Content-Encoding: None`."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        # None of our documents has one: they are given out byte by byte.
        response.headers.pop("Content-Encoding", None)
        return response

    return wrapped
