"""What attackers type into text, and how a page would show that it runs."""

import json
import re
from html.parser import HTMLParser

# What each payload would call.
MARK = "xss7"
WAYS_OUT = ("", '">', "'>", "</title>", "</textarea>", "</script>", "</style>", "-->",
            "]]>", "`>")  # fmt: skip
WAYS_IN = (
    f"<script>{MARK}()</script>",
    f"<img src=x onerror={MARK}()>",
    f"<svg onload={MARK}()>",
    f"<a href=javascript:{MARK}()>x",
    f"<iframe src=javascript:{MARK}()>",
    f"<details open ontoggle={MARK}()>",
)
PAYLOADS = [out + way for out in WAYS_OUT for way in WAYS_IN]
PAYLOADS += [
    f'" autofocus onfocus={MARK}() x="',
    f"' autofocus onfocus={MARK}() x='",
    f"javascript:{MARK}()",
    f"{{{{ {MARK} }}}}{{% debug %}}",
]
ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "srcdoc",
    "xlink:href",
}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
ALLOWED = {"http", "https", "mailto", "tel"}


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what would run."""

    def __init__(self):
        super().__init__()
        self.faults: list[str] = []
        self._script = ""

    def handle_starttag(self, tag, attrs):
        """Look at the handlers and addresses of a tag."""
        for name, value in attrs:
            text = "".join((value or "").split())
            scheme = SCHEME.match(text) if name in ADDRESSES else None
            if (name.startswith("on") and MARK in text) or (
                scheme and scheme[1].lower() not in ALLOWED
            ):
                self.faults.append(f"{tag} {name}={text}")
        if tag == "script":
            self._script = dict(attrs).get("type") or "text/javascript"

    def handle_endtag(self, tag):
        """Note where a script ends."""
        if tag == "script":
            self._script = ""

    def handle_data(self, data):
        """Look into scripts: data may hold payloads, code may not."""
        if not self._script or MARK not in data:
            return
        if "json" in self._script:
            json.loads(data)
        else:
            self.faults.append(f"script: {data[:80]}")


def faults_of(html: str) -> list[str]:
    """Return what would run in a page; nothing where all payloads are only text."""
    found = [way for way in WAYS_IN if way in html]
    if not html.startswith("<?xml"):
        reader = Reader()
        reader.feed(html)
        reader.close()
        found += reader.faults
    return found
