"""The example's home page, its sections, and the pages of everyday help in them."""

from community.models import CommunityIndexPage
from home.models import HomePage, StandardPage
from stockton_cms.operations.example import partnerships, policies
from stockton_cms.operations.example.writing import (
    PHONE,
    Branch,
    Materials,
    bullets,
    contact,
    heading,
    html,
    notice,
    picture,
    quotation,
    table,
    text,
)


def home_page(made: Materials) -> HomePage:
    """Return the front door of the site."""
    return HomePage(
        title="Stockton-on-Tees Borough Council",
        slug="stockton-on-tees",
        summary="Help, news and plans for the communities of Stockton-on-Tees.",
        picture=made.pictures["hills-and-river"],
        **made.kept_true("Communications team", 180),
        introduction=html(
            "Welcome. Here you can find out what makes our communities strong, and "
            "how to get help or lend a hand."
        ),
        body=[
            notice(
                "This is an example site. Its pages show what the real ones could "
                "look like."
            )
        ],
    )


def stronger_communities(made: Materials) -> Branch:
    """Return the section that the site is about, with its nine entries in order."""
    page = CommunityIndexPage(
        title="Stronger communities",
        slug="stronger-communities",
        show_in_menus=True,
        summary="Who works for our communities, what is planned, and where to get "
        "help.",
        strapline="Big plans for helping our communities prosper",
        search_words="community, neighbourhood, local groups",
        picture=made.pictures["street-of-houses"],
        **made.kept_true("Communities team", 90),
        introduction=html(
            "A strong community is one where people know each other and help each "
            "other. It is easier to stay well, find work and feel safe in one.",
            "About 200,000 people live in our towns, from Stockton and Billingham to "
            "Thornaby, Yarm, Norton and Ingleby Barwick. When things get better here, "
            "all of them should feel it.",
            "The council cannot do this alone. These pages say who we work with and "
            "what we plan, and we update them when something changes.",
        ),
    )
    entries = (
        partnerships.local_strategic_partnership,
        partnerships.catalyst_stockton,
        policies.brighter_borough,
        policies.fairer_stockton,
        food_banks,
        fairtrade_borough,
        policies.armed_forces_covenant,
        refugees,
        volunteering,
    )
    return Branch(page, [entry(made) for entry in entries])


def food_banks(made: Materials) -> Branch:
    """Return the section on food banks and pantries."""
    page = CommunityIndexPage(
        title="Food banks and community pantries",
        slug="food-banks-and-community-pantries",
        summary="Where to get food, toiletries and advice when you have run short.",
        search_words="food parcel, hungry, no money for food, foodbank, larder, free "
        "food",
        picture=made.pictures["shelves-of-food"],
        **made.kept_true("Communities team", 14),
        introduction=html(
            "If you have no money for food today, you can get help. There are places "
            "for this all over the borough.",
        ),
        body=[contact("Help finding a food bank", "Monday to Friday, 9am to 5pm")],
    )
    help_now = StandardPage(
        title="Get help from a food bank",
        slug="get-help-from-a-food-bank",
        summary="What a food bank can give you in an emergency, and how to find one.",
        search_words="starving, emergency food, nappies, toiletries",
        **made.kept_true("Communities team", 14),
        body=[
            bullets(
                "In an emergency a food bank can give you:",
                "food",
                "toiletries, such as soap and toothpaste",
                "advice on what to do next",
            ),
            notice(
                f"If you do not know where to go, phone {PHONE}. We will tell you "
                "which place is near you."
            ),
            text("Nobody will think less of you for asking. Many people need help."),
        ],
    )
    pantries = StandardPage(
        title="Eco shops and pantries",
        slug="eco-shops-and-pantries",
        summary="Other places in the borough that help when money is tight.",
        search_words="cheap food, community shop, swap shop, second hand",
        **made.kept_true("Communities team", 21),
        body=[
            text(
                "Food banks are for emergencies. Eco shops and community pantries "
                "are there too, in different parts of the borough.",
            ),
            table(
                "Where to ask first",
                {"What you need": "text", "Where to ask": "text"},
                ("Food today", "A food bank"),
                ("Toiletries today", "A food bank"),
                ("Help when money is tight", "A community pantry or an eco shop"),
            ),
        ],
    )
    return Branch(page, [Branch(help_now), Branch(pantries)])


