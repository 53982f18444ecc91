"""Tests of alerts."""

from django.urls import reverse

from community.models import AlertSnippet


def address_of(name, *arguments):
    """Return the address of a view of alerts in the admin."""
    return reverse(AlertSnippet.snippet_viewset.get_url_name(name), args=arguments)
