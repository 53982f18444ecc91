"""Finds an email address in a text, however it is written, and removes it."""

import json
import re
from base64 import b64decode
from collections import defaultdict
from contextlib import suppress
from functools import cache
from html.entities import html5

from home.content.text import normalise
from search.log.redaction import REDACTED

# Signs after which a longer name goes on, as they may be written: `neil@example.org` is
# someone else's than `o'neil@example.org`.
INSIDE_NAMES = ("[.+\\-'’]", "%2[7bde]", "&#39;", "&#x27;", "&apos;", "&rsquo;")
# What ends with a letter or a digit, and is no part of a name: `%3C`, `\u003c`, `=3D`.
BEFORE_NAMES = (
    "%[0-9a-f]{2}",
    r"\\[nrt]",
    r"\\u00(?:2[026c]|3[acde])",
    r"=(?:2[027c]|3[acde])",
)
# Invisible: these may be between any two characters of an address.
INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
# All before a `u`, as JSON within JSON has several; tried from the first one only.
BACKSLASHES = r"(?<!\\)\\++"
UNSEEN = "|".join(
    (
        f"[{INVISIBLE}]",
        r"<wbr\s*/?>",
        "&(?:amp;)*(?:shy|zwnj|zwj|lrm|rlm|ZeroWidthSpace|NoBreak);",
        r"&(?:amp;)*\#(?:0*(?:173|820[3-7]|8288|65279)"
        "|x0*(?:ad|200[b-f]|2060|feff));",
        rf"{BACKSLASHES}u(?:00ad|200[b-f]|2060|feff)",
        "%(?:25)*c2%(?:25)*ad|%(?:25)*e2%(?:25)*80%(?:25)*8[b-f]",
        "%(?:25)*e2%(?:25)*81%(?:25)*a0|%(?:25)*ef%(?:25)*bb%(?:25)*bf",
        # A folded line of an email (RFC 2045, 6.7), and its invisible characters.
        "=\r?\n|=c2=ad|=e2=80=8[b-f]",
    )
)
SPACE = r"(?:\s|&nbsp;|&\#160;|&\#xa0;|%(?:25)*20|=20|\\u00a0)"
SPOKEN = {"@": "at", ".": "dot"}
# What may be a mail's text in base64; what is shorter holds no address.
BASE64 = re.compile(r"(?:[a-z0-9+/]{4}\s{0,2}){4,}[a-z0-9+/]{0,4}={0,2}", re.I)
# Where none of these occurs, a part of an address is as it is. The last ones are the
# first characters of scripts that have wide letters and the like.
ODD = re.compile(
    rf"{UNSEEN}|%(?:25)*[3-7]|&(?:amp;)*\#|\\u00[3-7]|=[3-7]|[a-z0-9+/]{{16}}"
    r"|[\u00aa\u00b2-\u00ba\u017f\u02b0-\u02ff\u1d00-\u1dff\u2070-\u209f\u2100-\u24ff]"
    r"|[\u2c7c\u2c7d\u3250-\u33ff\ua7f0-\ua7ff\uff00-\uffef\U00010000-\U0001ffff]"
)
SHORTEST_FRAGMENT = 3


def pattern_of(address: str) -> re.Pattern:
    r"""Return what finds an address, however it was written, and no longer one.

    In capitals or wide letters, with spaces around the @ or "at" in its place, with
    invisible characters between, and as JSON, HTML, web addresses and emails
    write its characters: `\u002b`, `&#64;`, `&amp;`, `%40`, `=40`.
    """
    name, _, domain = address.partition("@")
    domains = {domain}
    with suppress(UnicodeError):  # It has no other form.
        domains.add(domain.encode("idna").decode())
        domains.add(domain.encode("idna").decode("idna"))
    between = f"(?:{UNSEEN})*+"
    ends = "|".join(between.join(map(_written, each)) for each in sorted(domains))
    start = between.join(map(_written, name))
    text = rf"{start}{between}{SPACE}{{0,3}}{_written('@')}{between}{SPACE}{{0,3}}"
    inside = "".join(rf"(?<!\w{each})" for each in INSIDE_NAMES)
    after = "|".join(f"(?<={each})" for each in BEFORE_NAMES)
    begins = rf"(?:(?<!\w)|{after}){inside}"
    # `ann@example.org.uk` is someone else's than `ann@example.org`.
    return re.compile(
        rf"{begins}{text}(?:{ends})(?!\w|-\w|\.[a-z]{{2}}(?!\w))", re.IGNORECASE
    )


def may_hold(value, address: str) -> bool:
    """Say quickly whether it is worth looking: most texts hold nothing like it."""
    parts = re.findall("[a-z0-9]+", address.partition("@")[0].lower())
    part = max(parts, key=len, default="")
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = value.lower()
    return len(part) < SHORTEST_FRAGMENT or part in text or bool(ODD.search(text))


@cache
def _look_alikes() -> dict[str, set[str]]:
    """Return the characters that Unicode treats as another, such as wide letters."""
    found = defaultdict(set)
    for code in range(0x80, 0x20000):
        plain = normalise(chr(code)).lower()
        if len(plain) == 1:
            found[plain].add(chr(code))
    return found


@cache
def _written(sign: str) -> str:
    """Return a pattern for the ways to write one character."""
    ways = set()
    for each in {sign, sign.lower(), sign.upper(), *_look_alikes()[sign.lower()]}:
        ways.add(re.escape(each))
        if len(each) == 1:
            code = ord(each)
            names = {name.removesuffix(";") for name in html5 if html5[name] == each}
            names |= {rf"\#0*{code}", rf"\#x0*{code:x}"}
            ways |= {f"&(?:amp;)*{name};" for name in names}
            ways.add(rf"{BACKSLASHES}u{code:04x}")
        if each.isascii() or each in {sign, sign.lower(), sign.upper()}:
            ways.add("".join(f"%(?:25)*{byte:02x}" for byte in each.encode()))
            ways.add("".join(f"={byte:02x}" for byte in each.encode()))
    if spoken := SPOKEN.get(sign):
        ways.add(rf"{SPACE}+{spoken}{SPACE}+|{SPACE}*[(\[{{]{spoken}[)\]}}]{SPACE}*")
    # Atomic, as several ways may take the same sign: no way back through them all.
    return f"(?>{'|'.join(sorted(ways))})"


def without(value, pattern: re.Pattern, in_json: bool = False):
    """Return a text or what JSON holds without the address; itself where it has none.

    A text that is JSON is read as such, as deep as need be: Wagtail keeps drafts so.
    In JSON the address alone leaves an empty text, which a field for it can hold.
    """
    if isinstance(value, str):
        if in_json and pattern.fullmatch(value):
            return ""
        plain = _base64_without(_json_without(value, pattern), pattern)
        return pattern.sub(REDACTED, plain)
    if isinstance(value, list):
        return [without(each, pattern, in_json=True) for each in value]
    if isinstance(value, dict):
        return {
            without(key, pattern): without(each, pattern, in_json=True)
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


def _base64_without(text: str, pattern: re.Pattern) -> str:
    def clean(match: re.Match) -> str:
        packed = "".join(match[0].split()).rstrip("=")
        with suppress(ValueError):
            held = b64decode(packed + "=" * (-len(packed) % 4), validate=True)
            if pattern.search(held.decode("utf-8", "ignore")):
                return REDACTED
        return match[0]

    return BASE64.sub(clean, text)
