"""Finds sentences that mention a date, and when they stop being accurate (P7).

Libraries that parse dates also match opening hours, phone numbers and history.
"""

import re
from calendar import month_name, monthrange
from collections.abc import Iterator
from datetime import date, timedelta

MONTHS = [name[:3].lower() for name in month_name[1:]]
WEEKDAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"]
EXCERPT_LENGTH = 200

MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
WEEKDAY = (
    r"(?:(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)"
    r"(?:day)?,?\s+)?"
)
DAY = r"(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{WEEKDAY}{DAY}(?:\s+of)?\s+{MONTH}(?:,?\s+{YEAR})?",
        rf"{WEEKDAY}{MONTH}\s+{DAY}(?!\d)(?:,?\s+{YEAR})?",
        rf"{WEEKDAY}(?P<day>\d\d?)(?P<sep>[/.-])(?P<month>\d\d?)(?P=sep)"
        r"(?P<year>(?:20)?\d\d)(?![\d/%])",
        r"(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)",
        rf"(?P<end>the\s+end\s+of|end\s+of|mid|early|late)?[\s-]{{0,3}}{MONTH}(?:\s+{YEAR})?",
    )
]
# Such as "9am on" or "12 noon on".
TIME = re.compile(
    r"(?:(?:\d\d?(?:[.:]\d\d)?\s*(?:am|pm|a\.m\.|p\.m\.)|\d\d?[.:]\d\d"
    r"|(?:12\s*)?(?:noon|midnight|midday))\s*,?\s*(?:on\s+)?)?",
    re.IGNORECASE,
)
# The "3 to" of "3 to 9 May".
FIRST_DAY = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\s+)?\d\d?(?:st|nd|rd|th)?"
    r"\s*(?:to|and|until|or|&|–|-)\s*(?=\d|[mtwfs]\w+\s+\d)",
    re.IGNORECASE,
)
JOIN = re.compile(r",?\s?(?:to|and|until|till|–|—|-)\s*", re.IGNORECASE)

# What comes before a date. Until it: something ends, or has to be done.
ENDS = (
    r"until|till|up\s+to(?:\s+and\s+including)?|by|(?:no|not)\s+later\s+than"
    r"|on\s+or\s+before|(?:clos(?:es?|ing)|end(?:s|ing)?|expires?|finish(?:es)?)"
    r"(?:\s+(?:at|on))?"
)
# The date comes a few words later.
DEADLINE = r"deadline|closing\s+date|last\s+da(?:y|te)"
# From it, or on it: something begins, or takes place.
BEGINS = (
    r"from|between|as\s+of|(?:start(?:s|ing)?|begin(?:s|ning)?|(?:re)?open(?:s|ing)?"
    r"|resumes?|launch(?:es)?)(?:\s+(?:again|at|on|from))*"
)
TRIGGER = re.compile(
    rf"(?<![\w-])(?:(?P<deadline>{DEADLINE})|(?P<ends>{ENDS})|(?P<before>before)"
    rf"|(?P<begins>{BEGINS})|(?P<on>on))(?:\s*:)?\s+",
    re.IGNORECASE,
)

FUTURE = re.compile(
    r"\b(?:will|join\s+us|come\s+(?:along|to)|takes?\s+place|taking\s+place"
    r"|to\s+be\s+held|being\s+held|(?:is|are)\s+(?:on|held)|book|register|next)\b",
    re.IGNORECASE,
)
CALL_TO_ACTION = re.compile(
    r"\b(?:apply|book|register|send|return|reply|submit|complete|pay|tell\s+us"
    r"|respond|contact|vote|sign\s+up)\b",
    re.IGNORECASE,
)
PAST = re.compile(
    r"\b(?:was|were|had|did|used\s+to|founded|formed|adopted|agreed|approved|elected"
    r"|appointed|served|built|ran|held|took|opened|raised|received|won)\b",
    re.IGNORECASE,
)
# Despite a word in the past tense, the sentence is about the future.
STILL = re.compile(
    r"\b(?:will|apply|must|please|can|deadline|closing\s+date|extended|postponed"
    r"|is|are)\b",
    re.IGNORECASE,
)
# "born on", "approved by", but not "will be approved by".
DONE_BEFORE = re.compile(
    r"(?<!be )(?<!is )(?<!are )(?<!being )\b(?:adopted|agreed|approved|born|built"
    r"|created|dated|died|elected|ended|established|expired|formed|founded|held|issued"
    r"|launched|made|opened|published|reviewed|signed|started|updated)\s+$",
    re.IGNORECASE,
)
EVERY_YEAR = re.compile(
    r"\b(?:every|each|annual(?:ly)?|yearly|(?:tax|financial|academic|school)\s+year"
    r"|a\s+year|per\s+year)\b",
    re.IGNORECASE,
)

