"""Wagtail's API of the admin, held to the permissions of the admin.

Wagtail 8 gives every picture and document to whoever may sign in.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from wagtail.admin.api.actions.publish import PublishPageAPIAction
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.permissions import policy_registry
from wagtail.snippets.views.chooser import SnippetChooserViewSet

from home.editorial.readiness import NotReadyError, require_ready


def permitted_files(user: AbstractBaseUser, model: type[Model]) -> QuerySet:
    """Return the pictures or documents that somebody may choose or edit."""
    policy = policy_registry.get_by_type(model)
    return policy.instances_user_has_any_permission_for(
        user, ["choose", "change", "delete"]
    )


class PermittedFilesMixin:
    """Leaves out the files that somebody could not choose or edit."""

    def get_queryset(self):
        """Return the files that whoever asks may choose or edit."""
        permitted = permitted_files(self.request.user, self.model)
        return super().get_queryset().filter(pk__in=permitted.values("pk"))


class PermittedImages(PermittedFilesMixin, ImagesAdminAPIViewSet):
    """Pictures for the admin."""


class PermittedDocuments(PermittedFilesMixin, DocumentsAdminAPIViewSet):
    """Documents for the admin."""


class PublishReadyPage(PublishPageAPIAction):
    """Publishes a page that is ready: Wagtail's goes past `Page.publish`."""

    def execute(self, instance, data):
        """Publish the latest draft, or say what is to be put right."""
        try:
            require_ready(instance.get_latest_revision_as_object(), self.request.user)
        except NotReadyError as error:
            raise ValidationError(error.message_dict) from error
        return super().execute(instance, data)


class ReadyPages(PagesAdminAPIViewSet):
    """Pages for the admin."""

    actions = {**PagesAdminAPIViewSet.actions, "publish": PublishReadyPage}


class NoChooserViewSet(SnippetChooserViewSet):
    """No chooser: Wagtail's would show every snippet to whoever may sign in."""

    def get_urlpatterns(self):
        """Return none."""
        return []
