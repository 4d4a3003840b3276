"""Django settings. Everything a site may change comes from the environment; see docs/settings.md."""

from __future__ import annotations

import logging
import sys

from config.environment import (
    BASE,
    broker,
    database,
    env,
    number,
    one_of,
    password_of,
    price,
    secret_key,
    state_dir,
    switch,
    token,
)
from config.failpoint import parse_failpoint
from config.log import logging_of

STATE_DIR = state_dir()
SECRET_KEY = secret_key(STATE_DIR)
DEBUG = switch("REGROUP_DEBUG", False)
TESTING = "pytest" in sys.modules

PORT = number("REGROUP_PORT", 8420, least=1, most=65535)
ALLOWED_HOSTS = env.list("REGROUP_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("REGROUP_ORIGINS", default=[])
HTTPS = switch("REGROUP_HTTPS", False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "ninja",
    "people",
    "audit",
    "inventory",
    "changes",
    "execution",
    "recovery",
    "networking",
    "pages",
    "api",
    "config",
]

MIDDLEWARE = [
    "config.log_requests.change_in_log",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pages.context.shell",
            ],
            "builtins": ["pages.templatetags.regroup"],
        },
    }
]

DATABASES = {"default": database(STATE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LANGUAGE_CODE = "en"
TIME_ZONE = env.str("REGROUP_TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

NOTHING = "'none'"
SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NOTHING],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NOTHING],
        "frame-ancestors": [NOTHING],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS and not TESTING
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

BROKER_URL, BROKER_OPTIONS = broker(STATE_DIR)

CREDENTIAL_KEYS = env.str("REGROUP_CREDENTIAL_KEYS", default=str(STATE_DIR / "credential_keys"))
"""File with the keys that encrypt stored SSH keys and passwords: one `id:base64` a line, newest first."""

HOST_ROOT = "/var/lib/regroup"
"""Where runs keep their steps on a host."""

ATTACH_COMMAND = env.str("REGROUP_ATTACH_COMMAND", default="")
"""A site's own way to attach an old disk: words with {host} and {vm}; empty means a person does it."""
DETACH_COMMAND = env.str("REGROUP_DETACH_COMMAND", default="")

FAILPOINT = parse_failpoint(env.str("REGROUP_FAILPOINT", default=""), debug=DEBUG)
"""Where a test has a worker die; never set where anybody depends on Regroup."""

LEASE_SECONDS = number("REGROUP_LEASE", 25, least=3, most=600)
HEARTBEAT_SECONDS = number("REGROUP_HEARTBEAT", 5, least=1, most=60)
LOG_DAYS = number("REGROUP_LOG_DAYS", 0, least=0, most=36_500)
LOG_STEP_LINES = number("REGROUP_LOG_STEP_LINES", 0, least=0, most=1_000_000_000)
SWEEP_SECONDS = number("REGROUP_SWEEP", 10, least=1, most=60)

FLEET_SECONDS = number("REGROUP_FLEET", 120, least=10, most=86_400)
"""How often each host's bonds are looked at."""
FLEET_STALE_SECONDS = number("REGROUP_FLEET_STALE", 900, least=60, most=604_800)
FLEET_CONNECTIONS = number("REGROUP_FLEET_CONNECTIONS", 32, least=1, most=256)
FLEET_PER_JUMP = number("REGROUP_FLEET_PER_JUMP", 8, least=1, most=256)
FLEET_KEPT = number("REGROUP_FLEET_KEPT", 2_000, least=0, most=20_000)
FLEET_PATIENCE = number("REGROUP_FLEET_PATIENCE", 5, least=1, most=60)
PORT_PRICE, PORT_CURRENCY = price("REGROUP_PORT_PRICE")
"""What a 10 Gb/s port of a switch costs, for the page of ports that idle."""

METRICS_TOKEN = token("REGROUP_METRICS_TOKEN")
"""Whoever sends it as a bearer token may read /metrics; empty: nobody may."""

LOG = one_of("REGROUP_LOG", "text", "json")
logging.captureWarnings(LOG == "json")  # else Python writes them itself, and not as JSON
LOGGING = logging_of(
    LOG,
    secrets=(SECRET_KEY, METRICS_TOKEN, str(DATABASES["default"].get("PASSWORD") or ""), password_of(BROKER_URL)),
)
