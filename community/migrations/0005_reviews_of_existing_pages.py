from django.db import migrations

from home.content.dates import days_after

# Here, as this app's pages are reviewed too and home may not know of them.
PAGE_TYPES = [
    ("home", "HomePage"),
    ("home", "StandardPage"),
    ("community", "CommunityIndexPage"),
    ("community", "PartnershipPage"),
    ("community", "PolicyUpdatePage"),
]
NOTICE_DAYS = ESCALATION_DAYS = 14


def write_reviews(apps, schema_editor):
    """Write the review of every page that was there before reviews had a table."""
    PageReview = apps.get_model("home", "PageReview")
    for app, name in PAGE_TYPES:
        pages = apps.get_model(app, name).objects.values_list(
            "pk", "review_on", "owner_name", "owner_email"
        )
        PageReview.objects.bulk_create(
            (PageReview(**review_values(*row)) for row in pages.iterator()),
            batch_size=1000,
        )


def review_values(page_id, review_on, owner_name, owner_email):
    first = review_on and days_after(review_on, -NOTICE_DAYS)
    escalation = review_on and days_after(review_on, ESCALATION_DAYS)
    return {
        "page_id": page_id,
        "review_on": review_on,
        "owner_name": owner_name,
        "owner_email": owner_email.lower(),
        "remind_owner_on": first if owner_email else None,
        "remind_team_on": escalation if owner_email else first,
    }



class Migration(migrations.Migration):

    dependencies = [
        ("community", "0004_alert_ledger"),
        ("home", "0008_page_reviews"),
    ]

    operations = [
        migrations.RunPython(write_reviews, migrations.RunPython.noop, elidable=True),
    ]
