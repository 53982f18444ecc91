"""Words of staff, files, the log of searches, and what ranks a page."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import search.log.models
import search.curation.synonyms
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0001_initial'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
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
                ('clicked_position', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='opened')),
            ],
            options={
                'verbose_name': 'search',
                'verbose_name_plural': 'searches',
                'ordering': ['-searched_at', '-pk'],
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
                ('problem', models.CharField(blank=True, choices=[('', 'None'), ('scanned', 'It holds pictures of text but no text'), ('encrypted', 'It needs a password'), ('damaged', 'It is damaged, or not of the kind that its name says'), ('too_large', 'It is too large to read'), ('unsupported', 'Files of its kind are not read')], max_length=20)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SynonymSnippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('searched', models.CharField(help_text="What people type, such as 'tip, dump'. Separate words or phrases with commas. Plurals and spelling mistakes are found without your help.", max_length=500, validators=[search.curation.synonyms.validate_phrases], verbose_name='when people search for')),
                ('found_as', models.CharField(help_text="What our pages call it, such as 'household waste recycling centre'.", max_length=500, validators=[search.curation.synonyms.validate_phrases], verbose_name='also look for')),
                ('both_ways', models.BooleanField(default=False, help_text="Tick this where both mean the same, such as 'PIP' and 'Personal Independence Payment': people who type either find pages with the other.", verbose_name='works both ways')),
            ],
            options={
                'verbose_name': 'synonym',
                'ordering': ['searched'],
            },
        ),
        migrations.CreateModel(
            name='UnsuggestedSnippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phrase', models.CharField(help_text='Such as a swear word, or a name. A full name does not cover the surname alone: add that too. Separate several with commas. People can still search for it.', max_length=100, unique=True, validators=[search.curation.synonyms.validate_phrases], verbose_name='word or phrase')),
            ],
            options={
                'verbose_name': 'word never suggested',
                'verbose_name_plural': 'words never suggested',
                'ordering': ['phrase'],
            },
        ),
        migrations.AddField(
            model_name='searchdocument',
            name='is_notice',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='searchdocument',
            name='section_id',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='searchdocument',
            name='superseded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='searchdocument',
            name='updated_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='OfferedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page_id', models.PositiveBigIntegerField()),
                ('document_id', models.PositiveBigIntegerField(db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('page_id', 'document_id'), name='search_offeredfile_once')],
            },
        ),
        migrations.CreateModel(
            name='PromotionSnippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('searched', models.CharField(help_text="Only when this is the whole search, such as 'council tax'. Separate several with commas. Plurals and words such as 'my' make no difference.", max_length=500, validators=[search.curation.synonyms.validate_phrases], verbose_name='when people search for')),
                ('link', models.URLField(blank=True, help_text="The whole address, such as 'https://www.gov.uk/council-tax'.", validators=[django.core.validators.URLValidator(message='Type a whole web address that begins with https:// or http://.', schemes=['http', 'https'])], verbose_name='or a page of another site')),
                ('title', models.CharField(blank=True, help_text='Needed for another site. For a page of ours, its own title is shown if you leave this empty.', max_length=100)),
                ('description', models.CharField(blank=True, help_text="One sentence under the title. The page's own summary if left empty.", max_length=200)),
                ('starts_at', models.DateTimeField(blank=True, help_text='At once if left empty.', null=True, verbose_name='starts')),
                ('ends_at', models.DateTimeField(blank=True, help_text='Never if left empty.', null=True, verbose_name='ends')),
                ('page', models.ForeignKey(blank=True, help_text='A page of this site. It is shown while it is published and public.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': 'promotion',
                'ordering': ['searched', 'pk'],
            },
        ),
    ]
