"""nginx with the deployed file: names, TLS, limits, and what is asked again."""

import socket
import ssl
from collections import Counter
from contextlib import ExitStack
from http.client import HTTPConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.stockton_cms.nginx import HOST, running_nginx

# Python warns of the old TLS that is asked for here.
pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion")

SIGN_IN = "limit_req zone=stockton_cms_sign_in burst=30 nodelay;"
SEARCH = "limit_req zone=stockton_cms_search burst=100 nodelay;"
UPLOADS = "limit_conn stockton_cms_uploads 30;"


class Application(BaseHTTPRequestHandler):
    """Instead of gunicorn: answers at once, and dies over one path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked = Counter()

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked[self.command] += 1
        if self.path == "/dies/":
            self.close_connection = True
            return
        text = self.headers["X-Forwarded-For"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *arguments):
        """Keep quiet."""


@pytest.fixture(scope="module")
def application():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def start(application, tmp_path):
    """Return a function that starts nginx, with changes of the file, and its ports."""
    with ExitStack() as stack:

        def run(*changes):
            nginx = running_nginx(tmp_path, application, changes=changes)
            return stack.enter_context(nginx)

        yield run


def ask(port, path="/", method="GET", host=HOST, **headers):
    """Return the response to one request over a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": host, **headers})
    response = connection.getresponse()
    response.text = response.read().decode()
    connection.close()
    return response


def statuses(port, times, method, path):
    return Counter(ask(port, path, method).status for _ in range(times))


def tls(port, name=HOST, most=ssl.TLSVersion.TLSv1_3, protocol="http/1.1"):
    """Return a TLS connection that also takes what browsers no longer take."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = most
    context.set_alpn_protocols([protocol])
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    return context.wrap_socket(plain, server_hostname=name)


def over_tls(port, host):
    """Return all that comes back to a request for a host, on a connection for ours."""
    with tls(port) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        try:
            return connection.recv(100)
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", f"x.{HOST}"])
def test_who_asks_for_another_name_gets_no_answer(start, host):
    ports = start()
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        ask(ports.http, host=host)
    for name in (host, None):
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            tls(ports.https, name)
    assert over_tls(ports.https, host) == b""


def test_our_name_is_answered_over_tls_and_the_application_told_who_asks(start):
    ports = start()
    with tls(ports.https, protocol="h2") as connection:
        assert connection.selected_alpn_protocol() == "h2"
    assert b"200 OK" in over_tls(ports.https, HOST)
    forged = {"X-Forwarded-For": "192.0.2.1"}
    assert ask(ports.site, **forged).text == "127.0.0.1"


def test_plain_http_leads_to_https(start):
    response = ask(start().http, "/a/?b=c")
    assert (response.status, response.text.count("<h1>")) == (301, 1)
    assert response.getheader("Location") == f"https://{HOST}/a/?b=c"
    assert response.getheader("Server") == "nginx"


def test_certificate_authority_finds_its_answer_and_nothing_else(start, tmp_path):
    challenges = tmp_path / "letsencrypt/.well-known/acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("answer")
    (tmp_path / "letsencrypt/secret").write_text("secret")
    port = start().http
    assert ask(port, "/.well-known/acme-challenge/token").text == "answer"
    for path in ("other", "", "../../secret", "%2e%2e/%2e%2e/secret"):
        response = ask(port, f"/.well-known/acme-challenge/{path}")
        assert response.status != 200
        assert "secret" not in response.text


VERSIONS = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1]


@pytest.mark.parametrize("version", VERSIONS)
def test_old_tls_is_refused(start, version):
    with pytest.raises(ssl.SSLError, match="protocol version"):
        tls(start().https, most=version)


def test_two_versions_of_tls_are_taken(start):
    port = start().https
    for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with tls(port, most=most) as connection:
            assert connection.version() == most.name.replace("_", ".")


def test_old_tls_would_be_noticed(start):
    """Prove that the test above could use it."""
    port = start(
        ("ssl_protocols TLSv1.2", "ssl_protocols TLSv1.1 TLSv1.2"),
        ("ssl_ciphers ", "ssl_ciphers ALL:@SECLEVEL=0:"),
    ).https
    with tls(port, most=ssl.TLSVersion.TLSv1_1) as connection:
        assert connection.version() == "TLSv1.1"


LIMITED = [
    (31, SIGN_IN, "POST", "/account/login/"),
    (31, SIGN_IN, "POST", "/account/two-factor/authenticate/"),
    (31, SIGN_IN, "POST", "/documents/authenticate_with_password/1/"),
    (31, SIGN_IN, "POST", "/_util/authenticate_with_password/1/1/"),
    (101, SEARCH, "GET", "/search/?query=food"),
    (101, SEARCH, "GET", "/search/suggestions/?query=food"),
    (101, SEARCH, "GET", "/policy-updates/?kind=made-up"),
]


@pytest.mark.parametrize(("most", "limit", "method", "path"), LIMITED)
def test_who_asks_too_fast_is_stopped_and_others_things_go_on(
    start, most, limit, method, path
):
    port = start().site
    seen = statuses(port, 2 * most, method, path)
    assert set(seen) == {200, 429}
    # Some more may pass while the test takes its time.
    assert seen[200] >= most
    # Anyone who comes from elsewhere is not counted with them.
    assert ask(port, path, method, **{"X-Real-IP": "192.0.2.1"}).status == 200
    for other in ("/", "/search", "/account/login/"):
        assert ask(port, other).status == 200


@pytest.mark.parametrize(("most", "limit", "method", "path"), LIMITED)
def test_without_the_limit_nobody_is_stopped(start, most, limit, method, path):
    port = start((limit, "")).site
    assert set(statuses(port, 2 * most, method, path)) == {200}


def open_slow_uploads(port, times, stack, seconds=0.2):
    """Begin to send so many bodies; return what came back before their ends."""
    head = f"POST /admin/images/add/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9"
    for _ in range(times):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        stack.callback(connection.close)
        connection.sendall(f"{head}\r\n\r\nx".encode())
    connection.settimeout(seconds)
    try:
        return connection.recv(100)
    except TimeoutError:
        return b""


def test_one_sender_has_only_so_many_slow_uploads_and_may_read_meanwhile(start):
    port = start().site
    with ExitStack() as stack:
        assert open_slow_uploads(port, 30, stack) == b""
        assert b" 429 " in open_slow_uploads(port, 1, stack, seconds=30)
        assert ask(port).status == 200


def test_without_the_limit_slow_uploads_would_have_no_end(start):
    with ExitStack() as stack:
        assert open_slow_uploads(start((UPLOADS, "")).site, 31, stack) == b""


RETRY = "proxy_next_upstream error timeout;"


@pytest.mark.parametrize(
    ("method", "changes", "times"),
    [
        ("GET", [], 2),
        ("POST", [], 1),
        # What the two above would be without what they prove.
        ("GET", [(RETRY, "proxy_next_upstream off;")], 1),
        ("POST", [(RETRY, RETRY.replace(";", " non_idempotent;"))], 2),
    ],
)
def test_worker_that_dies_is_asked_again_for_pages_and_never_for_what_is_sent(
    start, method, changes, times
):
    port = start(*changes).site
    Application.asked.clear()
    assert ask(port, "/dies/", method).status == 503
    assert Application.asked[method] == times
    # Nor is it left alone afterwards.
    assert ask(port).status == 200
