"""The pictures in a page's body, in one query for all."""

from dataclasses import replace

from django import template

from home.images.pictures import BODY, get_pictures, pictures_in_body

register = template.Library()


@register.simple_tag
def get_body_pictures(body):
    """Return the pictures of a body by image, for the templates of its blocks."""
    return get_pictures([image.pk for image in pictures_in_body(body)], BODY)


@register.simple_tag(takes_context=True)
def get_body_picture(context, image):
    """Return the picture of a block with the alternative text typed there, or None."""
    pictures = context.get("body_pictures")
    if pictures is None:
        pictures = get_pictures([image.pk], BODY)
    picture = pictures.get(image.pk)
    if picture is None:
        return None
    alt = "" if image.decorative else image.contextual_alt_text or picture.alt
    return replace(picture, alt=alt)
