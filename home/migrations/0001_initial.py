"""The tables that every page shares."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import home.page_tree.lock
import wagtail.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('wagtailcore', '0098_apitoken'),
        ('wagtailimages', '0027_image_description'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
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
            },
        ),
        migrations.CreateModel(
            name='ContentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='home_contentversion_one_row')],
            },
        ),
        migrations.CreateModel(
            name='HomePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('summary', models.CharField(blank=True, help_text='One or two plain sentences that say what the page is for. Shown on cards, at the top of the page and in search results.', max_length=200)),
                ('search_words', models.CharField(blank=True, help_text="Words that people type when they look for this page but that are not on it, such as 'skint' or 'handouts'. Separate them with commas. Search uses them; readers do not see them.", max_length=500, verbose_name='words residents use')),
                ('review_on', models.DateField(blank=True, help_text='The day by which somebody should check that this is still true.', null=True, verbose_name='next review')),
                ('owner_name', models.CharField(blank=True, help_text='The person or team who knows whether this page is true. They need no account here.', max_length=100, verbose_name='content owner')),
                ('owner_email', models.EmailField(blank=True, help_text='Where to ask when the page is due for review. Readers never see it.', max_length=254, verbose_name="content owner's e-mail")),
                ('change_note', models.CharField(blank=True, help_text="Shown with today's date under 'Page history' when you publish, for example 'Added the new opening hours'.", max_length=300, verbose_name='what changed for readers?')),
                ('minor_edit', models.BooleanField(default=False, help_text='Tick this for a spelling mistake or a mended link. Readers are told nothing.', verbose_name='minor edit')),
                ('introduction', wagtail.fields.RichTextField(blank=True, help_text='Two or three sentences of welcome, above the list of sections.')),
                ('body', wagtail.fields.StreamField([('text', 0), ('heading', 3), ('image', 4), ('call_to_action', 8), ('contact', 14), ('documents', 18), ('table', 21), ('details', 23), ('notice', 26), ('quotation', 29)], blank=True, block_lookup={0: ('home.blocks.TextBlock', (), {}), 1: ('wagtail.blocks.CharBlock', (), {'help_text': 'A few words that say what follows.', 'max_length': 120}), 2: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('h2', 'Section heading'), ('h3', 'Heading inside a section')], 'help_text': 'Use a heading inside a section only below a section heading.'}), 3: ('wagtail.blocks.StructBlock', [[('text', 1), ('level', 2)]], {}), 4: ('wagtail.images.blocks.ImageBlock', [], {}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': "Words that make sense on their own, not 'click here'.", 'max_length': 80}), 6: ('wagtail.blocks.PageChooserBlock', (), {'help_text': 'A page of this site.', 'required': False}), 7: ('wagtail.blocks.URLBlock', (), {'help_text': 'An address on another website, if it is not a page of this site.', 'label': 'Web address', 'required': False, 'validators': [django.core.validators.URLValidator(message='Type a whole web address that begins with https:// or http://.', schemes=['http', 'https'])]}), 8: ('wagtail.blocks.StructBlock', [[('text', 5), ('page', 6), ('url', 7)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'help_text': 'A person, team or place.', 'max_length': 100}), 10: ('wagtail.blocks.CharBlock', (), {'required': False, 'validators': [django.core.validators.RegexValidator('^\\+?[0-9 ()-]{3,30}$', message='Type a phone number with figures and spaces only, such as 01632 960000.')]}), 11: ('wagtail.blocks.EmailBlock', (), {'label': 'E-mail', 'required': False}), 12: ('wagtail.blocks.TextBlock', (), {'required': False, 'rows': 3}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Monday to Friday, 9am to 5pm'.", 'label': 'Opening hours', 'max_length': 120, 'required': False}), 14: ('wagtail.blocks.StructBlock', [[('name', 9), ('phone', 10), ('email', 11), ('address', 12), ('hours', 13)]], {}), 15: ('wagtail.blocks.CharBlock', (), {'default': 'Documents', 'max_length': 80}), 16: ('wagtail.documents.blocks.DocumentChooserBlock', (), {}), 17: ('wagtail.blocks.ListBlock', (16,), {'help_text': 'Put the most important facts on the page too: many people cannot use a PDF on their phone.'}), 18: ('wagtail.blocks.StructBlock', [[('heading', 15), ('documents', 17)]], {}), 19: ('wagtail.blocks.CharBlock', (), {}), 20: ('wagtail.blocks.DecimalBlock', (), {}), 21: ('wagtail.contrib.typed_table_block.blocks.TypedTableBlock', [[('text', 19), ('number', 20), ('link', 8)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'help_text': 'The line that people choose to read more.', 'max_length': 120}), 23: ('wagtail.blocks.StructBlock', [[('summary', 22), ('text', 0)]], {}), 24: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('information', 'Information'), ('warning', 'Warning')]}), 25: ('home.blocks.TextBlock', (), {'features': ['bold', 'link', 'document-link']}), 26: ('wagtail.blocks.StructBlock', [[('kind', 24), ('text', 25)]], {}), 27: ('wagtail.blocks.TextBlock', (), {'rows': 3}), 28: ('wagtail.blocks.CharBlock', (), {'help_text': 'Who said it, as they wish to be named.', 'max_length': 120, 'required': False}), 29: ('wagtail.blocks.StructBlock', [[('text', 27), ('attribution', 28)]], {})})),
                ('picture', models.ForeignKey(blank=True, help_text='Shown on cards that lead to this page. Choose one that is still clear when it is small.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image')),
            ],
            options={
                'verbose_name': 'home page',
            },
            bases=(home.page_tree.lock.TreeLockMixin, 'wagtailcore.page'),
        ),
        migrations.CreateModel(
            name='SiteSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('council_name', models.CharField(default='Stockton-on-Tees Borough Council', max_length=100)),
                ('strapline', models.CharField(default='Big plans for helping our communities prosper', help_text="Shown under the council's name on the home page.", max_length=150)),
                ('phone', models.CharField(blank=True, help_text='The main number for enquiries, at the foot of every page.', max_length=30, validators=[django.core.validators.RegexValidator('^\\+?[0-9 ()-]{3,30}$', message='Type a phone number with figures and spaces only, such as 01632 960000.')])),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('address', models.TextField(blank=True)),
                ('footer_note', models.CharField(blank=True, help_text='A sentence at the very foot of every page.', max_length=200)),
                ('social_links', wagtail.fields.StreamField([('link', 2)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Facebook'.", 'max_length': 40}), 1: ('wagtail.blocks.URLBlock', (), {'label': 'Web address', 'validators': [django.core.validators.URLValidator(message='Type a whole web address that begins with https:// or http://.', schemes=['http', 'https'])]}), 2: ('wagtail.blocks.StructBlock', [[('label', 0), ('url', 1)]], {})}, verbose_name='social networks')),
                ('emergency_numbers', wagtail.fields.StreamField([('number', 2)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'help_text': 'What the number is for.', 'max_length': 80}), 1: ('wagtail.blocks.CharBlock', (), {'validators': [django.core.validators.RegexValidator('^\\+?[0-9 ()-]{3,30}$', message='Type a phone number with figures and spaces only, such as 01632 960000.')]}), 2: ('wagtail.blocks.StructBlock', [[('label', 0), ('number', 1)]], {})}, help_text='Shown on the page that says the site is out of order, so that people in an emergency can still call somebody.')),
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
                ('summary', models.CharField(blank=True, help_text='One or two plain sentences that say what the page is for. Shown on cards, at the top of the page and in search results.', max_length=200)),
                ('search_words', models.CharField(blank=True, help_text="Words that people type when they look for this page but that are not on it, such as 'skint' or 'handouts'. Separate them with commas. Search uses them; readers do not see them.", max_length=500, verbose_name='words residents use')),
                ('review_on', models.DateField(blank=True, help_text='The day by which somebody should check that this is still true.', null=True, verbose_name='next review')),
                ('owner_name', models.CharField(blank=True, help_text='The person or team who knows whether this page is true. They need no account here.', max_length=100, verbose_name='content owner')),
                ('owner_email', models.EmailField(blank=True, help_text='Where to ask when the page is due for review. Readers never see it.', max_length=254, verbose_name="content owner's e-mail")),
                ('change_note', models.CharField(blank=True, help_text="Shown with today's date under 'Page history' when you publish, for example 'Added the new opening hours'.", max_length=300, verbose_name='what changed for readers?')),
                ('minor_edit', models.BooleanField(default=False, help_text='Tick this for a spelling mistake or a mended link. Readers are told nothing.', verbose_name='minor edit')),
                ('body', wagtail.fields.StreamField([('text', 0), ('heading', 3), ('image', 4), ('call_to_action', 8), ('contact', 14), ('documents', 18), ('table', 21), ('details', 23), ('notice', 26), ('quotation', 29)], blank=True, block_lookup={0: ('home.blocks.TextBlock', (), {}), 1: ('wagtail.blocks.CharBlock', (), {'help_text': 'A few words that say what follows.', 'max_length': 120}), 2: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('h2', 'Section heading'), ('h3', 'Heading inside a section')], 'help_text': 'Use a heading inside a section only below a section heading.'}), 3: ('wagtail.blocks.StructBlock', [[('text', 1), ('level', 2)]], {}), 4: ('wagtail.images.blocks.ImageBlock', [], {}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': "Words that make sense on their own, not 'click here'.", 'max_length': 80}), 6: ('wagtail.blocks.PageChooserBlock', (), {'help_text': 'A page of this site.', 'required': False}), 7: ('wagtail.blocks.URLBlock', (), {'help_text': 'An address on another website, if it is not a page of this site.', 'label': 'Web address', 'required': False, 'validators': [django.core.validators.URLValidator(message='Type a whole web address that begins with https:// or http://.', schemes=['http', 'https'])]}), 8: ('wagtail.blocks.StructBlock', [[('text', 5), ('page', 6), ('url', 7)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'help_text': 'A person, team or place.', 'max_length': 100}), 10: ('wagtail.blocks.CharBlock', (), {'required': False, 'validators': [django.core.validators.RegexValidator('^\\+?[0-9 ()-]{3,30}$', message='Type a phone number with figures and spaces only, such as 01632 960000.')]}), 11: ('wagtail.blocks.EmailBlock', (), {'label': 'E-mail', 'required': False}), 12: ('wagtail.blocks.TextBlock', (), {'required': False, 'rows': 3}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': "For example 'Monday to Friday, 9am to 5pm'.", 'label': 'Opening hours', 'max_length': 120, 'required': False}), 14: ('wagtail.blocks.StructBlock', [[('name', 9), ('phone', 10), ('email', 11), ('address', 12), ('hours', 13)]], {}), 15: ('wagtail.blocks.CharBlock', (), {'default': 'Documents', 'max_length': 80}), 16: ('wagtail.documents.blocks.DocumentChooserBlock', (), {}), 17: ('wagtail.blocks.ListBlock', (16,), {'help_text': 'Put the most important facts on the page too: many people cannot use a PDF on their phone.'}), 18: ('wagtail.blocks.StructBlock', [[('heading', 15), ('documents', 17)]], {}), 19: ('wagtail.blocks.CharBlock', (), {}), 20: ('wagtail.blocks.DecimalBlock', (), {}), 21: ('wagtail.contrib.typed_table_block.blocks.TypedTableBlock', [[('text', 19), ('number', 20), ('link', 8)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'help_text': 'The line that people choose to read more.', 'max_length': 120}), 23: ('wagtail.blocks.StructBlock', [[('summary', 22), ('text', 0)]], {}), 24: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('information', 'Information'), ('warning', 'Warning')]}), 25: ('home.blocks.TextBlock', (), {'features': ['bold', 'link', 'document-link']}), 26: ('wagtail.blocks.StructBlock', [[('kind', 24), ('text', 25)]], {}), 27: ('wagtail.blocks.TextBlock', (), {'rows': 3}), 28: ('wagtail.blocks.CharBlock', (), {'help_text': 'Who said it, as they wish to be named.', 'max_length': 120, 'required': False}), 29: ('wagtail.blocks.StructBlock', [[('text', 27), ('attribution', 28)]], {})})),
                ('picture', models.ForeignKey(blank=True, help_text='Shown on cards that lead to this page. Choose one that is still clear when it is small.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image')),
            ],
            options={
                'verbose_name': 'standard page',
            },
            bases=(home.page_tree.lock.TreeLockMixin, 'wagtailcore.page'),
        ),
    ]
