"""System checks for every page type and block of the project."""

from django.core.checks import Error, Tags, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from wagtail.fields import StreamField
from wagtail.models import get_page_models

from home.content.walker import unknown_blocks
from home.pages import BasePage


def project_page_types() -> list[type[BasePage]]:
    return [model for model in get_page_models() if issubclass(model, BasePage)]


@register(Tags.models)
def check_page_types(app_configs=None, **kwargs) -> list[Error]:
    return [
        error for model in project_page_types() for error in page_type_errors(model)
    ]


def page_type_errors(model: type[BasePage]) -> list[Error]:
    """Each page type names its parents and children and describes itself."""
    lacks = {
        "parent_page_types": "parent_page_types" not in vars(model),
        "subpage_types": "subpage_types" not in vars(model),
        "page_description": not model.page_description,
        f"template {model.template}": not template_exists(model.template),
    }
    hint = "See the page types in home/models.py."
    return _errors(model.__name__, lacks, hint=hint, obj=model, id="home.E001")


@register(Tags.models)
def check_blocks(app_configs=None, **kwargs) -> list[Error]:
    """Each block has what editors need, and the content walker knows it."""
    return [
        error
        for model in project_page_types()
        for field in model._meta.get_fields()
        if isinstance(field, StreamField) and field.model is model
        for block in field.stream_block.child_blocks.values()
        for error in block_errors(block, model)
    ]


def block_errors(block, model) -> list[Error]:
    template = getattr(block.meta, "template", None)
    lacks = {
        "template": not (template and template_exists(template)),
        "description": not block.get_description(),
        "icon": block.meta.icon == "placeholder",
        "preview": not block.is_previewable,
        "get_parts for the content walker": any(unknown_blocks(block)),
    }
    subject = f"Block '{block.name}' of {model.__name__}"
    hint = "See 'a block' in docs/changing.md."
    return _errors(subject, lacks, hint=hint, obj=type(block), id="home.E002")


def _errors(subject: str, lacks: dict[str, bool], **details) -> list[Error]:
    return [
        Error(f"{subject} has no {lacking}.", **details)
        for lacking, is_lacking in lacks.items()
        if is_lacking
    ]


def template_exists(name: str) -> bool:
    try:
        get_template(name)
    except TemplateDoesNotExist:
        return False
    return True
