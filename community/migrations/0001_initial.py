"""Sections, partnerships, policies, alerts and their history, and email updates.

Triggers refuse changes to the history of alerts. A later migration that alters its
table makes SQLite build the table again without them: it has to create them again at
its end. A test notices if it does not.
"""

import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import home.content.dates
import home.content.fields
import home.page_tree.lock
import modelcluster.fields
import modelsearch.index
import wagtail.fields
import wagtail.models.preview
from django.conf import settings
from django.db import migrations, models


TABLE = "community_alerthistoryentry"
MESSAGE = "Entries of the alert history cannot be changed."

# `INSERT OR REPLACE` of SQLite deletes rows without asking the triggers for deletion.
SQLITE = [
    f"""CREATE TRIGGER {TABLE}_{name} BEFORE {event} ON {TABLE} {condition}
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
    for name, event, condition in [
        ("no_update", "UPDATE", ""),
        ("no_delete", "DELETE", ""),
        (
            "no_replace",
            "INSERT",
            f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)",  # noqa: S608
        ),
    ]
]
SQLITE_UNDO = [
    f"DROP TRIGGER {TABLE}_{name}" for name in ("no_update", "no_delete", "no_replace")
]
POSTGRESQL = [
    f"""CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{MESSAGE}'
            USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
    f"""CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()""",
    f"""CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()""",
]
POSTGRESQL_UNDO = [
    f"DROP TRIGGER {TABLE}_no_change ON {TABLE}",
    f"DROP TRIGGER {TABLE}_no_truncate ON {TABLE}",
    f"DROP FUNCTION {TABLE}_refuse()",
]


