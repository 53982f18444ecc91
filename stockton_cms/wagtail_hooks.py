"""What the site as a whole adds to the Wagtail admin."""

from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from stockton_cms.guide import GuideView


@hooks.register("register_admin_urls")
def register_guide_url():
    """Add the editors' guide."""
    return [path("guide/", GuideView.as_view(), name="guide")]


@hooks.register("register_help_menu_item")
def register_guide_menu_item():
    """Put the editors' guide first in the help menu."""
    return MenuItem("Guide for editors", reverse("guide"), icon_name="help", order=1)
