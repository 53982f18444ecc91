"""The ways in which one e-mail address may stand in a text, and how to take it out."""

import json
import re
from html.entities import codepoint2name

from search.personal_data import TAKEN_OUT

# Signs after which a longer name goes on, as they may be written: `neil@example.org` is
# somebody else's than `o'neil@example.org`.
INSIDE_NAMES = ("[.+\\-'’]", "%2[7bde]", "&#39;", "&#x27;", "&apos;", "&rsquo;")
# Rows are looked at only where they hold this much of the address as it stands.
SHORTEST_FRAGMENT = 3


def fragment_of(address: str) -> str:
    """Return the longest part of an address that is written the same everywhere."""
    name = re.findall("[a-z0-9]+", address.partition("@")[0].lower())
    longest = max(name, key=len, default="")
    if len(longest) >= SHORTEST_FRAGMENT:
        return longest
    return max(re.findall("[a-z0-9]+", address.lower()), key=len)


def pattern_of(address: str) -> re.Pattern:
    r"""Return what finds an address, however it was written, and no longer one.

    In capitals, with blanks around the @, and as JSON, HTML and addresses of the web
    write its signs: `\u002b`, `&#64;`, `&amp;`, `%40`.
    """
    name, _, domain = address.partition("@")
    domains = {domain}
    try:
        domains.add(domain.encode("idna").decode())
    except UnicodeError:
        pass  # It has no other form.
    ends = "|".join("".join(map(_written, each)) for each in sorted(domains))
    text = f"{''.join(map(_written, name))}\\s?(?:{_written('@')}|＠)\\s?(?:{ends})"
    inside = "".join(rf"(?<!\w{each})" for each in INSIDE_NAMES)
    begins = rf"(?:(?<!\w)|(?<=%[0-9a-f]{{2}})){inside}"
    # `ann@example.org.uk` is somebody else's than `ann@example.org`.
    return re.compile(rf"{begins}{text}(?!\w|-\w|\.[a-z]{{2}}(?!\w))", re.IGNORECASE)


def _written(sign: str) -> str:
    """Return a pattern for the ways to write one sign."""
    if sign.isascii() and sign.isalnum():
        return sign
    ways = {re.escape(sign)}
    for each in {sign, sign.lower(), sign.upper()}:
        if len(each) == 1:
            code = ord(each)
            names = [rf"\#0*{code}", rf"\#x0*{code:x}", codepoint2name.get(code)]
            ways |= {f"&(?:amp;)*{name};" for name in names if name}
            ways.add(rf"\\+u{code:04x}")
        ways.add("".join(f"%(?:25)*{byte:02x}" for byte in each.encode()))
    return f"(?:{'|'.join(sorted(ways))})"


def without(value, pattern: re.Pattern, in_json: bool = False):
    """Return a text or what JSON holds without the address; itself where it has none.

    A text that is JSON is read as such, as deep as need be: Wagtail keeps drafts so.
    In JSON the address alone leaves an empty text, which a field for it can hold.
    """
    if isinstance(value, str):
        if in_json and pattern.fullmatch(value):
            return ""
        return pattern.sub(TAKEN_OUT, _json_without(value, pattern))
    if isinstance(value, list):
        return [without(each, pattern, in_json=True) for each in value]
    if isinstance(value, dict):
        return {
            pattern.sub(TAKEN_OUT, key): without(each, pattern, in_json=True)
            for key, each in value.items()
        }
    return value


def _json_without(text: str, pattern: re.Pattern) -> str:
    if text[:1] not in {"{", "["}:
        return text
    try:
        held = json.loads(text)
        cleaned = without(held, pattern)
    except (ValueError, RecursionError):
        return text
    return text if cleaned == held else json.dumps(cleaned)