def guard(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def lift_guard(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE_UNDO if is_sqlite else POSTGRESQL_UNDO:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('wagtailcore', '0098_apitoken'),
        ('wagtaildocs', '0014_alter_document_file_size'),
        ('wagtailimages', '0027_image_description'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AlertHistoryEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('alert_id', models.PositiveBigIntegerField(db_index=True)),
                ('recorded_at', models.DateTimeField(db_index=True)),
                ('event', models.CharField(choices=[('published', 'Published'), ('changed', 'Changed'), ('ended', 'Ended'), ('taken-down', 'Taken down'), ('deleted', 'Deleted'), ('page-moved', 'A page was moved or renamed'), ('page-published', 'A page was published'), ('page-taken-down', 'A page was taken down'), ('page-deleted', 'A page was deleted')], max_length=20)),
                ('user_id', models.CharField(blank=True, max_length=64)),
                ('user_name', models.TextField(blank=True)),
                ('is_live', models.BooleanField()),
                ('severity', models.PositiveSmallIntegerField(choices=[(10, 'Information'), (20, 'Disruption'), (30, 'Notable death'), (40, 'Emergency')])),
                ('heading', models.TextField()),
                ('text', models.TextField(blank=True)),
                ('link_href', models.TextField(blank=True)),
                ('link_text', models.TextField(blank=True)),
                ('scope', models.CharField(choices=[('site', 'On every page of the site'), ('pages', 'On the pages chosen below')], max_length=10)),
                ('places', models.JSONField(blank=True, default=list)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('is_dismissible', models.BooleanField()),
                ('dismissal_version', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'alert history entry',
                'verbose_name_plural': 'alert history entries',
                'ordering': ['-pk'],
                'default_permissions': (),
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Subscriber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('email_key', models.EmailField(max_length=254, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('suppressed_at', models.DateTimeField(blank=True, null=True)),
                ('token_version', models.PositiveIntegerField(default=0)),
                ('bounce_count', models.PositiveSmallIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='AlertSnippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('live', models.BooleanField(default=True, editable=False, verbose_name='live')),
                ('has_unpublished_changes', models.BooleanField(default=False, editable=False, verbose_name='has unpublished changes')),
                ('first_published_at', models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='first published at')),
                ('last_published_at', models.DateTimeField(editable=False, null=True, verbose_name='last published at')),
                ('go_live_at', models.DateTimeField(blank=True, null=True, verbose_name='go live date/time')),
                ('expire_at', models.DateTimeField(blank=True, null=True, verbose_name='expiry date/time')),
                ('expired', models.BooleanField(default=False, editable=False, verbose_name='expired')),
                ('locked', models.BooleanField(default=False, editable=False, verbose_name='locked')),
                ('locked_at', models.DateTimeField(editable=False, null=True, verbose_name='locked at')),
                ('severity', models.PositiveSmallIntegerField(choices=[(10, 'Information'), (20, 'Disruption'), (30, 'Notable death'), (40, 'Emergency')], default=20, help_text="More severe alerts are shown first. Use Emergency only for danger to life. Readers see a notable death as an 'Announcement'.")),
                ('heading', models.CharField(help_text="What has happened, in a few words: 'No bin collections in Yarm today'.", max_length=100)),
                ('text', wagtail.fields.RichTextField(blank=True, help_text='What people should do, in one or two short sentences, up to 400 characters.', max_length=400)),
                ('link_text', models.CharField(blank=True, help_text="The text of the link to more details, such as 'Which roads are closed'.", max_length=80)),
                ('link_url', models.URLField(blank=True, help_text='Use this if the details are on another website.', validators=[django.core.validators.URLValidator(message='Enter a web address that starts with https:// or http://', schemes=['http', 'https'])], verbose_name='web address')),
                ('scope', models.CharField(choices=[('site', 'On every page of the site'), ('pages', 'On the pages chosen below')], default='site', max_length=10, verbose_name='where it appears')),
                ('starts_at', models.DateTimeField(blank=True, default=django.utils.timezone.now, help_text='Once published, the alert is shown from this time.', null=True, verbose_name='starts')),
                ('ends_at', models.DateTimeField(blank=True, help_text='The alert will come down automatically at this time. You can change it whenever you need to.', null=True, verbose_name='expected end')),
                ('is_dismissible', models.BooleanField(default=True, help_text='Someone who dismisses the alert does not see it again. Emergency alerts cannot be dismissed.', verbose_name='people can dismiss it')),
                ('show_again', models.BooleanField(default=False, help_text='Select this if the news has changed, but not to correct a spelling mistake.', verbose_name='show again to people who dismissed it')),
                ('dismissal_version', models.PositiveIntegerField(default=1, editable=False)),
                ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ('link_page', models.ForeignKey(blank=True, help_text='The page on this website that has more details.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                ('locked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='locked_%(class)ss', to=settings.AUTH_USER_MODEL, verbose_name='locked by')),
            ],
            options={
                'verbose_name': 'alert',
            },
            bases=(home.content.dates.ExactTimesMixin, wagtail.models.preview.PreviewableMixin, modelsearch.index.Indexed, models.Model),
        ),
        migrations.CreateModel(
            name='CommunityIndexPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('summary', models.CharField(blank=True, help_text="One or two plain sentences that say what the page is for. Shown at the top of the page, on cards and in search results.", max_length=200)),
                ('search_words', models.CharField(blank=True, help_text="Words that people search for but that are not on the page, such as 'skint' or 'handouts'. Separate them with commas. They are not shown on the page.", max_length=500, verbose_name="search keywords")),
                ('review_on', models.DateField(blank=True, help_text="When someone should check that this page is still accurate.", null=True, verbose_name='next review')),
                ('owner_name', models.CharField(blank=True, help_text="The person or team responsible for this page. They do not need an account.", max_length=100, verbose_name='content owner')),
                ('owner_email', models.EmailField(blank=True, help_text="Used for review reminders. Not shown on the website.", max_length=254, verbose_name="content owner's email address")),
                ('change_note', models.CharField(blank=True, help_text="Shown in the page history with the date you publish, for example 'Added the new opening hours'.", max_length=300, verbose_name='what changed for readers?')),
                ('minor_edit', models.BooleanField(default=False, help_text="Select this for small corrections, such as a spelling mistake or broken link. Nothing is added to the page history.", verbose_name='minor edit')),
                ('strapline', models.CharField(blank=True, help_text="A short line under the heading, such as 'Big plans for helping our communities prosper'.", max_length=150)),
                ('introduction', wagtail.fields.RichTextField(blank=True, help_text='A few paragraphs about this section.')),
                ('body', wagtail.fields.StreamField([('text', 0), ('heading', 3), ('image', 4), ('call_to_action', 8), ('contact', 14), ('documents', 18), ('table', 21), ('details', 23), ('notice', 26), ('quotation', 29)], blank=True, block_lookup={0: ('home.blocks.TextBlock', (), {}), 1: ('wagtail.blocks.CharBlock', (), {'help_text': 'A few words that describe what follows.', 'max_length': 120}), 2: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('h2', 'Section heading'), ('h3', 'Heading inside a section')], 'help_text': 'Use a heading inside a section only under a section heading.'}), 3: ('wagtail.blocks.StructBlock', [[('text', 1), ('level', 2)]], {}), 4: ('wagtail.images.blocks.ImageBlock', [], {}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': "Text that makes sense on its own, not 'click here'.", 'max_length': 80}), 6: ('wagtail.blocks.PageChooserBlock', (), {'help_text': 'A page on this website.', 'required': False}), 7: ('home.content.link_blocks.WebAddressBlock', (), {'help_text': 'A page on another website.', 'label': 'Web address', 'required': False}), 8: ('wagtail.blocks.StructBlock', [[('text', 5), ('page', 6), ('url', 7)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'help_text': 'A person, team or place.', 'max_length': 100}), 10: ('home.content.link_blocks.PhoneBlock', (), {'required': False}), 11: ('home.content.link_blocks.EmailAddressBlock', (), {'label': 'Email address', 'required': False}), 12: ('wagtail.blocks.TextBlock', (), {'required': False, 'rows': 3}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Monday to Friday, 9am to 5pm'.", 'label': 'Opening hours', 'max_length': 120, 'required': False}), 14: ('wagtail.blocks.StructBlock', [[('name', 9), ('phone', 10), ('email', 11), ('address', 12), ('hours', 13)]], {}), 15: ('wagtail.blocks.CharBlock', (), {'default': 'Documents', 'max_length': 80}), 16: ('wagtail.documents.blocks.DocumentChooserBlock', (), {}), 17: ('wagtail.blocks.ListBlock', (16,), {'help_text': 'Put the most important information on the page too: PDFs are hard to read on a phone.'}), 18: ('wagtail.blocks.StructBlock', [[('heading', 15), ('documents', 17)]], {}), 19: ('wagtail.blocks.CharBlock', (), {'required': False}), 20: ('wagtail.blocks.DecimalBlock', (), {'required': False}), 21: ('wagtail.contrib.typed_table_block.blocks.TypedTableBlock', [[('text', 19), ('number', 20), ('link', 8)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'help_text': 'The text that people select to read more.', 'max_length': 120}), 23: ('wagtail.blocks.StructBlock', [[('summary', 22), ('text', 0)]], {}), 24: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('information', 'Information'), ('warning', 'Warning')]}), 25: ('home.blocks.TextBlock', (), {'features': ['bold', 'link', 'document-link']}), 26: ('wagtail.blocks.StructBlock', [[('kind', 24), ('text', 25)]], {}), 27: ('wagtail.blocks.TextBlock', (), {'rows': 3}), 28: ('wagtail.blocks.CharBlock', (), {'help_text': 'Who said it, as they want to be named.', 'max_length': 120, 'required': False}), 29: ('wagtail.blocks.StructBlock', [[('text', 27), ('attribution', 28)]], {})}, help_text='More content, shown below the list of pages.')),
                ('picture', models.ForeignKey(blank=True, help_text="Shown at the top of the page, on cards and when people share the page. Use an image at least 1,440 pixels wide. Set its alt text and focal point when you edit the image.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='image')),
            ],
            options={
                'verbose_name': 'section',
            },
            bases=(home.content.dates.ExactTimesMixin, home.page_tree.lock.TreeLockMixin, 'wagtailcore.page'),
        ),
        migrations.CreateModel(
            name='UpdateEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('published', 'Published for the first time'), ('changed', 'Changed'), ('withdrawn', 'Withdrawn')], max_length=10)),
                ('title', models.CharField(max_length=255)),
                ('path', models.CharField(max_length=1000)),
                ('text', models.TextField(blank=True)),
                ('revision_id', models.PositiveBigIntegerField(null=True, unique=True)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PartnershipPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('summary', models.CharField(blank=True, help_text="One or two plain sentences that say what the page is for. Shown at the top of the page, on cards and in search results.", max_length=200)),
                ('search_words', models.CharField(blank=True, help_text="Words that people search for but that are not on the page, such as 'skint' or 'handouts'. Separate them with commas. They are not shown on the page.", max_length=500, verbose_name="search keywords")),
                ('review_on', models.DateField(blank=True, help_text="When someone should check that this page is still accurate.", null=True, verbose_name='next review')),
                ('owner_name', models.CharField(blank=True, help_text="The person or team responsible for this page. They do not need an account.", max_length=100, verbose_name='content owner')),
                ('owner_email', models.EmailField(blank=True, help_text="Used for review reminders. Not shown on the website.", max_length=254, verbose_name="content owner's email address")),
                ('change_note', models.CharField(blank=True, help_text="Shown in the page history with the date you publish, for example 'Added the new opening hours'.", max_length=300, verbose_name='what changed for readers?')),
                ('minor_edit', models.BooleanField(default=False, help_text="Select this for small corrections, such as a spelling mistake or broken link. Nothing is added to the page history.", verbose_name='minor edit')),
                ('body', wagtail.fields.StreamField([('text', 0), ('heading', 3), ('image', 4), ('call_to_action', 8), ('contact', 14), ('documents', 18), ('table', 21), ('details', 23), ('notice', 26), ('quotation', 29)], blank=True, block_lookup={0: ('home.blocks.TextBlock', (), {}), 1: ('wagtail.blocks.CharBlock', (), {'help_text': 'A few words that describe what follows.', 'max_length': 120}), 2: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('h2', 'Section heading'), ('h3', 'Heading inside a section')], 'help_text': 'Use a heading inside a section only under a section heading.'}), 3: ('wagtail.blocks.StructBlock', [[('text', 1), ('level', 2)]], {}), 4: ('wagtail.images.blocks.ImageBlock', [], {}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': "Text that makes sense on its own, not 'click here'.", 'max_length': 80}), 6: ('wagtail.blocks.PageChooserBlock', (), {'help_text': 'A page on this website.', 'required': False}), 7: ('home.content.link_blocks.WebAddressBlock', (), {'help_text': 'A page on another website.', 'label': 'Web address', 'required': False}), 8: ('wagtail.blocks.StructBlock', [[('text', 5), ('page', 6), ('url', 7)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'help_text': 'A person, team or place.', 'max_length': 100}), 10: ('home.content.link_blocks.PhoneBlock', (), {'required': False}), 11: ('home.content.link_blocks.EmailAddressBlock', (), {'label': 'Email address', 'required': False}), 12: ('wagtail.blocks.TextBlock', (), {'required': False, 'rows': 3}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Monday to Friday, 9am to 5pm'.", 'label': 'Opening hours', 'max_length': 120, 'required': False}), 14: ('wagtail.blocks.StructBlock', [[('name', 9), ('phone', 10), ('email', 11), ('address', 12), ('hours', 13)]], {}), 15: ('wagtail.blocks.CharBlock', (), {'default': 'Documents', 'max_length': 80}), 16: ('wagtail.documents.blocks.DocumentChooserBlock', (), {}), 17: ('wagtail.blocks.ListBlock', (16,), {'help_text': 'Put the most important information on the page too: PDFs are hard to read on a phone.'}), 18: ('wagtail.blocks.StructBlock', [[('heading', 15), ('documents', 17)]], {}), 19: ('wagtail.blocks.CharBlock', (), {'required': False}), 20: ('wagtail.blocks.DecimalBlock', (), {'required': False}), 21: ('wagtail.contrib.typed_table_block.blocks.TypedTableBlock', [[('text', 19), ('number', 20), ('link', 8)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'help_text': 'The text that people select to read more.', 'max_length': 120}), 23: ('wagtail.blocks.StructBlock', [[('summary', 22), ('text', 0)]], {}), 24: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('information', 'Information'), ('warning', 'Warning')]}), 25: ('home.blocks.TextBlock', (), {'features': ['bold', 'link', 'document-link']}), 26: ('wagtail.blocks.StructBlock', [[('kind', 24), ('text', 25)]], {}), 27: ('wagtail.blocks.TextBlock', (), {'rows': 3}), 28: ('wagtail.blocks.CharBlock', (), {'help_text': 'Who said it, as they want to be named.', 'max_length': 120, 'required': False}), 29: ('wagtail.blocks.StructBlock', [[('text', 27), ('attribution', 28)]], {})})),
                ('get_involved', wagtail.fields.RichTextField(blank=True, help_text='How residents and groups can take part.', verbose_name='how to get involved')),
                ('website', models.URLField(blank=True, help_text="The partnership's own website, if it has one.", validators=[django.core.validators.URLValidator(message='Enter a web address that starts with https:// or http://', schemes=['http', 'https'])])),
                ('lead_officer', models.CharField(blank=True, help_text='The council officer who leads this partnership.', max_length=100)),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name='email')),
                ('contact_phone', models.CharField(blank=True, max_length=50, validators=[home.content.fields.validate_phone_number], verbose_name='phone')),
                ('picture', models.ForeignKey(blank=True, help_text="Shown at the top of the page, on cards and when people share the page. Use an image at least 1,440 pixels wide. Set its alt text and focal point when you edit the image.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='image')),
            ],
            options={
                'verbose_name': 'partnership page',
            },
            bases=(home.content.dates.ExactTimesMixin, home.page_tree.lock.TreeLockMixin, 'wagtailcore.page'),
        ),
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('name', models.CharField(max_length=120)),
                ('website', models.URLField(blank=True, validators=[django.core.validators.URLValidator(message='Enter a web address that starts with https:// or http://', schemes=['http', 'https'])])),
                ('logo', models.ForeignKey(blank=True, help_text='Shown next to the name, so the logo does not need alt text.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image')),
                ('page', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='partners', to='community.partnershippage')),
            ],
            options={
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PolicyUpdatePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('summary', models.CharField(blank=True, help_text="One or two plain sentences that say what the page is for. Shown at the top of the page, on cards and in search results.", max_length=200)),
                ('search_words', models.CharField(blank=True, help_text="Words that people search for but that are not on the page, such as 'skint' or 'handouts'. Separate them with commas. They are not shown on the page.", max_length=500, verbose_name="search keywords")),
                ('review_on', models.DateField(blank=True, help_text="When someone should check that this page is still accurate.", null=True, verbose_name='next review')),
                ('owner_name', models.CharField(blank=True, help_text="The person or team responsible for this page. They do not need an account.", max_length=100, verbose_name='content owner')),
                ('owner_email', models.EmailField(blank=True, help_text="Used for review reminders. Not shown on the website.", max_length=254, verbose_name="content owner's email address")),
                ('change_note', models.CharField(blank=True, help_text="Shown in the page history with the date you publish, for example 'Added the new opening hours'.", max_length=300, verbose_name='what changed for readers?')),
                ('minor_edit', models.BooleanField(default=False, help_text="Select this for small corrections, such as a spelling mistake or broken link. Nothing is added to the page history.", verbose_name='minor edit')),
                ('consultation_opens_at', models.DateTimeField(blank=True, help_text='People can respond from this time.', null=True, verbose_name='consultation opens')),
                ('consultation_closes_at', models.DateTimeField(blank=True, null=True, verbose_name='consultation closes')),
                ('consultation_purpose', models.TextField(blank=True, db_default='', default='', help_text="What you want people's views on, and how you will use them. Shown with how to respond.", max_length=1000, verbose_name='what it is about')),
                ('respond_url', models.URLField(blank=True, db_default='', default='', help_text='The web address of the survey or form.', verbose_name='respond online')),
                ('respond_email', models.EmailField(blank=True, db_default='', default='', max_length=254, verbose_name='respond by email')),
                ('respond_address', models.TextField(blank=True, db_default='', default='', help_text='Ways to respond by post, by phone or in person. Put each on its own line.', max_length=500, verbose_name='other ways to respond')),
                ('outcome_published_on', models.DateField(blank=True, help_text='The date this page shows the outcome of the consultation.', null=True, verbose_name='outcome published')),
                ('we_asked', wagtail.fields.RichTextField(blank=True, db_default='', default='', help_text='What the consultation was about, in a few sentences.')),
                ('you_said', wagtail.fields.RichTextField(blank=True, db_default='', default='', help_text='How many people responded, and what they said.')),
                ('we_did', wagtail.fields.RichTextField(blank=True, db_default='', default='', help_text='What was decided, and why if it is not what people asked for.')),
                ('kind', models.CharField(choices=[('policy', 'Policy'), ('plan', 'Plan'), ('strategy', 'Strategy'), ('framework', 'Framework'), ('consultation', 'Consultation')], default='policy', max_length=20)),
                ('body', wagtail.fields.StreamField([('text', 0), ('heading', 3), ('image', 4), ('call_to_action', 8), ('contact', 14), ('documents', 18), ('table', 21), ('details', 23), ('notice', 26), ('quotation', 29)], blank=True, block_lookup={0: ('home.blocks.TextBlock', (), {}), 1: ('wagtail.blocks.CharBlock', (), {'help_text': 'A few words that describe what follows.', 'max_length': 120}), 2: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('h2', 'Section heading'), ('h3', 'Heading inside a section')], 'help_text': 'Use a heading inside a section only under a section heading.'}), 3: ('wagtail.blocks.StructBlock', [[('text', 1), ('level', 2)]], {}), 4: ('wagtail.images.blocks.ImageBlock', [], {}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': "Text that makes sense on its own, not 'click here'.", 'max_length': 80}), 6: ('wagtail.blocks.PageChooserBlock', (), {'help_text': 'A page on this website.', 'required': False}), 7: ('home.content.link_blocks.WebAddressBlock', (), {'help_text': 'A page on another website.', 'label': 'Web address', 'required': False}), 8: ('wagtail.blocks.StructBlock', [[('text', 5), ('page', 6), ('url', 7)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'help_text': 'A person, team or place.', 'max_length': 100}), 10: ('home.content.link_blocks.PhoneBlock', (), {'required': False}), 11: ('home.content.link_blocks.EmailAddressBlock', (), {'label': 'Email address', 'required': False}), 12: ('wagtail.blocks.TextBlock', (), {'required': False, 'rows': 3}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Monday to Friday, 9am to 5pm'.", 'label': 'Opening hours', 'max_length': 120, 'required': False}), 14: ('wagtail.blocks.StructBlock', [[('name', 9), ('phone', 10), ('email', 11), ('address', 12), ('hours', 13)]], {}), 15: ('wagtail.blocks.CharBlock', (), {'default': 'Documents', 'max_length': 80}), 16: ('wagtail.documents.blocks.DocumentChooserBlock', (), {}), 17: ('wagtail.blocks.ListBlock', (16,), {'help_text': 'Put the most important information on the page too: PDFs are hard to read on a phone.'}), 18: ('wagtail.blocks.StructBlock', [[('heading', 15), ('documents', 17)]], {}), 19: ('wagtail.blocks.CharBlock', (), {'required': False}), 20: ('wagtail.blocks.DecimalBlock', (), {'required': False}), 21: ('wagtail.contrib.typed_table_block.blocks.TypedTableBlock', [[('text', 19), ('number', 20), ('link', 8)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'help_text': 'The text that people select to read more.', 'max_length': 120}), 23: ('wagtail.blocks.StructBlock', [[('summary', 22), ('text', 0)]], {}), 24: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('information', 'Information'), ('warning', 'Warning')]}), 25: ('home.blocks.TextBlock', (), {'features': ['bold', 'link', 'document-link']}), 26: ('wagtail.blocks.StructBlock', [[('kind', 24), ('text', 25)]], {}), 27: ('wagtail.blocks.TextBlock', (), {'rows': 3}), 28: ('wagtail.blocks.CharBlock', (), {'help_text': 'Who said it, as they want to be named.', 'max_length': 120, 'required': False}), 29: ('wagtail.blocks.StructBlock', [[('text', 27), ('attribution', 28)]], {})})),
                ('adopted_on', models.DateField(blank=True, null=True, verbose_name='adopted')),
                ('review_started_on', models.DateField(blank=True, help_text='The policy still applies while it is under review.', null=True, verbose_name='under review since')),
                ('replaced_on', models.DateField(blank=True, null=True, verbose_name='replaced')),
                ('withdrawn_on', models.DateField(blank=True, null=True, verbose_name='withdrawn')),
                ('withdrawn_reason', models.CharField(blank=True, help_text='Shown to readers at the top of the page.', max_length=300, verbose_name='why it was withdrawn')),
                ('picture', models.ForeignKey(blank=True, help_text="Shown at the top of the page, on cards and when people share the page. Use an image at least 1,440 pixels wide. Set its alt text and focal point when you edit the image.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='image')),
                ('replaced_by', models.ForeignKey(blank=True, help_text='The page that replaces this one.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replaces', to='community.policyupdatepage')),
            ],
            options={
                'verbose_name': 'policy update page',
            },
            bases=(home.content.dates.ExactTimesMixin, home.page_tree.lock.TreeLockMixin, 'wagtailcore.page', models.Model),
        ),
        migrations.CreateModel(
            name='PolicyDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('title', models.CharField(blank=True, help_text="The document title shown on the page. Leave empty to use the document's own title.", max_length=150)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtaildocs.document')),
                ('page', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='community.policyupdatepage')),
            ],
            options={
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('frequency', models.CharField(choices=[('at-once', 'As soon as something changes'), ('daily', 'Once a day, if something has changed'), ('weekly', 'Once a week, if something has changed')], default='at-once', max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='community.subscriber')),
            ],
        ),
        migrations.CreateModel(
            name='AlertScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('include_descendants', models.BooleanField(default=True, verbose_name='and every page below it')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alert_scopes', to=settings.WAGTAIL_PAGE_MODEL)),
                ('alert', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='scopes', to='community.alertsnippet')),
            ],
            options={
                'ordering': ['sort_order'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('alert', 'page'), name='community_alertscope_once')],
            },
        ),
        migrations.CreateModel(
            name='PublishedVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision_id', models.PositiveBigIntegerField(editable=False, null=True)),
                ('published_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('content', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('hidden_at', models.DateTimeField(null=True)),
                ('hidden_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='published_versions', to='community.policyupdatepage')),
            ],
            options={
                'ordering': ['-published_at', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('page',), name='community_publishedversion_one_now')],
            },
        ),
        migrations.CreateModel(
            name='RelatedPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('page', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='related_pages', to=settings.WAGTAIL_PAGE_MODEL)),
                ('related_page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='related_from', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['sort_order'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('page', 'related_page'), name='community_relatedpage_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(fields=('subscriber', 'page'), name='community_subscription_once'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(condition=models.Q(('page', None)), fields=('subscriber',), name='community_subscription_all_once'),
        ),
        migrations.RunPython(guard, lift_guard, elidable=False),
    ]
