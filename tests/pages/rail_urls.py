"""A site with two of the rail's entries, for the test of the rail."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.path)


urlpatterns = [path("", page, name="home"), path("changes/", page, name="changes")]
