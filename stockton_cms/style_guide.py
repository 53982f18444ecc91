"""The style guide: every component and block as residents see it, with its name."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from home.blocks import BodyBlock
from stockton_cms.style_guide_examples import get_block_contexts, get_examples

COMPONENTS = Path(__file__).parent / "templates" / "components"
# What a page holds that nobody sees: the guide shows its source.
UNSEEN = {"honeypot", "metadata", "session_token", "structured_data"}


@never_cache
@require_safe
def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every component and block; a 404 but in development and for staff."""
    if not (settings.DEBUG or request.user.has_perm("wagtailadmin.access_admin")):
        raise Http404("The style guide is for staff.")
    context = {"components": _components(request), "blocks": _blocks()}
    return render(request, "style_guide.html", context)


def _components(request: HttpRequest) -> list[dict]:
    """Return each component with its examples; a KeyError where one has none."""
    examples = get_examples()
    names = sorted(path.stem for path in COMPONENTS.glob("*.html"))
    return [
        {
            "name": name,
            "is_unseen": name in UNSEEN,
            "examples": [
                render_to_string(f"components/{name}.html", context, request)
                for context in examples[name]
            ],
        }
        for name in names
    ]


def _blocks() -> list[dict]:
    """Return each block of a page's body with an example."""
    contexts = get_block_contexts()
    return [
        {
            "name": name,
            "description": block.get_description(),
            "example": render_to_string(
                f"blocks/{name}.html",
                contexts.get(name) or {"value": block.get_preview_value()},
            ),
        }
        for name, block in BodyBlock().child_blocks.items()
    ]
