"""When two e-mail addresses are one."""

from django.utils.encoding import punycode


def email_key(email: str) -> str:
    """Return the same for addresses that differ in capitals or in how a host is spelt.

    A host in letters of other alphabets has a second spelling, as mail servers use it.
    """
    local, _, host = email.strip().rpartition("@")
    try:
        host = punycode(host)
    except UnicodeError:
        # No mail server knows such a host; the form says so.
        return ""
    return f"{local}@{host}".lower()
