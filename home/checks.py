"""System checks for every page type and block of the project."""

from django.core.checks import Error, Tags, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from wagtail.fields import StreamField
from wagtail.models import get_page_models

from home.content.walker import unknown_blocks
from home.pages import BasePage

TREE_RULES = ("parent_page_types", "subpage_types")


def project_page_types() -> list[type[BasePage]]:
    return [model for model in get_page_models() if issubclass(model, BasePage)]


@register(Tags.models)
def check_page_types(app_configs=None, **kwargs) -> list[Error]:
    """Each page type names its parents and children and describes itself."""
    return [
        error for model in project_page_types() for error in page_type_errors(model)
    ]


def page_type_errors(model: type[BasePage]) -> list[Error]:
    errors = [
        Error(
            f"{model.__name__} does not define {rule}.",
            hint="List its allowed parent and child page types, even if [].",
            obj=model,
            id="home.E001",
        )
        for rule in TREE_RULES
        if rule not in vars(model)
    ]
    if not model.page_description:
        errors.append(
            Error(
                f"{model.__name__} has no page_description.",
                hint="One sentence that says what the page type is for.",
                obj=model,
                id="home.E002",
            )
        )
    if not template_exists(model.template):
        errors.append(
            Error(
                f"{model.__name__} has no template {model.template}.",
                hint="Add it to stockton_cms/templates/.",
                obj=model,
                id="home.E003",
            )
        )
    return errors


@register(Tags.models)
def check_blocks(app_configs=None, **kwargs) -> list[Error]:
    """Each block has what editors need, and the content walker knows it."""
    errors = []
    for model in project_page_types():
        for field in model._meta.get_fields():
            if isinstance(field, StreamField) and field.model is model:
                for block in field.stream_block.child_blocks.values():
                    errors.extend(block_errors(block, model))
    return errors


def block_errors(block, model) -> list[Error]:
    template = getattr(block.meta, "template", None)
    lacks = {
        "template": not (template and template_exists(template)),
        "description": not block.get_description(),
        "icon": block.meta.icon == "placeholder",
        "preview": not block.is_previewable,
        "get_parts for the content walker": any(unknown_blocks(block)),
    }
    return [
        Error(
            f"Block '{block.name}' of {model.__name__} has no {lacking}.",
            hint="See 'a block' in docs/changing.md.",
            obj=type(block),
            id="home.E004",
        )
        for lacking, is_lacking in lacks.items()
        if is_lacking
    ]


def template_exists(name: str) -> bool:
    try:
        get_template(name)
    except TemplateDoesNotExist:
        return False
    return True
