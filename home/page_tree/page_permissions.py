"""Who may take the site's front door away: nobody but an administrator."""

from wagtail.models import PagePermissionTester


class HomePagePermissionTester(PagePermissionTester):
    """What somebody may do with the home page, which all others hang on.

    Deleted, it takes every page and Wagtail's record of the site with it; unpublished
    or private, the whole site is gone for residents. Moving follows deleting.
    """

    def can_delete(self, ignore_bulk=False):
        """Say whether an administrator asks."""
        return self.user.is_superuser and super().can_delete(ignore_bulk)

    def can_unpublish(self):
        """Say whether an administrator asks."""
        return self.user.is_superuser and super().can_unpublish()

    def can_set_view_restrictions(self):
        """Say whether an administrator asks."""
        return self.user.is_superuser and super().can_set_view_restrictions()
