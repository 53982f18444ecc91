"""Search documents and enquiries."""

import django.db.models.deletion
import search.feedback.enquiries.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('page_id', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('title', models.TextField(blank=True)),
                ('search_words', models.TextField(blank=True)),
                ('summary', models.TextField(blank=True)),
                ('headings', models.TextField(blank=True)),
                ('body', models.TextField(blank=True)),
                ('kind', models.CharField(blank=True, max_length=50)),
                ('expires_at', models.DateTimeField(null=True)),
                ('is_public', models.BooleanField(default=False)),
                ('version', models.PositiveBigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Enquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=search.feedback.enquiries.models.make_reference, editable=False, max_length=10, unique=True)),
                ('message', models.TextField(max_length=5000, verbose_name='what they were looking for')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('query', models.CharField(blank=True, max_length=300, verbose_name='what they searched for')),
                ('from_path', models.CharField(blank=True, max_length=500, verbose_name='page they came from')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='received')),
                ('status', models.CharField(choices=[('open', 'Open'), ('closed', 'Closed')], default='open', max_length=10)),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'enquiry',
                'verbose_name_plural': 'enquiries',
                'ordering': ['-created_at', '-pk'],
            },
        ),
    ]
