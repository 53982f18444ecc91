from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "home"

    def ready(self):
        from home import checks  # noqa: F401
        from home.content import dates  # noqa: F401
        from home.content_version import bump_version_on_change
        from home.editorial import (
            content_checks,  # noqa: F401
            link_checker,  # noqa: F401
            reviews,  # noqa: F401
        )
        from home.page_tree.explorable import restrict_admin_lists, restrict_choosers
        from home.reports import sanitise_all_exports

        restrict_choosers()
        restrict_admin_lists()
        sanitise_all_exports()
        bump_version_on_change(
            "home.SiteSettings",
            "wagtailcore.Site",
            "wagtaildocs.Document",
            "wagtailimages.Image",
            "wagtailredirects.Redirect",
        )
