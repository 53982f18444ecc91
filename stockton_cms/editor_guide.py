"""The editors' guide in the admin's help menu (P14): docs/editors.md as a page."""

from functools import cache
from itertools import pairwise

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils import safestring
from django.utils.text import slugify
from django.views.generic import TemplateView
from markdown_it import MarkdownIt
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

SOURCE = settings.BASE_DIR / "docs" / "editors.md"
# As seen from the document, whose pictures are thus shown beside the code as well.
STATIC = "../stockton_cms/static/"


@cache
def render_guide(source: str) -> dict:
    """Return a guide's `html` without its title, and its `parts` with their `tasks`."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(source.partition("\n")[2])
    parts, anchors = [], set()
    for token, inside in pairwise(tokens):
        inside.children = [*filter(_is_there, inside.children or [])]
        if token.type == "heading_open":
            anchor = slugify(inside.content)
            while anchor in anchors:
                anchor += "-more"
            anchors.add(anchor)
            token.attrSet("id", anchor)
            entry = {"anchor": anchor, "words": inside.content, "tasks": []}
            (parts if token.tag == "h2" else parts[-1]["tasks"]).append(entry)
    html = markdown.renderer.render(tokens, markdown.options, {})
    # The document is ours, and raw HTML in it is turned off.
    return {"html": safestring.mark_safe(html), "parts": parts}  # noqa: S308


def _is_there(token) -> bool:
    """Return whether to show it; give a picture the address that it is served at."""
    if token.type != "image":
        return True
    path = token.attrGet("src").removeprefix(STATIC)
    token.attrSet("src", static(path))
    return finders.find(path) is not None


class GuideView(WagtailAdminTemplateMixin, TemplateView):
    page_title = "Guide for editors"
    header_icon = "help"
    template_name = "admin/editor_guide.html"
    breadcrumbs_items = []

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            guide=render_guide(SOURCE.read_text("utf-8")), **kwargs
        )
