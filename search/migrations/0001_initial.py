"""Search, enquiries and page feedback, with the synonyms that a new site starts with."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import search.checks
import search.curation
import search.feedback.models
import search.log.models
from django.conf import settings
from django.db import migrations, models


import tomllib
from pathlib import Path

SEED = Path(__file__).resolve().parents[1] / "seed_synonyms.toml"


def add_synonyms(apps, schema_editor):
    """Add the default synonyms once; deleted ones do not come back."""
    synonym = apps.get_model("search", "SynonymSnippet")
    synonym.objects.bulk_create(
        synonym(
            searched=", ".join(entry["searched"]),
            found_as=", ".join(entry["found_as"]),
            both_ways=entry["both_ways"],
        )
        for entry in tomllib.loads(SEED.read_text())["synonym"]
    )


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BlockedSuggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phrase', models.CharField(help_text='For example, a swear word or a name. A full name does not cover the surname alone, so add that too. Separate several with commas. People can still search for it.', max_length=100, unique=True, validators=[search.curation.validate_phrases], verbose_name='word or phrase')),
            ],
            options={
                'verbose_name': 'blocked suggestion',
                'ordering': ['phrase'],
            },
        ),
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('title', models.TextField(blank=True)),
                ('body', models.TextField(blank=True)),
                ('section_id', models.PositiveBigIntegerField(null=True)),
                ('updated_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('is_public', models.BooleanField(default=False)),
                ('version', models.PositiveBigIntegerField(db_index=True)),
                ('page_id', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('search_words', models.TextField(blank=True)),
                ('summary', models.TextField(blank=True)),
                ('headings', models.TextField(blank=True)),
                ('kind', models.CharField(blank=True, max_length=50)),
                ('is_notice', models.BooleanField(default=False)),
                ('superseded_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SearchFile',
            fields=[
                ('title', models.TextField(blank=True)),
                ('body', models.TextField(blank=True)),
                ('section_id', models.PositiveBigIntegerField(null=True)),
                ('updated_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('is_public', models.BooleanField(default=False)),
                ('version', models.PositiveBigIntegerField(db_index=True)),
                ('document_id', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('page_id', models.PositiveBigIntegerField(null=True)),
                ('file_hash', models.CharField(blank=True, max_length=40)),
                ('problem', models.CharField(blank=True, choices=[('', 'None'), ('scanned', 'It contains scanned images, not text'), ('encrypted', 'It is password protected'), ('damaged', 'It is damaged, or is not the file type its name suggests'), ('too_large', 'It is too large to read'), ('unsupported', 'Search cannot read this type of file')], max_length=20)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SynonymSnippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('searched', models.CharField(help_text="What people type, for example 'tip, dump'. Separate words or phrases with commas. You do not need to add plurals or spelling mistakes.", max_length=500, validators=[search.curation.validate_phrases], verbose_name='when people search for')),
                ('found_as', models.CharField(help_text="What our pages call it, for example 'household waste recycling centre'.", max_length=500, validators=[search.curation.validate_phrases], verbose_name='also look for')),
                ('both_ways', models.BooleanField(default=False, help_text="Select this if both mean the same, for example 'PIP' and 'Personal Independence Payment'. A search for either will find pages with the other.", verbose_name='works both ways')),
            ],
            options={
                'verbose_name': 'synonym',
                'ordering': ['searched'],
            },
        ),
        migrations.CreateModel(
            name='Enquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=search.feedback.models.make_reference, editable=False, max_length=20, unique=True)),
                ('message', models.TextField(max_length=5000, verbose_name='looking for')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email')),
                ('query', models.CharField(blank=True, max_length=300, verbose_name='search terms')),
                ('from_path', models.CharField(blank=True, max_length=500, verbose_name='came from page')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='received')),
                ('times_sent', models.PositiveIntegerField(default=1, verbose_name='times sent')),
                ('status', models.CharField(choices=[('open', 'Open'), ('closed', 'Closed')], default='open', max_length=10)),
                ('answer', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                ('answer_sent_at', models.DateTimeField(blank=True, null=True, verbose_name='email sent')),
                ('outcome', models.CharField(blank=True, choices=[('promoted', 'A page was promoted'), ('synonym', 'A synonym was added'), ('words', 'Search keywords were added to a page'), ('written', 'A page was written or updated'), ('found', 'Already on the website (the answer says where)'), ('not_ours', 'Not a council service'), ('nothing', 'No action needed')], max_length=10)),
                ('belongs_to', models.CharField(blank=True, max_length=200, verbose_name='responsible organisation')),
                ('topic', models.CharField(blank=True, db_index=True, editable=False, max_length=200)),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('assigned_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assigned to')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'enquiry',
                'verbose_name_plural': 'enquiries',
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='FeedbackAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(blank=True, max_length=200)),
                ('label', models.CharField(blank=True, max_length=100)),
                ('kind', models.CharField(choices=[('promoted', 'A page was promoted'), ('synonym', 'A synonym was added'), ('words', 'Search keywords were added to a page'), ('written', 'A page was written or updated'), ('found', 'Already on the website (the answer says where)'), ('not_ours', 'Not a council service'), ('nothing', 'No action needed'), ('assigned', 'Assigned to'), ('answered', 'Answered'), ('changed', 'Answer changed'), ('reopened', 'Reopened'), ('emailed', 'Email')], max_length=10)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
                ('assigned_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enquiry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='search.enquiry')),
            ],
            options={
                'verbose_name': 'unsuccessful search action',
                'verbose_name_plural': 'unsuccessful search actions',
                'ordering': ['at', 'pk'],
                'default_permissions': ('add', 'view'),
            },
        ),
        migrations.CreateModel(
            name='LinkedDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page_id', models.PositiveBigIntegerField()),
                ('document_id', models.PositiveBigIntegerField(db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('page_id', 'document_id'), name='search_linkeddocument_once')],
            },
        ),
        migrations.CreateModel(
            name='LoggedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=search.log.models.make_key, max_length=12, unique=True)),
                ('searched_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='searched')),
                ('query', models.CharField(max_length=300, verbose_name='searched for')),
                ('corrected', models.CharField(blank=True, max_length=300, verbose_name='shown results for')),
                ('filters', models.CharField(blank=True, max_length=300)),
                ('page_number', models.PositiveSmallIntegerField(default=1)),
                ('result_count', models.PositiveIntegerField(verbose_name='results')),
                ('clicked_position', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='clicked result')),
                ('topic', models.CharField(blank=True, editable=False, max_length=200)),
            ],
            options={
                'verbose_name': 'search',
                'verbose_name_plural': 'searches',
                'ordering': ['-searched_at', '-pk'],
                'indexes': [models.Index(fields=['topic', 'searched_at', 'page_number', 'filters', 'clicked_position', 'result_count'], name='searches_by_topic')],
            },
        ),
        migrations.CreateModel(
            name='PromotionSnippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('searched', models.CharField(help_text="Only used when this is the whole search, for example 'council tax'. Separate several with commas. Plurals and words such as 'my' make no difference.", max_length=500, validators=[search.curation.validate_phrases], verbose_name='when people search for')),
                ('link', models.URLField(blank=True, help_text="The full web address, for example 'https://www.gov.uk/council-tax'.", validators=[django.core.validators.URLValidator(message='Enter a web address that starts with https:// or http://', schemes=['http', 'https'])], verbose_name='or a page on another website')),
                ('title', models.CharField(blank=True, help_text='Required for a page on another website. For a page on this website, leave this empty to use the page title.', max_length=100)),
                ('description', models.CharField(blank=True, help_text='One sentence to show under the title. Leave this empty to use the page summary.', max_length=200)),
                ('starts_at', models.DateTimeField(blank=True, help_text='Leave this empty to start immediately.', null=True, verbose_name='starts')),
                ('ends_at', models.DateTimeField(blank=True, help_text='Leave this empty for no end date.', null=True, verbose_name='ends')),
                ('page', models.ForeignKey(blank=True, help_text='A page on this website. It only appears while it is published and public.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': 'promotion',
                'ordering': ['searched', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='RepeatedEnquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=search.feedback.models.make_reference, editable=False, max_length=20, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='received')),
                ('enquiry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='repeats', to='search.enquiry')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SearchCheckSnippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('query', models.CharField(help_text="The whole search as people type it, for example 'food bank'.", max_length=300, validators=[search.checks.validate_search], verbose_name='when people search for')),
                ('within', models.PositiveSmallIntegerField(default=3, help_text='From 1 to 10. Promotions count as position 1.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='lowest acceptable position')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('passed', models.BooleanField(editable=False, null=True)),
                ('position', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('reason', models.CharField(blank=True, editable=False, max_length=100)),
                ('checked_at', models.DateTimeField(editable=False, null=True, verbose_name='last checked')),
                ('checked_version', models.PositiveBigIntegerField(editable=False, null=True)),
                ('notified_at', models.DateTimeField(editable=False, null=True)),
                ('owner', models.ForeignKey(help_text='Who to email if the check fails.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(help_text='The page that people need.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.WAGTAIL_PAGE_MODEL, verbose_name='page to find')),
            ],
            options={
                'verbose_name': 'search check',
                'ordering': ['query', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SearchCheckResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checked_at', models.DateTimeField()),
                ('position', models.PositiveSmallIntegerField(null=True)),
                ('passed', models.BooleanField()),
                ('reason', models.CharField(max_length=100)),
                ('search_check', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='search.searchchecksnippet')),
            ],
            options={
                'ordering': ['-checked_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PageFeedbackComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('was_useful', models.BooleanField()),
                ('comment', models.TextField(max_length=1000)),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='received')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PageFeedbackCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month_on', models.DateField(help_text='The first day of the month.', verbose_name='month')),
                ('yes', models.PositiveIntegerField(default=0, verbose_name='useful')),
                ('no', models.PositiveIntegerField(default=0, verbose_name='not useful')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['-month_on', 'page'],
            },
        ),
        migrations.AddConstraint(
            model_name='searchchecksnippet',
            constraint=models.UniqueConstraint(fields=('query', 'page'), name='search_searchcheck_once', violation_error_message='There is already a check for this search and page.'),
        ),
        migrations.AddConstraint(
            model_name='pagefeedbackcount',
            constraint=models.UniqueConstraint(fields=('page', 'month_on'), name='one_count_a_page_and_month'),
        ),
        migrations.RunPython(add_synonyms, migrations.RunPython.noop, elidable=True),
    ]
