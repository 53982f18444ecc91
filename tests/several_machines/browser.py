"""Somebody with a browser, who talks to one machine or to nginx by HTTP alone."""

import requests
from bs4 import BeautifulSoup
from wagtail.test.utils.form_data import querydict_from_html

SECONDS = 20


class Browser:
    """Keeps cookies, fills in forms; goes to whichever port it is sent to."""

    def __init__(self, address: str = "192.0.2.1", cookie: str = ""):
        self._session = requests.Session()
        if cookie:
            self._session.cookies.set("sessionid", cookie)
        # As nginx sets them: who asks, and how.
        self._headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": "http"}

    @property
    def cookie(self) -> str:
        """Return what the site knows this browser by."""
        return self._session.cookies.get("sessionid")

    def copy(self) -> "Browser":
        """Return another window of it, for another thread."""
        other = Browser(self._headers["X-Forwarded-For"])
        other._session.cookies.update(self._session.cookies)
        return other

    def get(self, port: int, path: str) -> requests.Response:
        """Read a page; do not follow where it leads."""
        return self._session.get(
            f"http://127.0.0.1:{port}{path}",
            headers=self._headers,
            timeout=SECONDS,
            allow_redirects=False,
        )

    def post(self, port: int, path: str, data: dict, **files) -> requests.Response:
        """Send a form of the site's own pages."""
        origin = f"http://127.0.0.1:{port}"
        return self._session.post(
            f"{origin}{path}",
            {"csrfmiddlewaretoken": self._session.cookies.get("csrftoken"), **data},
            headers=self._headers | {"Origin": origin},
            files=files or None,
            timeout=SECONDS,
            allow_redirects=False,
        )

    def send_form(self, port: int, path: str, **fields: str) -> requests.Response:
        """Open an editor's form and send what it holds, changed by `fields`."""
        html = self.get(port, path).text
        form_id = "page-edit-form" if "page-edit-form" in html else "w-editor-form"
        bodies = BeautifulSoup(html, "html.parser").select("[data-controller=w-block]")
        held = {f"{body['id']}-count": "0" for body in bodies}
        held |= querydict_from_html(html, form_id=form_id).dict()
        return self.post(port, path, {**held, **fields})

    def sign_in(self, port: int, name: str, password: str) -> bool:
        self.get(port, "/account/login/")
        answer = self.post(
            port, "/account/login/", {"login": name, "password": password}
        )
        return answer.status_code == 302

    def is_signed_in(self, port: int) -> bool:
        return self.get(port, "/admin/").status_code == 200

    def sign_out(self, port: int) -> None:
        assert self.post(port, "/account/logout/", {}).status_code == 302
