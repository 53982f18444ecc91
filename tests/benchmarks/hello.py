"""The yardstick of the benchmarks: the least that Django can do, under gunicorn.

A settings module and its addresses in one.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET_KEY = "not a secret: nothing here is signed"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = __name__
MIDDLEWARE = []


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello, world")


urlpatterns = [path("", hello)]
