"""The pages that the foot of every page links to."""

from home.models import StandardPage
from stockton_cms.operations.example.writing import (
    EMAIL,
    PHONE,
    Materials,
    bullets,
    contact,
    heading,
    table,
    text,
)


def statement_pages(made: Materials) -> list[StandardPage]:
    """Return the pages that belong to the site as a whole, in their order."""
    return [
        accessibility(made),
        privacy(made),
        cookies(made),
        changes_to_services(made),
    ]


def accessibility(made: Materials) -> StandardPage:
    """Return the accessibility statement."""
    return StandardPage(
        title="Accessibility statement",
        slug="accessibility",
        summary="How easy this site should be to use, and what to do if it is not.",
        search_words="disabled, screen reader, large print, easy read, WCAG",
        **made.kept_true("Web team", 180),
        body=[
            text("We want as many people as possible to be able to use this site."),
            bullets(
                "You should be able to:",
                "make the text four times as large and still read it",
                "reach everything with a keyboard",
                "listen to a page with a screen reader",
                "use every page without JavaScript",
            ),
            heading("How accessible this site is"),
            text(
                "Our goal is level AA of the Web Content Accessibility Guidelines, "
                "version 2.2. No expert from outside has tested this example site "
                "yet.",
            ),
            heading("What does not work yet"),
            text(
                "The example PDF documents have no marked headings. A screen reader "
                "reads their words, but cannot jump from part to part. The main facts "
                "are on our pages too.",
            ),
            heading("Tell us about a problem"),
            text(
                f"Phone {PHONE} or write to {EMAIL}. Say which page it was and "
                "what went wrong. We can also give you a page in another form.",
            ),
            heading("If our answer does not help"),
            text(
                "The Equality and Human Rights Commission makes sure that public "
                "bodies follow the accessibility rules. If you are not happy with our "
                "answer, contact the Equality Advisory and Support Service.",
            ),
        ],
    )


def privacy(made: Materials) -> StandardPage:
    """Return the privacy notice."""
    return StandardPage(
        title="Privacy",
        slug="privacy",
        summary="What this site learns about you, and what we do with it.",
        search_words="GDPR, data protection, personal data, my information",
        **made.kept_true("Information governance team", 180),
        body=[
            text(
                "You can read every page without telling us who you are. We do not "
                "follow you from page to page. No other company's programs run on "
                "this site.",
            ),
            heading("If you send us a message"),
            bullets(
                "When you use 'Can't find it' we keep:",
                "what you write to us",
                "your e-mail address, if you choose to give it",
                "what you searched for, and the page you came from",
                "when you sent it",
            ),
            text(
                "Only staff who deal with messages can read them. We use your "
                "address to answer you and for nothing else.",
            ),
            heading("Your rights"),
            text(
                "You can ask what we hold about you, and ask us to correct or delete "
                "it. If you are not happy with us, you can complain to the Information "
                "Commissioner's Office.",
            ),
            contact("Information governance team"),
        ],
    )


def cookies(made: Materials) -> StandardPage:
    """Return the page on cookies."""
    return StandardPage(
        title="Cookies",
        slug="cookies",
        summary="This site gives you no cookie just for reading it.",
        search_words="tracking, cookie banner, consent",
        **made.kept_true("Web team", 180),
        body=[
            text(
                "A cookie is a short note that a website leaves in your browser. You "
                "get none from us for reading pages or searching.",
            ),
            table(
                "The cookie that you can get",
                {"Name": "text", "When": "text", "How long": "text"},
                ("closed_alerts", "If you hide an alert", "180 days"),
            ),
            heading("If you hide an alert"),
            text(
                "We remember that in the cookie closed_alerts, so that you do not see "
                "the alert again. It holds only the numbers of the alerts.",
            ),
            heading("If you send us a message"),
            text("The form 'Can't find it' gives you no cookie."),
            heading("Staff"),
            text("Council staff who sign in get cookies that keep them signed in."),
        ],
    )


def changes_to_services(made: Materials) -> StandardPage:
    """Return the page that the disruption alert leads to."""
    return StandardPage(
        title="Changes to our services",
        slug="changes-to-our-services",
        summary="Which services are open, and how to check before you set out.",
        search_words="closed, coronavirus, covid, pandemic, lockdown, opening times",
        **made.kept_true("Communications team", 7),
        body=[
            text(
                "Because of coronavirus, some services are closed and others work in a "
                "different way. This can change from one day to the next.",
            ),
            bullets(
                "Before you use a service:",
                "read the page about it on this site",
                f"if you are not sure, phone {PHONE}",
                "stay at home if you feel ill",
            ),
        ],
    )
