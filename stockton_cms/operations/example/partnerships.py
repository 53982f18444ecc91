"""The example's partnerships."""

from community.models import Partner, PartnershipPage
from stockton_cms.operations.example.writing import (
    EMAIL,
    PHONE,
    SITE_OF_EXAMPLES,
    Branch,
    Materials,
    bullets,
    details,
    documents,
    heading,
    html,
    picture,
    table,
    text,
)

ABOUT_LOGOS = (
    "The signs beside the names were drawn for this example. "
    "They are not the partners' own."
)


def local_strategic_partnership(made: Materials) -> Branch:
    """Return the page of the Stockton Local Strategic Partnership."""
    page = PartnershipPage(
        title="Stockton Local Strategic Partnership",
        slug="stockton-local-strategic-partnership",
        summary="Public services, businesses, charities and residents who plan for "
        "the borough together.",
        search_words="LSP, who runs the borough, joint working, business event",
        picture=made.pictures["round-table"],
        **made.kept_true("Partnerships team", 120),
        lead_officer="Partnerships manager",
        contact_email=EMAIL,
        contact_phone=PHONE,
        body=[
            text(
                "Some problems are too big for one organisation. The partnership "
                "brings people round one table so that they can share the work.",
                "Its members come from public services, private firms, charities and "
                "community groups. They agree what matters most for the borough.",
            ),
            heading("How the partnership works"),
            bullets(
                "Most of the work is done in smaller groups:",
                "thematic partnerships look at one subject, such as money or health",
                "locality forums look at one part of the borough",
            ),
            text(
                "Once a year there is an event for businesses.",
                "The partnership also helps to put our framework for tackling poverty "
                "into practice. It is called A Brighter Borough for All.",
            ),
            heading("The borough it works for"),
            table(
                "The borough in numbers",
                {"What we count": "text", "How many": "number"},
                ("People who live here, about", 200000),
                ("Wards", 26),
                ("Wards among the 10% most deprived in England", 9),
            ),
            details("About the partners' signs", ABOUT_LOGOS),
        ],
        get_involved=html(
            "Come to the locality forum for your part of the borough. You do not have "
            "to belong to a group.",
            f"To find out when your forum meets, phone {PHONE}.",
        ),
    )
    page.partners = [
        Partner(
            name="Stockton-on-Tees Borough Council",
            website=SITE_OF_EXAMPLES,
            logo=made.logos["council"],
        ),
        Partner(
            name="Catalyst Stockton",
            website=f"{SITE_OF_EXAMPLES}/catalyst-stockton",
            logo=made.logos["catalyst"],
        ),
        Partner(name="Public services that work in the borough"),
        Partner(name="Local businesses"),
        Partner(
            name="Community groups and locality forums",
            logo=made.logos["neighbours"],
        ),
    ]
    return Branch(page)


def catalyst_stockton(made: Materials) -> Branch:
    """Return the page of Catalyst Stockton."""
    page = PartnershipPage(
        title="Catalyst Stockton",
        slug="catalyst-stockton",
        summary="Help for charities, community groups and social enterprises in the "
        "borough.",
        search_words="VCSE, voluntary sector, charity help, set up a group, funding",
        picture=made.pictures["street-of-houses"],
        **made.kept_true("Partnerships team", 90),
        lead_officer="Voluntary sector officer",
        contact_email=EMAIL,
        contact_phone=PHONE,
        website=f"{SITE_OF_EXAMPLES}/catalyst-stockton",
        body=[
            text(
                "The council works with the voluntary, community and social "
                "enterprise sector. People often shorten that to VCSE.",
                "Catalyst Stockton supports the groups in that sector. If you run a "
                "group, or want to start one, it is a good place to ask first.",
            ),
            heading("What Catalyst does"),
            bullets(
                "Among other things, Catalyst:",
                "supports the borough's charities and community groups",
                "leads work to make life fairer, paid for by the National Lottery",
                "gives small grants to groups that work with refugees and asylum "
                "seekers",
            ),
            picture(made.pictures["bridge"]),
            heading("Small grants"),
            text(
                "A small grant can be up to £500. It is for groups that work with "
                "refugees and asylum seekers."
            ),
            documents("Read more about grants", made.documents["small-grants-guide"]),
        ],
        get_involved=html(
            "Visit the website of Catalyst Stockton, or phone the council and ask for "
            "the voluntary sector officer."
        ),
    )
    page.partners = [
        Partner(
            name="Catalyst Stockton",
            website=f"{SITE_OF_EXAMPLES}/catalyst-stockton",
            logo=made.logos["catalyst"],
        ),
        Partner(
            name="Stockton-on-Tees Borough Council",
            website=SITE_OF_EXAMPLES,
            logo=made.logos["council"],
        ),
    ]
    return Branch(page)


def asylum_and_refugee_forum(made: Materials) -> Branch:
    """Return the page of the Asylum and Refugee Forum."""
    page = PartnershipPage(
        title="Asylum and Refugee Forum",
        slug="asylum-and-refugee-forum",
        summary="People and groups who work together to support refugees and asylum "
        "seekers.",
        search_words="asylum support, migrants, new arrivals",
        **made.kept_true("Communities team", 150),
        lead_officer="Community cohesion officer",
        contact_email=EMAIL,
        contact_phone=PHONE,
        body=[
            text(
                "The forum is where groups that support refugees and asylum seekers "
                "meet. They share what they know and plan together.",
            ),
        ],
        get_involved=html(f"If your group would like to come, phone {PHONE} and ask."),
    )
    page.partners = [
        Partner(
            name="Stockton-on-Tees Borough Council",
            website=SITE_OF_EXAMPLES,
            logo=made.logos["council"],
        ),
        Partner(name="Community groups", logo=made.logos["neighbours"]),
    ]
    return Branch(page)
