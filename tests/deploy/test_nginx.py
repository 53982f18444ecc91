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
        pass


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Return a function that starts nginx, with changes of the file, and its ports."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    with ExitStack() as stack:

        def run(*changes, folder=None):
            folder = folder or tmp_path_factory.mktemp("nginx")
            nginx = running_nginx(folder, server.server_port, changes=changes)
            return stack.enter_context(nginx)

        yield run
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("deployed")


@pytest.fixture(scope="module")
def ports(start, folder):
    """Return the ports of one nginx that is as deployed."""
    return start(folder=folder)


def ask(port, path="/", method="GET", host=HOST, **headers):
    """Return the response to one request over a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": host, **headers})
    response = connection.getresponse()
    response.text = response.read().decode()
    connection.close()
    return response


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


def test_who_asks_for_another_name_gets_no_answer(ports):
    for host in ("evil.example", "127.0.0.1", f"x.{HOST}"):
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            ask(ports.http, host=host)
        for name in (host, None):
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                tls(ports.https, name)
        assert over_tls(ports.https, host) == b""


def test_our_name_is_answered_over_tls_alone_and_the_application_knows_who_asks(ports):
    with tls(ports.https, protocol="h2") as connection:
        assert connection.selected_alpn_protocol() == "h2"
    assert b"200 OK" in over_tls(ports.https, HOST)
    forged = {"X-Forwarded-For": "192.0.2.1"}
    assert ask(ports.site, **forged).text == "127.0.0.1"
    response = ask(ports.http, "/a/?b=c")
    assert (response.status, response.text.count("<h1>")) == (301, 1)
    assert response.getheader("Location") == f"https://{HOST}/a/?b=c"
    assert response.getheader("Server") == "nginx"


def test_certificate_authority_finds_its_answer_and_nothing_else(ports, folder):
    challenges = folder / "letsencrypt/.well-known/acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("answer")
    (folder / "letsencrypt/secret").write_text("secret")
    assert ask(ports.http, "/.well-known/acme-challenge/token").text == "answer"
    for path in ("other", "", "../../secret", "%2e%2e/%2e%2e/secret"):
        response = ask(ports.http, f"/.well-known/acme-challenge/{path}")
        assert response.status != 200
        assert "secret" not in response.text


def test_old_tls_is_refused_and_new_taken(ports, start):
    for most in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(ssl.SSLError, match="protocol version"):
            tls(ports.https, most=most)
    for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with tls(ports.https, most=most) as connection:
            assert connection.version() == most.name.replace("_", ".")
    # The control: this test could use it.
    port = start(
        ("ssl_protocols TLSv1.2", "ssl_protocols TLSv1.1 TLSv1.2"),
        ("ssl_ciphers ", "ssl_ciphers ALL:@SECLEVEL=0:"),
    ).https
    with tls(port, most=ssl.TLSVersion.TLSv1_1) as connection:
        assert connection.version() == "TLSv1.1"


LIMITED = [
    (31, "POST", "/account/login/"),
    (31, "POST", "/account/two-factor/authenticate/"),
    (31, "POST", "/documents/authenticate_with_password/1/"),
    (31, "POST", "/_util/authenticate_with_password/1/1/"),
    (101, "GET", "/search/?query=food"),
    (101, "GET", "/search/suggestions/?query=food"),
    (101, "GET", "/policy-updates/?kind=made-up"),
]


def statuses(port):
    """Yield what each row's visitor gets who asks twice too often."""
    for number, (most, method, path) in enumerate(LIMITED):
        visitor = {"X-Real-IP": f"192.0.2.{number}"}
        seen = Counter(
            ask(port, path, method, **visitor).status for _ in range(2 * most)
        )
        yield most, method, path, visitor, seen


def test_who_asks_too_fast_is_stopped_and_others_things_go_on(ports):
    for most, method, path, visitor, seen in statuses(ports.site):
        assert set(seen) == {200, 429}, path
        # Some more may pass while the test takes its time.
        assert seen[200] >= most
        # Anyone who comes from elsewhere is not counted with them.
        other = {"X-Real-IP": "198.51.100.1"}
        assert ask(ports.site, path, method, **other).status == 200
        for readable in ("/", "/search", "/account/login/"):
            assert ask(ports.site, readable, **visitor).status == 200


def test_without_the_limit_nobody_is_stopped(start):
    port = start((SIGN_IN, ""), (SEARCH, "")).site
    assert all(set(seen) == {200} for *_, seen in statuses(port))


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


def test_one_sender_has_only_so_many_slow_uploads_and_may_read_meanwhile(ports, start):
    with ExitStack() as stack:
        assert open_slow_uploads(ports.site, 30, stack) == b""
        assert b" 429 " in open_slow_uploads(ports.site, 1, stack, seconds=30)
        assert ask(ports.site).status == 200
        # The control: without the limit they would have no end.
        assert open_slow_uploads(start((UPLOADS, "")).site, 31, stack) == b""


RETRY = "proxy_next_upstream error timeout;"


@pytest.mark.parametrize(
    ("method", "changes", "times"),
    [
        ("GET", [], 2),
        ("POST", [], 1),
        # The controls for both.
        ("GET", [(RETRY, "proxy_next_upstream off;")], 1),
        ("POST", [(RETRY, RETRY.replace(";", " non_idempotent;"))], 2),
    ],
)
def test_worker_that_dies_is_asked_again_for_pages_and_never_for_what_is_sent(
    start, method, changes, times
):
    # A new one, which has no connection yet that it would try first.
    port = start(*changes).site
    Application.asked.clear()
    assert ask(port, "/dies/", method).status == 503
    assert Application.asked[method] == times
    # Nor is it left alone afterwards.
    assert ask(port).status == 200
