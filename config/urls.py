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
    path("audit/", requires(Role.VIEWER)(audit), name="audit"),
    path("", include("recovery.urls")),
    path("", include("networking.urls")),
    path("", include("networking.change_urls")),
    path("api/v1/", api_urls),
    path("healthz", healthz, name="healthz"),
    path("livez", livez, name="livez"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "pages.errors.bad_request"
handler403 = "pages.errors.forbidden"
handler404 = "pages.errors.not_found"
handler500 = "pages.errors.server_error"
