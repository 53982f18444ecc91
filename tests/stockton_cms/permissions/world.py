"""A site with something of each kind: one's own, a colleague's, outside the section."""

from datetime import timedelta
from itertools import count

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.admin.models import EditingSession
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, Site, UploadedFile, Workflow

from home.editorial.models import ExternalLink, PageLink, PreviewLink
from home.models import SiteSettings
from search.models import (
    BlockedSuggestion,
    PromotionSnippet,
    SearchCheckSnippet,
    SynonymSnippet,
)
from search.tokens import digest_of
from stockton_cms.accounts.roles import ROLES, role_groups
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    EnquiryFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)

ANONYMOUS, NO_ACCESS, ADMINISTRATOR = "anonymous", "no access", "administrator"
PEOPLE = (ANONYMOUS, NO_ACCESS, *(role.name for role in ROLES), ADMINISTRATOR)
OWN, COLLEAGUES, OUTSIDE, SUBMITTED = "own", "a colleague's", "outside", "submitted"
numbers = count(1)


def make_person(kind: str):
    if kind == ANONYMOUS:
        return None
    user = get_user_model().objects.create_user(
        f"{kind.replace(' ', '-')}-{next(numbers)}",
        email="someone@example.gov.uk",
        is_superuser=kind == ADMINISTRATOR,
    )
    if kind in role_groups():
        user.groups.add(role_groups()[kind])
    return user


def make_world(home, section, person) -> dict[str, dict]:
    """Return what stands for each argument of an address, for each kind of object."""
    colleague = make_person("colleague")
    submitted = PartnershipPageFactory(parent=section, owner=colleague, live=False)
    everywhere = {
        **_things_of_the_site(home, section, colleague),
        **workflow_things(submitted, colleague),
    }
    pages = {
        OWN: PartnershipPageFactory(parent=section, owner=person, live=False),
        COLLEAGUES: PartnershipPageFactory(parent=section, owner=colleague),
        OUTSIDE: StandardPageFactory(parent=home, owner=person),
        SUBMITTED: submitted,
    }
    # Somewhere to move a page to.
    inner = CommunityIndexPageFactory(parent=section)
    world = {}
    for about, page in pages.items():
        owner = person if about in {OWN, OUTSIDE} else colleague
        parent = home if about == OUTSIDE else section
        world[about] = {
            **everywhere,
            **page_things(page, parent, inner, owner),
            **_files_of(owner),
        }
    return world


def workflow_things(page, colleague) -> dict:
    """Submit a page, and return what the views of workflows ask for."""
    page.save_revision(user=colleague)
    workflow = Workflow.objects.get()
    state = workflow.start(page, colleague)
    task_state = state.current_task_state
    return {
        "task_state_id": task_state.pk,
        "workflow_state_id": state.pk,
        "task_id": task_state.task_id,
        "workflow_pk": workflow.pk,
        "wagtailadmin_workflows pk": workflow.pk,
        "wagtailadmin_workflows:edit_task pk": task_state.task_id,
        "wagtailadmin_workflows:disable_task pk": task_state.task_id,
        "wagtailadmin_workflows:enable_task pk": task_state.task_id,
        "wagtailadmin_workflows:add_task app_label": "wagtailcore",
        "wagtailadmin_workflows:add_task model_name": "groupapprovaltask",
    }


def page_things(page, parent, inner, owner) -> dict:
    page = page.specific
    revision = page.save_revision(user=owner)
    page.title += " again"
    page.save_revision(user=owner)
    kind = page._meta
    return {
        "page_id": page.pk,
        "pk": page.pk,
        "page_pk": page.pk,
        "page_to_move_id": page.pk,
        "parent_page_id": page.pk,
        "wagtailadmin_pages parent_page_id": parent.pk,
        "destination_id": inner.pk,
        "revision_id": revision.pk,
        "revision_id_a": "earliest",
        "revision_id_b": "latest",
        "content_type_app_name": kind.app_label,
        "content_type_model_name": kind.model_name,
        "wagtailadmin_pages app_label": kind.app_label,
        "wagtailadmin_pages model_name": kind.model_name,
        "wagtailadmin_tag_model_autocomplete app_name": "wagtailimages",
        "wagtailadmin_tag_model_autocomplete model_name": "image",
        "bulk wagtailcore.page": page.pk,
        "wagtailadmin_editing_sessions app_label": kind.app_label,
        "wagtailadmin_editing_sessions model_name": kind.model_name,
        "object_id": page.pk,
        "session_id": _editing(page, owner),
        "link_id": PreviewLink.objects.create(
            page=page, note="Reader", expires_at=timezone.now() + timedelta(days=1)
        ).pk,
        # No page but a policy has versions.
        "version_id": 1,
        "check_link_again pk": _broken_link(page),
        "form": {
            "chooser": inner.pk,
            "destination_page_id": inner.pk,
            "revision_id": revision.pk,
            "tags": "x",
            "collection": Collection.get_first_root_node().pk,
            "role": Group.objects.order_by("pk").last().pk,
            "mark_as_active": "False",
        },
    }


