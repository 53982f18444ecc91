"""Snippets that nothing chooses."""

from wagtail.snippets.views.chooser import SnippetChooserViewSet


class NoChooserViewSet(SnippetChooserViewSet):
    """No chooser: Wagtail's would show every snippet to whoever may sign in."""

    def get_urlpatterns(self):
        """Return none."""
        return []
