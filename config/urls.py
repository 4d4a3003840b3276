"""Every address. Each app names its own; the API, the health checks and the metrics stand beside them."""

from django.urls import include, path

from api.urls import urls as api_urls
from audit.views import audit
from config.health import healthz, livez
from config.metrics import metrics
from people.access import requires
from people.roles import Role

urlpatterns = [
    path("", include("pages.urls")),
    path("", include("people.urls")),
    path("", include("inventory.urls")),
    path("audit/", requires(Role.VIEWER, whole=True)(audit), name="audit"),
    path("", include("notices.urls")),
    path("", include("recovery.urls")),
    path("", include("networking.urls")),
    path("", include("networking.change_urls")),
    path("", include("readiness.urls")),
    path("api/v1/", api_urls),
    path("healthz", healthz, name="healthz"),
    path("livez", livez, name="livez"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
