"""nginx keeps a program from wearing the application out with forms."""

import re
from collections import Counter
from http.client import HTTPConnection

import pytest
from django.conf import settings

from tests.stockton_cms import nginx
from tests.stockton_cms.nginx import SiteServer, nginx_in_front

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
POSTS = 60


@pytest.fixture
def port(section, tmp_path):
    site = SiteServer()
    with nginx_in_front(tmp_path, site.server_port) as port:
        yield port
    site.stop()


def test_flood_of_forms_is_stopped_and_readers_are_not(port):
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Host": "localhost", "Origin": "http://localhost"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"

    def ask(method, path, body=None):
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status

    seen = Counter(ask("POST", "/cant-find-it/", "website=x") for _ in range(POSTS))
    assert set(seen) == {302, 429}
    assert seen[429] > 10
    assert {ask("GET", "/cant-find-it/") for _ in range(30)} == {200}
    # No one's work in the admin is counted.
    assert 429 not in {ask("POST", "/admin/login/", "x=x") for _ in range(30)}


SHOW_NETWORK = """
server {{
  listen 127.0.0.1:{port};
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Real-IP;
  location / {{ return 200 $stockton_cms_network; }}
}}
"""


@pytest.fixture
def network_of(monkeypatch, tmp_path):
    """Return a function that says what nginx takes for the sender of an address."""

    def only_the_map(folder, ports, *site_ports):
        deployed = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
        [text] = re.findall(r"^map \$remote_addr .*?^\}", deployed, re.M | re.S)
        return text + SHOW_NETWORK.format(port=ports.site)

    monkeypatch.setattr(nginx, "site_configuration", only_the_map)
    with nginx_in_front(tmp_path, 0) as port:

        def ask(address):
            connection = HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/", headers={"X-Real-IP": address})
            return connection.getresponse().read().decode()

        yield ask


def test_one_customer_is_one_sender_whatever_address_they_take(network_of):
    """Compare with `test_network_is_what_one_customer_of_a_provider_has`."""
    same = ["2001:db8:1:2::5", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::"]
    assert {network_of(address) for address in same} == {"2001:db8:1:2:"}
    zeros = ["2001:db8::1", "2001:db8::2:3:4", "2001:db8::a:b:c:d"]
    assert {network_of(address) for address in zeros} == {"2001:db8:"}
    others = ["192.0.2.1", "192.0.2.2", "::1", "2001:db8:1:3::5", "2001:db8:2:2::5"]
    assert len({network_of(address) for address in (*others, same[0])}) == 6
