"""Finding an enquiry by the reference that somebody has noted or been read out."""

import re

from search.enquiries.models import GROUP_LENGTH, Enquiry, RepeatedEnquiry

LONGEST = 40


def find_by_reference(typed: str) -> Enquiry | RepeatedEnquiry | None:
    """Return what was sent, however its reference is written, or None.

    In small letters or capitals, with its hyphens, with blanks, or without.
    """
    signs = re.sub(r"[^A-Z0-9]", "", typed[:LONGEST].upper())
    starts = range(0, len(signs), GROUP_LENGTH)
    groups = [signs[start : start + GROUP_LENGTH] for start in starts]
    # The first references had no groups.
    written = [signs, "-".join(groups)]
    return (
        Enquiry.objects.filter(reference__in=written).first()
        or RepeatedEnquiry.objects.filter(reference__in=written).first()
    )