def fairtrade_borough(made: Materials) -> Branch:
    """Return the page on being a Fairtrade borough."""
    page = StandardPage(
        title="Fairtrade Borough",
        slug="fairtrade-borough",
        summary="We have been a Fairtrade borough since July 2007.",
        search_words="fair trade, coffee, chocolate, bananas, ethical shopping",
        picture=made.pictures["terraced-fields"],
        **made.kept_true("Communities team", 240),
        body=[
            text(
                "Stockton-on-Tees was given Fairtrade status in July 2007.",
                "Fairtrade is about better prices and better work for farmers in "
                "poorer countries.",
            ),
            heading("What you can do"),
            bullets(
                "You can help wherever you shop:",
                "look for the Fairtrade mark",
                "ask your shop or café for Fairtrade goods",
                "tell your school or workplace about it",
            ),
        ],
    )
    return Branch(page)


def refugees(made: Materials) -> Branch:
    """Return the section on refugees and asylum seekers."""
    page = CommunityIndexPage(
        title="Refugees and asylum seekers",
        slug="refugees-and-asylum-seekers",
        summary="Who supports people who come here for safety, and how to join in.",
        search_words="asylum, migrants, newcomers, immigration, sanctuary",
        picture=made.pictures["lanterns"],
        **made.kept_true("Communities team", 75),
        introduction=html(
            "Some people come to the borough because their own country is not safe. "
            "We want them to feel at home here.",
            "A community cohesion strategy says how we help people of every "
            "background to get on well together.",
        ),
    )
    week = StandardPage(
        title="Refugee Week",
        slug="refugee-week",
        summary="Each June people come together for Refugee Week.",
        search_words="festival, June events, world food",
        **made.kept_true("Communities team", 160),
        body=[
            text(
                "Refugee Week is in June each year. It is a good time to meet people "
                "who have come here, and to hear their stories.",
            ),
            picture(made.pictures["lanterns"]),
            text("Groups that would like to hold an event can ask the forum."),
        ],
    )
    return Branch(page, [partnerships.asylum_and_refugee_forum(made), Branch(week)])


def volunteering(made: Materials) -> Branch:
    """Return the section on volunteering and having a say."""
    page = CommunityIndexPage(
        title="Volunteering and having your say",
        slug="volunteering-and-having-your-say",
        summary="Give some time, come to a forum, or tell us what you think.",
        search_words="volunteer, help out, complain, opinion, residents meeting",
        picture=made.pictures["round-table"],
        **made.kept_true("Engagement team", 100),
        introduction=html(
            "You know your street better than we do. There are many ways to help "
            "where you live, and to tell us what should change.",
        ),
    )
    forums = StandardPage(
        title="Locality forums",
        slug="locality-forums",
        summary="Meetings about your part of the borough, open to the people in it.",
        search_words="residents meeting, ward meeting, area forum",
        **made.kept_true("Engagement team", 110),
        body=[
            text(
                "A locality forum is a meeting about one part of the borough. The "
                "forums belong to the Local Strategic Partnership.",
            ),
            quotation(
                "I only went to listen. By the end I had put my hand up twice.",
                "Words made up for this example",
            ),
        ],
    )
    spaces = StandardPage(
        title="Community spaces",
        slug="community-spaces",
        summary="Places where neighbours can meet, and how to ask about one.",
        search_words="hall hire, room to rent, meeting room, community centre",
        **made.kept_true("Engagement team", 130),
        body=[
            text(
                "Community spaces are places where people can meet and do things "
                "together. A class, a club or a cup of tea all count.",
            ),
            contact("Community spaces officer", "Monday to Thursday, 10am to 4pm"),
        ],
    )
    plans = CommunityIndexPage(
        title="Plans and consultations",
        slug="plans-and-consultations",
        summary="Plans that residents helped to make, and questions we are asking now.",
        search_words="survey, policies, strategy",
        **made.kept_true("Engagement team", 100),
        introduction=html("Your answers change what we do. Here is what is open."),
    )
    papers = (
        policies.community_spaces_consultation,
        policies.anti_poverty_strategy,
        policies.family_poverty_framework,
    )
    plans_branch = Branch(plans, [paper(made) for paper in papers])
    return Branch(page, [Branch(forums), Branch(spaces), plans_branch])
