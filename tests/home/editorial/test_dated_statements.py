"""Dates in the text that stop being true (P7): sentences and their answers."""

from datetime import date

from home.editorial.dated_statements import find_dated_statements

# A Monday.
PUBLISHED_ON = date(2026, 2, 2)

CLAIMS = {
    "The pool is closed until 31 March.": "2026-03-31",
    "The pool is closed until 31st March 2027.": "2027-03-31",
    "The pool is closed until the 31st of March.": "2026-03-31",
    "The pool is closed until March 31, 2026.": "2026-03-31",
    "Closed till Tues 31 Mar.": "2026-03-31",
    "Apply by 5 January 2026.": "2026-01-05",
    "Please send your form by 5pm on Friday 6 February.": "2026-02-06",
    "Send it by 17:00, 6 February 2026.": "2026-02-06",
    "From Monday 6 April the office is at Church Road.": "2026-04-06",
    "From Monday 3 April 2026 buses stop here.": "2026-04-03",
    "The consultation closes on 01.02.26.": "2026-02-01",
    "Closing date: 15 February 2026": "2026-02-15",
    "Deadline: Friday 13 February": "2026-02-13",
    "The deadline for applications is 12 May 2026.": "2026-05-12",
    "The deadline was extended until 30 April 2026.": "2026-04-30",
    "Open from 3 April to 9 May.": "2026-05-09",
    "Open from 3 to 9 May 2026.": "2026-05-09",
    "Open 10am to 4pm from Monday 6 April to Friday 10 April 2026.": "2026-04-10",
    "The fair is open between 3 and 9 May.": "2026-05-09",
    "The road is shut from 9am on 3 April until 5pm on 4 April.": "2026-04-04",
    "Join us on Saturday 4 July.": "2026-07-04",
    "The fair takes place on 12 and 13 May 2026.": "2026-05-13",
    "Our annual fair will be on Saturday 4 July.": "2026-07-04",
    "We will be closed on 25 December.": "2026-12-25",
    "The plan will be published on 3 May 2026.": "2026-05-03",
    "Book before 1 June 2026 to get a place.": "2026-06-01",
    "Comments must reach us no later than 9 March 2026.": "2026-03-09",
    "Work is to end on 30 June 2026.": "2026-06-30",
    "Your pass expires on 2026-06-30.": "2026-06-30",
    "Lessons start on Monday 9 March.": "2026-03-09",
    "The new charges apply from April 2026.": "2026-04-30",
    "The bridge is closed until the end of March.": "2026-03-31",
    "The bridge is closed until March.": "2026-03-31",
    "We aim to finish by May 2026.": "2026-05-31",
    "Vote in person up to and including 7 May 2026.": "2026-05-07",
    "The scheme, which was set up in 2019, is open until 3 June.": "2026-06-03",
    "The office is closed until 5 January.": "2026-01-05",
    "Closed until 20 October.": "2026-10-20",
    "The deadline for groups of all sizes is noon on 3 June.": "2026-06-03",
    "The grant closed to new groups; apply by 1 March 2024.": "2024-03-01",
    "The pool is closed until\xa031\xa0March.": "2026-03-31",
    "Until Sunday 28 February 2027 parking is free.": "2027-02-28",
}
NO_CLAIMS = [
    "Open Monday to Friday, 9am to 5pm.",
    "We are open from 9am until 5pm.",
    "Call 01642 393939 or text 07700 900123.",
    "The trust was founded in 1974.",
    "Founded on 3 May 1974 by volunteers.",
    "In March 2020 the council adopted the plan.",
    "The cabinet adopted the policy on 3 May 2025.",
    "Last updated on 12 January 2026",
    "The report published on 3 May 2025 says that more people will need help.",
    "The library was closed until 3 May 2021.",
    "The consultation ran from 3 May to 6 June 2025.",
    "Applications were accepted until 31 March 2020.",
    "From 1 April 1996 the borough has run its own schools.",
    "If you were born before 1 April 1950 you can apply for a pass.",
    "People who moved here before 3 May 2020 have other rights.",
    "The pool is closed until further notice.",
    "Apply by post, by email or in person.",
    "Written by May Smith.",
    "You may come by bus.",
    "The season is from 1 April to 31 October each year.",
    "The financial year ends on 31 March.",
    "Garden waste is collected from March to November.",
    "Between 50 and 100 people come every week.",
    "From 3 to 9 people can share a table.",
    "Read section 5.2.1 by the author.",
    "Ends at junction 12 of the A66.",
    "Closes on 31/02/2026.",
    "See planning application 12/05/2020/FUL.",
    "Turn left on 12 March Street.",
    "Census day was on 21 March 2021.",
    "",
]


def last_days(text, published_on=PUBLISHED_ON):
    return [str(day) for _, day in find_dated_statements(text, published_on)]


def test_sentence_holds_until_its_day():
    for sentence, last_on in CLAIMS.items():
        found = list(find_dated_statements(sentence, PUBLISHED_ON))
        assert found == [(" ".join(sentence.split()), date.fromisoformat(last_on))]


def test_sentence_makes_no_claim():
    assert [each for each in NO_CLAIMS if last_days(each)] == []


def test_each_sentence_has_its_first_day():
    text = "Apply by 3 March. We answer by 9 April.\nOpen until 4 May\n\nThank you."
    assert last_days(text) == ["2026-03-03", "2026-04-09", "2026-05-04"]
    text = "Apply by 9 April 2026 or, for the small grant, by 3 March 2026."
    assert last_days(text) == ["2026-03-03"]


def test_day_without_a_year_is_read_from_the_day_of_publication():
    text = "Closed until 31 March."
    assert last_days(text, date(2025, 11, 20)) == ["2026-03-31"]
    # Published again shortly after: it has been left in, not written for next year.
    assert last_days(text, date(2026, 4, 20)) == ["2026-03-31"]
    assert last_days(text, date(2026, 11, 20)) == ["2027-03-31"]
    # 29 February is in no year near; 6 April is a Monday in 2026 only.
    assert last_days("Closed until 29 February.") == []
    assert last_days("Closed until Tuesday 6 April.") == ["2027-04-06"]


def test_endless_text_is_not_read_to_its_end():
    text = "deadline " * 5_000 + "until 3 " * 5_000 + "3 May to " * 5_000
    assert last_days(text) == []
