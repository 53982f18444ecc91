"""Factories for pages and alerts; give `parent` to a page."""

from datetime import date, timedelta

import factory
import wagtail_factories
from django.utils import timezone

from community.models import (
    AlertSnippet,
    CommunityIndexPage,
    PartnershipPage,
    PolicyUpdatePage,
)
from home.models import HomePage, StandardPage
from search.models import Enquiry


class BasePageFactory(wagtail_factories.PageFactory):
    title = factory.Sequence(lambda number: f"Page {number}")
    slug = factory.Sequence(lambda number: f"page-{number}")
    summary = "What this page is for."
    review_on = date(2099, 1, 1)

    class Meta:
        abstract = True


class HomePageFactory(BasePageFactory):
    class Meta:
        model = HomePage


class StandardPageFactory(BasePageFactory):
    class Meta:
        model = StandardPage


class CommunityIndexPageFactory(BasePageFactory):
    show_in_menus = True
    strapline = "Big plans"
    introduction = "<p>Why strong communities matter.</p>"

    class Meta:
        model = CommunityIndexPage


class PartnershipPageFactory(BasePageFactory):
    lead_officer = "A. Officer"

    class Meta:
        model = PartnershipPage


class PolicyUpdatePageFactory(BasePageFactory):
    class Meta:
        model = PolicyUpdatePage


PAGE_FACTORIES = (
    HomePageFactory,
    StandardPageFactory,
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
)


class AlertFactory(factory.django.DjangoModelFactory):
    heading = factory.Sequence(lambda number: f"Alert {number}")
    text = "<p>What to do.</p>"
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1))

    class Meta:
        model = AlertSnippet


class EnquiryFactory(factory.django.DjangoModelFactory):
    message = "Where can I get a blue bin?"

    class Meta:
        model = Enquiry