WORD = re.compile(r"(?<![^\s.;:,])[^\s.;:,]+[\s,:]+")
WORDS_TO_DEADLINE = 8
# A day without a year this soon before publication is in the past, not next year.
LOOK_BACK = timedelta(days=30)
HISTORY = timedelta(days=366)
# No one writes longer sentences; the rest is ignored.
MAX_SENTENCE_LENGTH = 1_000


def split_sentences(text: str) -> list[str]:
    parts = re.split(r"(?<=[.!?])\s+(?=[\"'“‘(]?[A-Z0-9])|\n+", text)
    return [clean for part in parts if (clean := " ".join(part.split()))]


def find_dated_statements(text: str, published_on: date) -> Iterator[tuple[str, date]]:
    """Yield sentences, and the last day on which each may be accurate.

    A date without a year is the next one after publication.
    """
    for sentence in split_sentences(text):
        if days := list(_days_in(sentence, published_on)):
            yield sentence[:EXCERPT_LENGTH], min(days)


def _days_in(sentence: str, published_on: date) -> Iterator[date]:
    sentence = sentence[:MAX_SENTENCE_LENGTH]
    if PAST.search(sentence) and not STILL.search(sentence):
        return
    position = 0
    while trigger := TRIGGER.search(sentence, position):
        position = trigger.end()
        found = _last_date_after(trigger, sentence)
        if found is None or DONE_BEFORE.search(sentence[: trigger.start()]):
            continue
        position = found.end()
        if _is_claim(trigger, found, sentence):
            day = _day_of(found, published_on)
            is_open_ended = bool(trigger["begins"] or trigger["on"])
            if day and not (is_open_ended and published_on - day > HISTORY):
                yield day


def _last_date_after(trigger: re.Match, sentence: str) -> re.Match | None:
    """Return the date after a trigger: the last date, if it is a range."""
    position = trigger.end()
    for _ in range(WORDS_TO_DEADLINE if trigger["deadline"] else 1):
        first = _date_at(sentence, position)
        if first:
            join = JOIN.match(sentence, first.end())
            return (join and _date_at(sentence, join.end())) or first
        word = WORD.match(sentence, position)
        position = word.end() if word else position
    return None


def _date_at(sentence: str, position: int) -> re.Match | None:
    time = TIME.match(sentence, position).end()
    first_day = FIRST_DAY.match(sentence, time)
    starts = (first_day.end() if first_day else position, position, time)
    matches = (pattern.match(sentence, start) for start in starts for pattern in DATES)
    return next(filter(None, matches), None)


def _is_claim(trigger: re.Match, match: re.Match, sentence: str) -> bool:
    named = match.groupdict()
    is_dated = bool(named["year"] or named.get("weekday"))
    if trigger["before"] and not CALL_TO_ACTION.search(sentence):
        return False
    if trigger["on"] and not FUTURE.search(sentence):
        return False
    if not is_dated and EVERY_YEAR.search(sentence):
        return False
    if "day" in named or named["year"]:
        return True
    # A month alone: "may" is a word too, and "from March" is said every year.
    word = trigger.group().split()[0].lower()
    is_end = named["end"] or word in {"until", "till"}
    return bool(is_end) and named["month"][0].isupper()


def _day_of(match: re.Match, published_on: date) -> date | None:
    named = match.groupdict()
    name = named["month"].lower()
    month = int(name) if name.isdigit() else MONTHS.index(name[:3]) + 1
    day = int(named["day"]) if "day" in named else None
    if year := int(named["year"] or 0):
        return _on(year + 2000 if year < 100 else year, month, day)
    years = (published_on.year - 1, published_on.year, published_on.year + 1)
    dates = (_on(year, month, day) for year in years)
    candidates = [each for each in dates if each and each >= published_on - LOOK_BACK]
    if weekday := named.get("weekday"):
        wanted = WEEKDAYS.index(weekday[:2].lower())
        same = [each for each in candidates if each.weekday() == wanted]
        candidates = same or candidates
    return min(candidates, default=None)


def _on(year: int, month: int, day: int | None) -> date | None:
    """Return a date if it exists; without a day, the last of the month."""
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        return None
