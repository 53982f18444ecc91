"""Every page type can be made, edited, previewed, reached and rendered."""

from home.checks import project_page_types
from tests.factories import PAGE_FACTORIES


def test_no_page_type_lacks_a_factory_and_so_these_tests():
    assert {factory._meta.model for factory in PAGE_FACTORIES} == set(
        project_page_types()
    )
