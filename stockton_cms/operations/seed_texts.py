"""Texts for seeded pages: varied, plausible, and the same for the same number."""

from dataclasses import dataclass
from random import Random

TOWNS = ("Stockton", "Billingham", "Thornaby", "Yarm", "Norton", "Ingleby Barwick")
TOPICS = (
    ("Heating bills", ("warmth", "insulation", "boiler", "meter", "radiator")),
    ("Community grants", ("funding", "application", "panel", "budget", "award")),
    ("Youth clubs", ("teenagers", "games", "mentor", "music", "evening")),
    ("Recycling", ("bin", "glass", "cardboard", "collection", "compost")),
    ("School meals", ("lunch", "kitchen", "menu", "term", "pupil")),
    ("Bus passes", ("ticket", "driver", "timetable", "stop", "journey")),
    ("Allotments", ("plot", "seeds", "shed", "waiting list", "harvest")),
    ("Housing repairs", ("roof", "damp", "landlord", "tenant", "plumber")),
    ("Adult learning", ("course", "reading", "numbers", "tutor", "certificate")),
    ("Road works", ("diversion", "pothole", "lane", "surface", "traffic")),
    ("Carers", ("respite", "relative", "assessment", "rest", "support group")),
    ("Parks and play", ("swing", "bench", "football", "path", "dog")),
    ("Libraries", ("book", "loan", "quiet room", "computer", "story time")),
    ("Council tax", ("discount", "band", "payment", "arrears", "exemption")),
    ("Domestic abuse", ("safety", "refuge", "helpline", "advice", "police")),
    ("Digital skills", ("tablet", "password", "email", "internet", "lesson")),
    ("Markets", ("stall", "trader", "licence", "Saturday", "produce")),
    ("Flood advice", ("river", "sandbag", "warning", "insurance", "drain")),
    ("Mental health", ("listening", "stress", "sleep", "counsellor", "friend")),
    ("Walking and cycling", ("helmet", "route", "towpath", "crossing", "bicycle")),
)
PLACES = ("the library", "the town hall", "the community centre", "the market place")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
SENTENCES = (
    "People in {town} can ask about the {word} at {place}.",
    "Ask for help with the {word} on {day} between {hour} and {later} o'clock.",
    "We check every {word} once a year and publish what we find.",
    "Last year {number} households in {town} told us about the {word}.",
    "If the {word} is not right, tell us and we will look at it within {days} days.",
    "You do not have to pay for the {word} if you are on a low income.",
    "A neighbour or friend may ask about the {word} for you.",
    "The {word} and the {other} are looked after by the same team.",
    "From {day} the {word} will be open to everyone in {town}.",
    "Bring a letter with your address when you come about the {word}.",
    "There are {number} places in {town}, and most have a {word} of their own.",
    "Before you decide about the {other}, read what we say about the {word}.",
    "Volunteers at {place} can explain the {word} in other languages.",
    "It takes about {days} days until you hear from us about the {other}.",
)
HEADINGS = ("Who can ask", "What it costs", "Where to go", "What happens next")
PARTNERS = ("Neighbourhood trust", "Residents' group", "Housing society", "Youth forum")


@dataclass(frozen=True)
class PageText:
    """The words of one page."""

    title: str
    slug: str
    summary: str
    search_words: str
    paragraphs: list[str]
    headings: list[str]
    partner: str


def write_text(number: int, seed: int = 1) -> PageText:
    """Return the words of the page with this number."""
    # For test data, which must be the same each time; no secret is made with it.
    random = Random(f"{seed}-{number}")  # noqa: S311
    topic, words = random.choice(TOPICS)
    town = random.choice(TOWNS)
    paragraphs = [
        " ".join(_sentence(random, town, words) for _ in range(random.randint(3, 6)))
        for _ in range(random.randint(3, 7))
    ]
    return PageText(
        title=f"{topic} in {town} ({number})",
        slug=f"{topic.lower().replace(' ', '-')}-{number}",
        summary=_sentence(random, town, words),
        search_words=", ".join(random.sample(words, 2)),
        paragraphs=paragraphs,
        headings=random.sample(HEADINGS, 2),
        partner=f"{town} {random.choice(PARTNERS).lower()}",
    )


def _sentence(random: Random, town: str, words: tuple[str, ...]) -> str:
    word, other = random.sample(words, 2)
    hour = random.randint(9, 11)
    return random.choice(SENTENCES).format(
        town=town,
        word=word,
        other=other,
        place=random.choice(PLACES),
        day=random.choice(DAYS),
        hour=hour,
        later=hour - random.randint(6, 8),
        number=random.randint(12, 900),
        days=random.randint(2, 28),
    )
