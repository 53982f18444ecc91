"""What the headers of a response forbid, and that no one gets a cookie."""

from itertools import product

from django.urls import reverse

from tests.factories import AlertFactory, EnquiryFactory

PUBLIC = [
    "/",
    "/stronger-communities/",
    "/no-such-page/",
    "/search/",
    "/search/?query=communities",
    "/search/?query=communities&page=9",
    "/cant-find-it/",
    "/cant-find-it/thanks/",
    "/sitemap.xml",
    "/robots.txt",
    "/-/live",
    "/-/ready",
    "/documents/1/none.pdf",
    "/media/images/none.jpg",
]


def policy(response):
    parts = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts if part}


def sources(found):
    return {source for listed in found.values() for source in listed}


def test_public_pages_load_only_what_is_ours_and_set_no_cookie(section, client):
    AlertFactory()
    for address in PUBLIC:
        response = client.get(address)
        found = policy(response)
        assert found["default-src"] == found["base-uri"] == ["'none'"], address
        assert found["frame-ancestors"] == ["'none'"]
        assert found["script-src"] == found["style-src"] == ["'self'"]
        assert sources(found) == {"'none'", "'self'"}
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["X-Content-Type-Options"] == "nosniff"
        # The thanks may name a reference, and say nothing to other sites.
        referrer = (
            "no-referrer" if "thanks" in address else "strict-origin-when-cross-origin"
        )
        assert response["Referrer-Policy"] == referrer
        assert response["X-Frame-Options"] == "DENY"
        assert "camera=()" in response["Permissions-Policy"]
        assert not response.cookies, address
        assert not client.head(address).cookies, address
    for sent in ({"message": ""}, {"website": "x"}):
        assert not client.post(reverse("enquiry"), sent).cookies


def test_only_the_admin_may_run_what_the_editor_needs(section, admin_client, client):
    name = "search_enquiry_modeladmin_inspect"
    enquiry = reverse(name, args=[EnquiryFactory().pk])
    for address in (reverse("wagtailadmin_home"), enquiry):
        found = policy(admin_client.get(address))
        assert "'unsafe-inline'" in found["script-src"]
        assert found["frame-ancestors"] == ["'self'"]
        assert found["default-src"] == found["base-uri"] == ["'none'"]
        assert not any(source.startswith("http") for source in sources(found))
    found = policy(client.get(reverse("account_login")))
    assert found["script-src"] == ["'self'"]
    # The picture for an authenticator app.
    assert found["img-src"] == ["'self'", "data:"]
    for page in (found, policy(admin_client.get(section.url))):
        assert "'unsafe-inline'" not in sources(page)
    assert page["frame-ancestors"] == ["'none'"]
    # The editor may show a preview in a frame.
    address = reverse("wagtailadmin_pages:view_draft", args=[section.pk])
    assert policy(admin_client.get(address))["frame-ancestors"] == ["'self'"]


def test_staff_get_their_cookie_when_they_sign_in(client, django_user_model):
    """Prove that these tests would see a cookie."""
    django_user_model.objects.create_superuser("officer", password="x")
    address = reverse("account_login")
    response = client.post(address, {"login": "officer", "password": "x"})
    cookie = response.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    # For this host only, until the browser is closed.
    assert not cookie["domain"]
    assert not cookie["max-age"]


SENT_IDS = {
    "0f8fad5bd9cb469fa16570867728950e": True,
    "0f8fad5b-d9cb-469f-a165-70867728950e": True,
    "x": False,
    "JaneSmith": False,
    "a" * 5_000: False,
    '"} {"level": "x"': False,
    # What Python's UUID would take.
    "{0f8fad5bd9cb469fa16570867728950e}": False,
    "-".join("0f8fad5bd9cb469fa16570867728950e"): False,
}


def test_request_id_is_that_of_the_proxy_or_new(client, settings):
    for (sent, is_valid), is_proxied in product(SENT_IDS.items(), (True, False)):
        settings.BEHIND_TLS_PROXY = is_proxied
        found = client.get("/-/live", headers={"X-Request-ID": sent})["X-Request-ID"]
        assert (found == sent) is (is_valid and is_proxied), sent
        assert len(found) in {32, 36}


HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "evil.localhost",
    "localhost@evil.example",
    "evil.example:80",
    "localhost:x",
    "localhost:80:80",
    "localhost:",
    "localhost/evil.example",
    "localhost\\evil.example",
    "localhost#evil.example",
    "localhost?evil.example",
    "localhost evil.example",
    "localhost,evil.example",
    "localhost\tevil.example",
    "[::1]",
    "[evil.example]",
    "127.0.0.1",
    "0x7f000001",
    ".localhost",
    "*",
    "",
]


def test_unknown_host_is_a_bad_request(home, client):
    for host in HOSTS:
        for address in ("/", "/sitemap.xml", "/no-such-page/", "/account/login/"):
            response = client.get(address, headers={"Host": host})
            assert response.status_code == 400, host
            assert "evil.example" not in response.content.decode()


def test_host_that_a_proxy_is_said_to_have_forwarded_is_ignored(home, client):
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for address in ("/", "/sitemap.xml", "/search/", "/account/login/"):
        response = client.get(address, headers=forged)
        assert response.status_code == 200
        assert "evil.example" not in response.content.decode()


def test_without_the_list_of_hosts_any_would_be_answered(home, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 200


def test_plain_http_is_redirected_except_for_health(home, client, settings):
    settings.SECURE_SSL_REDIRECT = True
    client.handler._middleware_chain = None
    assert client.get("/")["Location"] == "https://testserver/"
    for name in ("live", "ready", "status", "metrics"):
        assert client.get(f"/-/{name}").status_code != 301
