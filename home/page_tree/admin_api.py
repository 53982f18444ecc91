"""Wagtail's admin API, restricted to the user's permissions.

Wagtail 8 lists every image and document for anyone who may sign in.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.permissions import policy_registry
from wagtail.snippets.views.chooser import SnippetChooserViewSet


def permitted_files(user: AbstractBaseUser, model: type[Model]) -> QuerySet:
    """Return the images or documents that a user may choose or edit."""
    policy = policy_registry.get_by_type(model)
    return policy.instances_user_has_any_permission_for(
        user, ["choose", "change", "delete"]
    )


class PermittedFilesMixin:
    def get_queryset(self):
        permitted = permitted_files(self.request.user, self.model)
        return super().get_queryset().filter(pk__in=permitted.values("pk"))


class PermittedImages(PermittedFilesMixin, ImagesAdminAPIViewSet):
    pass


class PermittedDocuments(PermittedFilesMixin, DocumentsAdminAPIViewSet):
    pass


class ReadOnlyPages(PagesAdminAPIViewSet):
    """No actions: no screen calls them, and they bypass what a page's methods check."""

    @classmethod
    def get_urlpatterns(cls):
        return super(PagesAdminAPIViewSet, cls).get_urlpatterns()


class NoChooserViewSet(SnippetChooserViewSet):
    """No chooser: Wagtail's lists every snippet for anyone who may sign in."""

    def get_urlpatterns(self):
        return []
