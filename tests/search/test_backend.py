"""What lists of the admin offer by links and forms is answered, searched or not."""

from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from search.backend import AdminSearchMixin
from tests.factories import AlertFactory, PolicyUpdatePageFactory, StandardPageFactory
from tests.stockton_cms.permissions.addresses import NOT_ASKED, SIGN_IN, patterns

pytestmark = pytest.mark.usefixtures("admin_search")

OPTIONS = 3


@pytest.fixture
def admin(admin_client, section):
    """Return the client of an administrator, with something in each list."""
    AlertFactory()
    StandardPageFactory(parent=section)
    PolicyUpdatePageFactory(parent=section)
    picture = get_test_image_file()
    image = get_image_model().objects.create(title="Pantry", file=picture)
    file = ContentFile(b"a,b", name="a.csv")
    document = get_document_model().objects.create(title="Plan", file=file)
    for each in (image, document):
        each.tags.add("food")
    return admin_client


def lists():
    """Yield the addresses of the admin that are about nothing in particular."""
    for pattern in patterns():
        if pattern.arguments or pattern.name in {*NOT_ASKED, *SIGN_IN}:
            continue
        if pattern.name != pattern.route and pattern.route.startswith("admin/"):
            yield reverse(pattern.name)


def html_of(response):
    kind = response.get("Content-Type", "")
    if response.status_code != 200 or not ("html" in kind or "json" in kind):
        return ""
    said = response.json() if "json" in kind else response.content.decode()
    return said if isinstance(said, str) else dict(said).get("html", "")


def offered(path, html):
    """Yield the queries that the links and the forms of a list ask it with."""
    soup = BeautifulSoup(html, "html.parser")
    for link in soup.find_all("a", href=True):
        address = urlsplit(urljoin(path, link["href"]))
        if address.path == path and address.query:
            yield dict(parse_qsl(address.query))
    for form in soup.find_all("form"):
        is_own = urlsplit(urljoin(path, form.get("action") or path)).path == path
        if is_own and form.get("method", "get").lower() == "get":
            for field in form.find_all(["input", "select"]):
                for value in values_of(field):
                    yield {field.get("name", "q"): value}


def values_of(field):
    options = [option.get("value") for option in field.find_all("option")]
    return [*filter(None, options)][:OPTIONS] or [field.get("value") or "a"]


def answers(admin):
    """Ask each list all that it offers; yield each address and its status."""
    asked = set()
    for path in sorted({*lists()}):
        for query in offered(path, html_of(admin.get(path))):
            for more in ({}, {"q": "a"}):
                address = f"{path}?{urlencode(more | query)}"
                if address not in asked:
                    asked.add(address)
                    yield address, admin.get(address).status_code


def test_list_answers_what_it_offers_itself(admin):
    found = dict(answers(admin))
    assert {each: found[each] for each in found if found[each] not in {200, 302}} == {}
    assert len(found) > 150


def test_search_for_pictures_keeps_its_tag(admin):
    for words, tag in (("Pantry", "food"), ("Pantry", "other"), ("Library", "food")):
        address = reverse("wagtailimages_chooser:choose_results")
        answer = admin.get(address, {"q": words, "tag": tag})
        assert answer.status_code == 200
        is_found = (words, tag) == ("Pantry", "food")
        assert ("Sorry" in answer.content.decode()) != is_found


def test_with_the_check_of_columns_lists_would_refuse_their_own_links(
    admin, monkeypatch
):
    monkeypatch.delattr(AdminSearchMixin, "check")
    admin.raise_request_exception = False
    assert any(status == 500 for _, status in answers(admin))
