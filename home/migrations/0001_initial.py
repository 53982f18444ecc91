"""What every page has, and the tables of site-wide services.

At 50,000 pages SQLite reads the whole page table for the navigation of every page
view (25.8 ms) without the index at the end (0.01 ms).
"""

import django.db.models.deletion
import django.utils.timezone
import home.content.dates
import home.content.fields
import home.editorial.models
import home.page_tree.lock
import modelcluster.fields
import wagtail.fields
from django.conf import settings
from django.db import migrations, models



class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('wagtailcore', '0098_apitoken'),
        ('wagtaildocs', '0014_alter_document_file_size'),
        ('wagtailimages', '0027_image_description'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContentCheckRun',
            fields=[
                ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('rules_version', models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='EditingWindow',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('revision_ids', models.JSONField(default=list)),
                ('is_sent', models.BooleanField(default=False)),
                ('saved_at', models.DateTimeField(auto_now=True, db_index=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('finished_at', models.DateTimeField()),
                ('succeeded_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name='PageReview',
            fields=[
                ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('review_on', models.DateField(db_index=True, null=True)),
                ('owner_name', models.CharField(blank=True, max_length=100)),
                ('owner_email', models.EmailField(blank=True, db_index=True, max_length=254)),
                ('remind_owner_on', models.DateField(db_index=True, null=True)),
                ('remind_team_on', models.DateField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ContentIssue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=20)),
                ('text', models.CharField(blank=True, max_length=200)),
                ('place', models.CharField(blank=True, max_length=100)),
                ('shown_from', models.DateField(null=True)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ContentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(default=0)),
                ('last_removal_version', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='home_contentversion_one_row')],
            },
        ),
        migrations.CreateModel(
            name='ExternalLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.TextField()),
                ('address_hash', models.CharField(max_length=64, unique=True)),
                ('host', models.CharField(max_length=255)),
                ('outcome', models.CharField(blank=True, choices=[('', 'Not checked yet'), ('found', 'Works'), ('not-found', 'Page not found on the other website'), ('site-error', 'Error on the other website'), ('no-such-site', 'No website at this address'), ('no-answer', 'The other website did not respond'), ('not-secure', 'The other website is not secure'), ('in-circles', 'Redirect loop'), ('unknown', 'Could not be checked')], default='', max_length=12)),
                ('checked_at', models.DateTimeField(db_index=True, null=True)),
                ('next_check_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('failing_since', models.DateTimeField(null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('is_broken', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_broken', True)), fields=['id'], name='home_externallink_broken')],
            },
        ),
        migrations.CreateModel(
            name='HomePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('summary', models.CharField(blank=True, help_text="One or two plain sentences that say what the page is for. Shown at the top of the page, on cards and in search results.", max_length=200)),
                ('search_words', models.CharField(blank=True, help_text="Words that people search for but that are not on the page, such as 'skint' or 'handouts'. Separate them with commas. They are not shown on the page.", max_length=500, verbose_name="search keywords")),
                ('review_on', models.DateField(blank=True, help_text="When someone should check that this page is still accurate.", null=True, verbose_name='next review')),
                ('owner_name', models.CharField(blank=True, help_text="The person or team responsible for this page. They do not need an account.", max_length=100, verbose_name='content owner')),
                ('owner_email', models.EmailField(blank=True, help_text="Used for review reminders. Not shown on the website.", max_length=254, verbose_name="content owner's email address")),
                ('change_note', models.CharField(blank=True, help_text="Shown in the page history with the date you publish, for example 'Added the new opening hours'.", max_length=300, verbose_name='what changed for readers?')),
                ('minor_edit', models.BooleanField(default=False, help_text="Select this for small corrections, such as a spelling mistake or broken link. Nothing is added to the page history.", verbose_name='minor edit')),
                ('introduction', wagtail.fields.RichTextField(blank=True, help_text='Two or three sentences of welcome, above the list of sections.')),
                ('body', wagtail.fields.StreamField([('text', 0), ('heading', 3), ('image', 4), ('call_to_action', 8), ('contact', 14), ('documents', 18), ('table', 21), ('details', 23), ('notice', 26), ('quotation', 29)], blank=True, block_lookup={0: ('home.blocks.TextBlock', (), {}), 1: ('wagtail.blocks.CharBlock', (), {'help_text': 'A few words that describe what follows.', 'max_length': 120}), 2: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('h2', 'Section heading'), ('h3', 'Heading inside a section')], 'help_text': 'Use a heading inside a section only under a section heading.'}), 3: ('wagtail.blocks.StructBlock', [[('text', 1), ('level', 2)]], {}), 4: ('wagtail.images.blocks.ImageBlock', [], {}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': "Text that makes sense on its own, not 'click here'.", 'max_length': 80}), 6: ('wagtail.blocks.PageChooserBlock', (), {'help_text': 'A page on this website.', 'required': False}), 7: ('home.content.link_blocks.WebAddressBlock', (), {'help_text': 'A page on another website.', 'label': 'Web address', 'required': False}), 8: ('wagtail.blocks.StructBlock', [[('text', 5), ('page', 6), ('url', 7)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'help_text': 'A person, team or place.', 'max_length': 100}), 10: ('home.content.link_blocks.PhoneBlock', (), {'required': False}), 11: ('home.content.link_blocks.EmailAddressBlock', (), {'label': 'Email address', 'required': False}), 12: ('wagtail.blocks.TextBlock', (), {'required': False, 'rows': 3}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Monday to Friday, 9am to 5pm'.", 'label': 'Opening hours', 'max_length': 120, 'required': False}), 14: ('wagtail.blocks.StructBlock', [[('name', 9), ('phone', 10), ('email', 11), ('address', 12), ('hours', 13)]], {}), 15: ('wagtail.blocks.CharBlock', (), {'default': 'Documents', 'max_length': 80}), 16: ('wagtail.documents.blocks.DocumentChooserBlock', (), {}), 17: ('wagtail.blocks.ListBlock', (16,), {'help_text': 'Put the most important information on the page too: PDFs are hard to read on a phone.'}), 18: ('wagtail.blocks.StructBlock', [[('heading', 15), ('documents', 17)]], {}), 19: ('wagtail.blocks.CharBlock', (), {'required': False}), 20: ('wagtail.blocks.DecimalBlock', (), {'required': False}), 21: ('wagtail.contrib.typed_table_block.blocks.TypedTableBlock', [[('text', 19), ('number', 20), ('link', 8)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'help_text': 'The text that people select to read more.', 'max_length': 120}), 23: ('wagtail.blocks.StructBlock', [[('summary', 22), ('text', 0)]], {}), 24: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('information', 'Information'), ('warning', 'Warning')]}), 25: ('home.blocks.TextBlock', (), {'features': ['bold', 'link', 'document-link']}), 26: ('wagtail.blocks.StructBlock', [[('kind', 24), ('text', 25)]], {}), 27: ('wagtail.blocks.TextBlock', (), {'rows': 3}), 28: ('wagtail.blocks.CharBlock', (), {'help_text': 'Who said it, as they want to be named.', 'max_length': 120, 'required': False}), 29: ('wagtail.blocks.StructBlock', [[('text', 27), ('attribution', 28)]], {})})),
                ('picture', models.ForeignKey(blank=True, help_text="Shown at the top of the page, on cards and when people share the page. Use an image at least 1,440 pixels wide. Set its alt text and focal point when you edit the image.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='image')),
            ],
            options={
                'verbose_name': 'home page',
            },
            bases=(home.content.dates.ExactTimesMixin, home.page_tree.lock.TreeLockMixin, 'wagtailcore.page'),
        ),
        migrations.CreateModel(
            name='ImportedPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source_key', models.CharField(max_length=500, unique=True)),
                ('revision_id', models.PositiveBigIntegerField()),
                ('content_hash', models.CharField(max_length=64)),
                ('has_open_links', models.BooleanField(db_index=True, default=False)),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PopularPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('home_page', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='popular_pages', to='home.homepage')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PreviewLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(default=home.editorial.models.new_token, max_length=64, unique=True)),
                ('note', models.CharField(max_length=100, verbose_name='who is it for?')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='RateLimitHit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit', models.CharField(max_length=50)),
                ('key', models.CharField(max_length=64)),
                ('at', models.DateTimeField(db_index=True)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['key', 'at'], name='limited_use_key'), models.Index(fields=['limit', 'at'], name='limited_use_limit')],
            },
        ),
        migrations.CreateModel(
            name='MailOutage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('retry_at', models.DateTimeField()),
                ('problem', models.CharField(max_length=100)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='home_mailoutage_one_row')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30)),
                ('key', models.CharField(max_length=100)),
                ('recipient', models.CharField(max_length=254)),
                ('context', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Given up')], default='waiting', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ('waiting', 'sending'))), fields=['due_at', 'recipient'], name='home_notification_due')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'key', 'recipient'), name='home_notification_once')],
            },
        ),
        migrations.CreateModel(
            name='SiteSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('council_name', models.CharField(default='Stockton-on-Tees Borough Council', max_length=100)),
                ('strapline', models.CharField(default='Big plans for helping our communities prosper', help_text="Shown under the council's name on the home page.", max_length=150)),
                ('phone', models.CharField(blank=True, help_text="Main phone number, shown in the footer.", max_length=50, validators=[home.content.fields.validate_phone_number])),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('address', models.TextField(blank=True)),
                ('footer_note', models.CharField(blank=True, help_text="A sentence at the end of the footer.", max_length=200)),
                ('team_email', models.EmailField(blank=True, help_text="Receives reminders about overdue page reviews and pages without a content owner, and replies from content owners. Not shown on the website. If empty, reminders go to everyone who can publish the home page.", max_length=254, verbose_name="communications team's email address")),
                ('social_links', wagtail.fields.StreamField([('link', 2)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Facebook'.", 'max_length': 40}), 1: ('home.content.link_blocks.WebAddressBlock', (), {'label': 'Web address'}), 2: ('wagtail.blocks.StructBlock', [[('label', 0), ('url', 1)]], {})}, verbose_name='social networks')),
                ('emergency_numbers', wagtail.fields.StreamField([('number', 2)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'help_text': 'What the number is for.', 'max_length': 80}), 1: ('home.content.link_blocks.PhoneBlock', (), {}), 2: ('wagtail.blocks.StructBlock', [[('label', 0), ('number', 1)]], {})}, help_text="Shown when the website is unavailable, so that people can still get help in an emergency.")),
                ('site', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.CASCADE, to='wagtailcore.site')),
            ],
            options={
                'verbose_name': 'site settings',
            },
        ),
        migrations.CreateModel(
            name='StandardPage',
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
                ('picture', models.ForeignKey(blank=True, help_text="Shown at the top of the page, on cards and when people share the page. Use an image at least 1,440 pixels wide. Set its alt text and focal point when you edit the image.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='image')),
            ],
            options={
                'verbose_name': 'standard page',
            },
            bases=(home.content.dates.ExactTimesMixin, home.page_tree.lock.TreeLockMixin, 'wagtailcore.page'),
        ),
        migrations.CreateModel(
            name='ChangeNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note', models.CharField(max_length=300)),
                ('published_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('revision_id', models.PositiveBigIntegerField(editable=False, unique=True)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='change_notes', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['-published_at', '-pk'],
                'indexes': [models.Index(fields=['-published_at', '-id'], name='home_changenote_newest')],
            },
        ),
        migrations.CreateModel(
            name='PageLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField(null=True)),
                ('owner_name', models.CharField(blank=True, max_length=100)),
                ('text', models.CharField(blank=True, max_length=200)),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('site_path', models.TextField(blank=True)),
                ('content_type', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
                ('document', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='wagtaildocs.document')),
                ('external', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='home.externallink')),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('target_page', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['content_type', 'object_id'], name='home_link_other_source'), models.Index(condition=models.Q(('site_path', ''), _negated=True), fields=['id'], name='home_link_leads_nowhere')],
            },
        ),
        migrations.RunSQL(
            "CREATE INDEX home_tree_level ON wagtailcore_page (depth, path)",
            "DROP INDEX home_tree_level",
        ),
    ]