def _broken_link(page) -> int:
    external = ExternalLink.objects.create(
        address_hash=f"hash {next(numbers)}", is_broken=True
    )
    return PageLink.objects.create(page=page, external=external).pk


def _editing(page, owner) -> int:
    """Return the session of someone who is editing a page; 0 where no one can."""
    if owner is None:
        return 0
    kind = ContentType.objects.get_for_model(page)
    return EditingSession.objects.create(
        user=owner, content_type=kind, object_id=page.pk, last_seen_at=timezone.now()
    ).pk


def file_things(image, document) -> dict:
    return {
        "image_id": image.pk,
        "wagtailimages_chooser pk": image.pk,
        "bulk wagtailimages.image": image.pk,
        "wagtailadmin_api:images:detail pk": image.pk,
        "document_id": document.pk,
        "doc_id": document.pk,
        "wagtaildocs_chooser pk": document.pk,
        "bulk wagtaildocs.document": document.pk,
        "wagtailadmin_api:documents:detail pk": document.pk,
    }


def snippet_things(*snippets) -> dict:
    things = {}
    for each in snippets:
        app, model = each._meta.app_label, each._meta.model_name
        things[f"bulk {app}.{model}"] = each.pk
        things[f"wagtailsnippets_{app}_{model} pk"] = each.pk
    return things


def _files_of(owner) -> dict:
    image = Image.objects.create(
        title="Park", file=get_test_image_file(), uploaded_by_user=owner
    )
    document = Document.objects.create(
        title="Minutes", file=ContentFile(b"Text", "a.txt"), uploaded_by_user=owner
    )
    upload = {
        model: UploadedFile.objects.create(
            for_content_type=ContentType.objects.get_for_model(model),
            file=ContentFile(b"Text", "b.txt"),
            uploaded_by_user=owner,
        ).pk
        for model in (Image, Document)
    }
    return {
        **file_things(image, document),
        "filter_spec": "width-100",
        "wagtailimages uploaded_file_id": upload[Image],
        "wagtaildocs uploaded_file_id": upload[Document],
    }


def _things_of_the_site(home, section, colleague) -> dict:
    """Return what belongs to no one in particular."""
    alert = AlertFactory()
    earlier = alert.save_revision(user=colleague)
    alert.heading += " again"
    alert.save_revision(user=colleague).publish()
    collection = Collection.get_first_root_node().add_child(name="Minutes")
    group = Group.objects.create(name=f"Group {next(numbers)}")
    SiteSettings.for_site(Site.objects.get())
    snippets = (
        alert,
        PromotionSnippet.objects.create(
            searched=f"bins {next(numbers)}",
            title="Bins",
            link="https://example.gov.uk",
        ),
        SearchCheckSnippet.objects.create(query=f"bins {next(numbers)}", page=section),
        SynonymSnippet.objects.create(searched=f"bin {next(numbers)}", found_as="tip"),
        BlockedSuggestion.objects.create(phrase=f"bosh {next(numbers)}"),
    )
    return {
        **snippet_things(*snippets),
        "wagtailsnippets_community_alertsnippet revision_id": earlier.pk,
        "collection_id": collection.pk,
        "wagtailadmin_collections pk": collection.pk,
        "redirect_id": Redirect.objects.create(
            old_path=f"/old-{next(numbers)}", redirect_page=section
        ).pk,
        "wagtailsites pk": Site.objects.get().pk,
        "wagtailsettings pk": Site.objects.get().pk,
        "wagtailsettings app_name": "home",
        "wagtailsettings model_name": "sitesettings",
        "wagtailusers_users pk": colleague.pk,
        "bulk auth.user": colleague.pk,
        "wagtailusers_groups pk": group.pk,
        "digest": digest_of(EnquiryFactory().topic),
        "instance_pk": EnquiryFactory().pk,
        "extension": "day",
        "uidb64": "MQ",
        "token": "set-password",
    }
