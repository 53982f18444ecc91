"""Tests of alerts."""

from django.urls import reverse

from community.models import AlertSnippet


def address_of(name, *arguments):
    return reverse(AlertSnippet.snippet_viewset.get_url_name(name), args=arguments)
