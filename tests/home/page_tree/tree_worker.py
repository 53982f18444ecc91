"""One of several processes that change the page tree at the same time.

`python -m tests.home.page_tree.tree_worker SEED COUNT [--unlocked]`
makes COUNT random changes,
some through the pages' methods and some through the admin's views, on the database
that `TEST_DATABASE_URL` names. It prints how many of each it made, then its errors.
What it chose may be gone by the time it gets its turn; that is no error.
"""

import os
import random
import sys
import traceback
from collections import Counter

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

METHODS = ("create", "move", "reorder", "copy", "delete", "rename", "publish")
VIEWS = ("move_view", "reorder_view", "copy_view", "delete_view", "publish_view")
# Below this many pages nothing more is deleted, so that there is something to move.
FEWEST_PAGES = 30


class Worker:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.name = f"w{seed}"
        self.number = 0
        self.done = Counter()
        self.errors = []
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(get_user_model().objects.get(username="admin"))

    def fresh_name(self) -> str:
        self.number += 1
        return f"{self.name}-{self.number}"

    def pick(self) -> CommunityIndexPage:
        pages = CommunityIndexPage.objects.filter(depth__gt=3)
        return self.random.choice(list(pages))

    def pick_parent(self) -> CommunityIndexPage:
        return self.random.choice(list(CommunityIndexPage.objects.all()))

    def work(self, count: int) -> None:
        for _ in range(count):
            operation = self.random.choice(METHODS + VIEWS)
            try:
                getattr(self, operation)()
            except (Page.DoesNotExist, InvalidMoveToDescendant):
                self.done["gone meanwhile"] += 1
            except Exception:
                self.errors.append(traceback.format_exc(limit=-12))
            else:
                self.done[operation] += 1

    def create(self):
        name = self.fresh_name()
        parent = self.pick_parent()
        parent.add_child(instance=CommunityIndexPage(title=name, slug=name))

    def move(self):
        self.pick().move(self.pick_parent(), pos="last-child")

    def reorder(self):
        page = self.pick()
        siblings = list(page.get_siblings().specific())
        if not siblings:
            # The page was deleted or moved away after it was picked.
            raise Page.DoesNotExist
        sibling = self.random.choice(siblings)
        if sibling.pk != page.pk:
            page.move(sibling, pos="left")

    def copy(self):
        name = self.fresh_name()
        self.pick().copy(
            to=self.pick_parent(), update_attrs={"title": name, "slug": name}
        )

    def delete(self):
        if CommunityIndexPage.objects.count() > FEWEST_PAGES:
            leaves = CommunityIndexPage.objects.filter(depth__gt=3, numchild=0)
            self.random.choice(list(leaves)).delete()

    def rename(self):
        page = self.pick()
        page.slug = self.fresh_name()
        page.save()

    def publish(self):
        page = self.pick()
        page.title = self.fresh_name()
        page.save_revision().publish()

    def post(self, name: str, *arguments, query: str = "", data: dict | None = None):
        address = reverse(f"wagtailadmin_pages:{name}", args=arguments) + query
        response = self.client.post(address, data or {})
        if response.status_code == 404:
            raise Page.DoesNotExist
        if response.status_code not in (200, 302):
            raise AssertionError(f"{address}: {response.status_code}")

    def move_view(self):
        self.post("move_confirm", self.pick().pk, self.pick_parent().pk)

    def reorder_view(self):
        page = self.pick()
        self.post("set_page_position", page.pk, query="?position=0")

    def copy_view(self):
        name = self.fresh_name()
        data = {
            "new_title": name,
            "new_slug": name,
            "new_parent_page": self.pick_parent().pk,
            "publish_copies": "on",
        }
        self.post("copy", self.pick().pk, data=data)

    def delete_view(self):
        if CommunityIndexPage.objects.count() > FEWEST_PAGES:
            leaves = CommunityIndexPage.objects.filter(depth__gt=3, numchild=0)
            self.post("delete", self.random.choice(list(leaves)).pk)

    def publish_view(self):
        self.post("unpublish", self.pick().pk)


if __name__ == "__main__":
    if "--unlocked" in sys.argv:
        for name in (
            "save",
            "add_child",
            "move",
            "copy",
            "delete",
            "save_revision",
            "publish",
        ):
            delattr(TreeLockMixin, name)
    worker = Worker(int(sys.argv[1]))
    worker.work(int(sys.argv[2]))
    print(dict(worker.done))
    print("\n".join(worker.errors))
    sys.exit(1 if worker.errors else 0)
