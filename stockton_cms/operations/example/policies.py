"""The example's policies, strategies and consultation."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from community.models import PolicyDocument, PolicyUpdatePage
from community.models.policy import PolicyKind
from stockton_cms.operations.example.writing import (
    PHONE,
    Branch,
    Materials,
    bullets,
    contact,
    details,
    heading,
    notice,
    text,
)

OWNER = "Policy team"


def brighter_borough(made: Materials) -> Branch:
    """Return the tackling poverty framework."""
    page = PolicyUpdatePage(
        title="A Brighter Borough for All",
        slug="a-brighter-borough-for-all",
        summary="Our framework for tackling poverty, for every household in the "
        "borough.",
        search_words="skint, poor, hard up, money worries, cost of living, TPF",
        picture=made.pictures["hills-and-river"],
        **made.kept_true(OWNER, 60),
        kind=PolicyKind.FRAMEWORK,
        adopted_on=date(2016, 2, 11),
        body=[
            text(
                "Being short of money can make everything harder: food, heating, "
                "school and health. This framework says how we want to help.",
            ),
            heading("What we aim for"),
            bullets(
                "The framework has three aims:",
                "every child gets the best start in life",
                "each household gets as much income as it can",
                "help is easier to find and easier to use",
            ),
            heading("How it came about"),
            text(
                "The first framework was made in 2012-13, for families in poverty. In "
                "January 2016 it was refreshed to reach every household.",
            ),
            details(
                "About the date on this page",
                "The council's Cabinet looked at the refreshed framework on 11 "
                "February 2016. That is the date at the top of this page.",
            ),
        ],
    )
    summary = made.documents["brighter-borough-summary"]
    page.documents = [PolicyDocument(document=summary)]
    return Branch(page)


def fairer_stockton(made: Materials) -> Branch:
    """Return the strategic framework for tackling inequality."""
    page = PolicyUpdatePage(
        title="A Fairer Stockton-on-Tees",
        slug="a-fairer-stockton-on-tees",
        summary="Our framework for tackling inequality, from 2021 to 2031.",
        search_words="inequality, unfair, equal chances, levelling up, deprived",
        picture=made.pictures["bridge"],
        **made.kept_true(OWNER, 30),
        kind=PolicyKind.FRAMEWORK,
        adopted_on=date(2021, 1, 1),
        body=[
            text(
                "Where you live and what you earn should not decide how your life "
                "turns out. This framework is about making things fairer.",
            ),
            heading("Why it is needed"),
            text(
                "The borough has 26 wards. Nine of them are among the 10% most "
                "deprived in England.",
            ),
            heading("What has followed"),
            text(
                "An Anti-Poverty Strategy followed for 2024 to 2027. People who have "
                "lived in poverty helped to make it.",
            ),
            details(
                "About the date on this page",
                "We know the year in which the framework began, but not the day. So "
                "the page says 1 January 2021.",
            ),
        ],
    )
    on_a_page = made.documents["fairer-stockton-on-a-page"]
    page.documents = [
        PolicyDocument(document=on_a_page, title="The framework on a page")
    ]
    return Branch(page)


def armed_forces_covenant(made: Materials) -> Branch:
    """Return the Armed Forces Community Covenant."""
    page = PolicyUpdatePage(
        title="Armed Forces Community Covenant",
        slug="armed-forces-community-covenant",
        summary="Our promise to people who serve or have served, and to their "
        "families.",
        search_words="army, navy, RAF, veterans, soldiers, ex-forces, military",
        picture=made.pictures["bench-under-tree"],
        **made.kept_true(OWNER, 200),
        kind=PolicyKind.POLICY,
        adopted_on=date(2012, 3, 1),
        body=[
            text(
                "The council and its partners signed the covenant in March 2012. It "
                "is a promise to the armed forces community.",
                "About one in five recruits to the forces come from the North East. So "
                "many families here have a link with them.",
            ),
            heading("Who looks after the promise"),
            text(
                "We have champions who speak up for the armed forces community. Each "
                "year a report says what has been done.",
            ),
            details(
                "About the date on this page",
                "We know the month of the signing, but not the day. So the page says "
                "1 March 2012.",
            ),
            contact("Armed forces champions"),
        ],
    )
    return Branch(page)


def anti_poverty_strategy(made: Materials) -> Branch:
    """Return the Anti-Poverty Strategy."""
    page = PolicyUpdatePage(
        title="Anti-Poverty Strategy 2024 to 2027",
        slug="anti-poverty-strategy-2024-to-2027",
        summary="A strategy made with people who know poverty from their own lives.",
        search_words="poverty, benefits, low income, skint",
        **made.kept_true(OWNER, 45),
        kind=PolicyKind.STRATEGY,
        adopted_on=date(2024, 1, 1),
        body=[
            text(
                "People who have lived in poverty know best what helps and what gets "
                "in the way. They helped to make this strategy.",
                "It follows our framework for tackling inequality, A Fairer "
                "Stockton-on-Tees.",
            ),
            details(
                "About the date on this page",
                "The strategy is for 2024 to 2027. We do not know the day on which it "
                "began, so the page says 1 January 2024.",
            ),
        ],
    )
    return Branch(page)


def family_poverty_framework(made: Materials) -> Branch:
    """Return the first framework, which another page replaces."""
    page = PolicyUpdatePage(
        title="Family poverty framework 2012-13",
        slug="family-poverty-framework-2012-13",
        summary="Our first framework on poverty, kept for the record.",
        **made.kept_true(OWNER, 365),
        kind=PolicyKind.FRAMEWORK,
        adopted_on=date(2012, 4, 1),
        body=[
            notice("This framework is no longer in use. We keep the page as a record."),
            text(
                "Our first framework on poverty was about families. In 2016 it was "
                "refreshed to reach every household in the borough.",
            ),
            details(
                "About the dates on this page",
                "The framework was made in 2012-13 and we do not know the day. So the "
                "page says 1 April 2012.",
            ),
        ],
    )
    return Branch(page)


def community_spaces_consultation(made: Materials) -> Branch:
    """Return a consultation that is open now, and for four weeks more."""

    def moment(days: int, hour: int) -> datetime:
        day = made.today + timedelta(days=days)
        return timezone.make_aware(datetime.combine(day, time(hour)))

    page = PolicyUpdatePage(
        title="Community spaces: have your say",
        slug="community-spaces-have-your-say",
        summary="Tell us how you use community spaces near you, and what would make "
        "them better.",
        search_words="survey, questionnaire, village hall, community centre",
        **made.kept_true("Engagement team", 30),
        kind=PolicyKind.CONSULTATION,
        consultation_opens_at=moment(-7, 9),
        consultation_closes_at=moment(28, 17),
        body=[
            text(
                "A community space is any place where neighbours can meet. We would "
                "like to know which ones you use, and why.",
            ),
            bullets(
                "We are asking three questions:",
                "Which community spaces do you use?",
                "What do you like about them?",
                "What would make you use them more?",
            ),
            heading("How to reply"),
            text(f"Phone {PHONE} and tell us your answers. You need not give a name."),
            notice(
                "This consultation was made up to show how one looks on this site.",
                kind="warning",
            ),
        ],
    )
    return Branch(page)
