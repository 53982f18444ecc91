"""One of several processes that change the page tree at the same time.

`python -m tests.home.page_tree.tree_worker SEED COUNT [--unlocked]` makes COUNT random
changes, some through the pages' methods and some through the admin's views, on the
database that `TEST_DATABASE_URL` names, and prints its errors. What it chose may be
gone by the time it gets its turn; that is no error.
"""

import os
import random
import sys
import traceback
from itertools import count

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from treebeard.exceptions import InvalidMoveToDescendant  # noqa: E402
from wagtail.models import Page  # noqa: E402

from community.models import CommunityIndexPage  # noqa: E402
from home.page_tree.lock import TreeLockMixin  # noqa: E402

# Below this many pages nothing more is deleted, so that there is something to move.
FEWEST_PAGES = 30


class Changes:
    """Random changes; each public method makes one."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self._names = (f"w{seed}-{number}" for number in count())
        self._client = Client(headers={"host": "localhost"})
        self._client.force_login(get_user_model().objects.get(username="admin"))

    def _pick(self, **conditions) -> CommunityIndexPage:
        conditions = conditions or {"depth__gt": 3}
        pages = list(CommunityIndexPage.objects.filter(**conditions))
        return self._random.choice(pages)

    def _pick_parent(self) -> CommunityIndexPage:
        return self._pick(depth__gt=0)

    def _pick_leaf(self) -> CommunityIndexPage:
        if CommunityIndexPage.objects.count() <= FEWEST_PAGES:
            raise Page.DoesNotExist
        return self._pick(depth__gt=3, numchild=0)

    def _post(self, name: str, *arguments, query: str = "", **data):
        address = reverse(f"wagtailadmin_pages:{name}", args=arguments) + query
        response = self._client.post(address, data)
        if response.status_code == 404:
            raise Page.DoesNotExist
        if response.status_code not in (200, 302):
            raise AssertionError(f"{address}: {response.status_code}")

    def create(self):
        name = next(self._names)
        page = CommunityIndexPage(title=name, slug=name)
        self._pick_parent().add_child(instance=page)

    def move(self):
        self._pick().move(self._pick_parent(), pos="last-child")

    def reorder(self):
        page = self._pick()
        # None, if the page was deleted or moved away after it was picked.
        siblings = list(page.get_siblings().specific()) or [page]
        sibling = self._random.choice(siblings)
        if sibling.pk != page.pk:
            page.move(sibling, pos="left")

    def copy(self):
        name = next(self._names)
        values = {"title": name, "slug": name}
        self._pick().copy(to=self._pick_parent(), update_attrs=values)

    def delete(self):
        self._pick_leaf().delete()

    def rename(self):
        page = self._pick()
        page.slug = next(self._names)
        page.save()

    def publish(self):
        page = self._pick()
        page.title = next(self._names)
        page.save_revision().publish()

    def move_view(self):
        self._post("move_confirm", self._pick().pk, self._pick_parent().pk)

    def reorder_view(self):
        self._post("set_page_position", self._pick().pk, query="?position=0")

    def copy_view(self):
        name = next(self._names)
        values = {"new_title": name, "new_slug": name, "publish_copies": "on"}
        parent = self._pick_parent().pk
        self._post("copy", self._pick().pk, new_parent_page=parent, **values)

    def delete_view(self):
        self._post("delete", self._pick_leaf().pk)

    def unpublish_view(self):
        self._post("unpublish", self._pick().pk)


if __name__ == "__main__":
    if "--unlocked" in sys.argv:
        for name in [each for each in vars(TreeLockMixin) if each[0] != "_"]:
            delattr(TreeLockMixin, name)
    seed, number = map(int, sys.argv[1:3])
    changes, has_failed = Changes(seed), False
    names = sorted(name for name in vars(Changes) if name[0] != "_")
    for name in random.Random(seed).choices(names, k=number):
        try:
            getattr(changes, name)()
        except (Page.DoesNotExist, InvalidMoveToDescendant):
            pass
        except Exception:
            has_failed = True
            print(traceback.format_exc(limit=-12))
    sys.exit(has_failed)
