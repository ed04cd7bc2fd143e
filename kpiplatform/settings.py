"""Settings of an installation, read from the environment by `kpiplatform.env`.

Two modes run the same code. *Embedded* (nothing set): SQLite and files in VAR_DIR, no broker. *Production*
(DATABASE_URL, REDIS_URL or KPI_PRODUCTION set): PostgreSQL and Redis, and everything unsafe is refused at start.
"""

import re
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from kpiplatform import env
from kpiplatform.process import one_of_several, private

one_of_several()

REDIS_URL = env.redis_url("REDIS_URL")
PRODUCTION = bool(env.text("DATABASE_URL") or REDIS_URL or env.flag("KPI_PRODUCTION"))
EMBEDDED = not PRODUCTION

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")
if EMBEDDED:
    private(VAR_DIR)
STORE_DIR = env.folder("STORE_DIR", VAR_DIR / "store")

DEBUG = env.flag("DEBUG")
URL_BASE = env.web_address("KPI_URL_BASE", "http://127.0.0.1:8000")
HTTPS = URL_BASE.startswith("https://")
_host = URL_BASE.removeprefix("https://").removeprefix("http://")
_host = _host if _host.endswith("]") else re.sub(r":\d+$", "", _host)
LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", (_host,) if PRODUCTION else tuple(dict.fromkeys((*LOCAL_HOSTS, _host))))
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", (URL_BASE,))

if PRODUCTION:
    if DEBUG:
        raise env.EnvError("DEBUG", "must be off in production")
    if not env.text("DATABASE_URL"):
        raise env.EnvError("DATABASE_URL", "is needed in production (PostgreSQL); SQLite is for embedded mode only")
    _postgresql = env.postgresql("DATABASE_URL", env.text("DATABASE_URL"))
    if not REDIS_URL:
        raise env.EnvError("REDIS_URL", "is needed in production: web, dispatcher and workers are separate processes")
    if any(host in {"*", "."} for host in ALLOWED_HOSTS):
        raise env.EnvError(
            "ALLOWED_HOSTS", "must name the hosts in production; * lets anyone choose the address in mails"
        )
    if not env.text("KPI_URL_BASE"):
        raise env.EnvError(
            "KPI_URL_BASE", "is needed in production: the public address, such as https://kpi.example.org"
        )
    if not HTTPS and _host not in LOCAL_HOSTS:
        raise env.EnvError("KPI_URL_BASE", "must be https:// in production (http:// is accepted for this machine only)")
    SECRET_KEY = env.strong_key("SECRET_KEY")
else:
    SECRET_KEY = env.kept_key("SECRET_KEY", VAR_DIR / "secret_key")

# --- what is installed -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "kpiplatform.apps.PlatformConfig",
    "metrics",
    "reports",
    "kpiplatform.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
]
AUTH_USER_MODEL = "metrics.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "kpiplatform.urls"
WSGI_APPLICATION = "kpiplatform.wsgi.application"
ASGI_APPLICATION = "kpiplatform.asgi.application"

MIDDLEWARE = [
    "kpiplatform.middleware.RequestId",
    "kpiplatform.observed.Counted",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kpiplatform.middleware.SecurityHeaders",
    "kpiplatform.middleware.BodyCap",
    "kpiplatform.middleware.Storable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kpiplatform.middleware.LastUsed",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kpiplatform.middleware.ProvedEnough",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["kpiplatform.templates.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- database and store ------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {}
if PRODUCTION:
    DATABASES["default"] = _postgresql | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        # A statement that comes again is sent as its parameters alone: a third of a logged run's time.
        "server_side_binding": True,
        "prepare_threshold": 3,
        # Compiling a plan (jit) takes longer than any of these statements.
        "options": "-c statement_timeout=15000 -c lock_timeout=5000 -c plan_cache_mode=force_custom_plan -c jit=off",
        **DATABASES["default"]["OPTIONS"],
    }
else:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "kpiplatform.sqlite3",
        "OPTIONS": {
            # A transaction that reads first and writes later fails at once under WAL, whatever the timeout;
            # BEGIN IMMEDIATE makes it wait its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;",
        },
    }
DATABASES["default"]["ATOMIC_REQUESTS"] = False

STORE_URL = env.bucket("STORE_URL")  # bucket/prefix in place of STORE_DIR; credentials as other tools find them
STORE_ENDPOINT = env.web_address("AWS_ENDPOINT_URL_S3", env.web_address("AWS_ENDPOINT_URL", ""))
STORE_REGION = env.text("AWS_REGION", env.text("AWS_DEFAULT_REGION"))
STORE_COPIES_MAX_BYTES = env.integer("STORE_COPIES_MAX_BYTES", 10 * 2**30, least=0, most=2**50)

UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_BYTES", 256 * 2**20, least=1024, most=2**40)
MEMORY_MAX_BYTES = env.integer("MEMORY_MAX_BYTES", 256 * 2**20, least=0, most=2**40)
UPLOAD_IN_PARTS_MAX_BYTES = env.integer("UPLOAD_IN_PARTS_MAX_BYTES", 16 * 2**30, least=1024, most=2**40)
UPLOAD_PART_BYTES = env.integer("UPLOAD_PART_BYTES", 16 * 2**20, least=2**16, most=64 * 2**20)
UPLOAD_MAX_ROWS = env.integer("UPLOAD_MAX_ROWS", 5_000_000, least=1, most=10**9)
UPLOAD_CHECKS = env.integer("UPLOAD_CHECKS", 2, least=1, most=64)  # large ones at once, of all processes of VAR_DIR
IMPORT_HOSTS = env.hosts("KPI_IMPORT_HOSTS")  # private servers that imports may ask; public ones need no listing
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # JSON and form bodies; files are capped by UPLOAD_MAX_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# --- who is there ------------------------------------------------------------------------------------------------

LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
PASSWORD_RESET_TIMEOUT = 24 * 3600
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "metrics.services.product.tokens.EndWithPassword"},
]
SESSION_ENGINE = "metrics.services.product.sessions"
SESSION_COOKIE_NAME = "kpi_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_SAVE_EVERY_REQUEST = False  # a page view must not write
CSRF_COOKIE_NAME = "kpi_csrf"
CSRF_COOKIE_HTTPONLY = True  # pages carry it in themselves
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS

# Single sign-on, off without an issuer. Nothing of allauth has an address: reports/urls.py has the two that are needed.
OIDC_ISSUER = env.issuer("OIDC_ISSUER", LOCAL_HOSTS)
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_ID"), env.text("OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")  # on the button
OIDC_SCOPES = env.words("OIDC_SCOPES", ("openid", "profile", "email"))
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM")  # what of a person are the groups that give roles; empty: none does
OIDC_MATCH_EMAIL = env.flag("OIDC_MATCH_EMAIL")  # a verified address opens the account that is called so
OIDC_MAKES_ACCOUNTS = env.flag("OIDC_MAKES_ACCOUNTS")  # for who has none, of nobody's product
PASSWORD_SIGN_IN = env.flag("PASSWORD_SIGN_IN", True)
MFA_REQUIRED_FOR_ADMINS = env.flag("MFA_REQUIRED_FOR_ADMINS")  # of those who come by password: the provider has its own
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise env.EnvError("OIDC_CLIENT_ID", "is needed with OIDC_ISSUER: what the provider calls this installation")
if not (PASSWORD_SIGN_IN or OIDC_ISSUER):
    raise env.EnvError("PASSWORD_SIGN_IN", "cannot be off without OIDC_ISSUER: nobody could sign in")
SOCIALACCOUNT_ADAPTER = "metrics.services.product.provider.Adapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

METRICS_TOKEN = env.secret("METRICS_TOKEN")  # of the program that reads /metrics

# --- what the browser is told --------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # probes speak http from inside
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if env.flag("KPI_BEHIND_PROXY"):
    # Only when a proxy in front always sets the header: otherwise anyone could claim https.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- static files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", VAR_DIR / "static")
# Hashed names once an image has collected them; until then they are served from where they lie.
_collected = PRODUCTION and ("collectstatic" in sys.argv or (STATIC_ROOT / "staticfiles.json").exists())
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _collected
WHITENOISE_AUTOREFRESH = DEBUG

# --- pages ---------------------------------------------------------------------------------------------------------

PAGE_ADDRESS = "reports.addresses.address"  # who says where a thing is shown, to mails and the API

# --- API -----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "metrics.api.protocol.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["metrics.api.protocol.parsing.StrictJSON"],
    "DEFAULT_PAGINATION_CLASS": "metrics.api.protocol.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "metrics.api.protocol.schema.Schema",
    "EXCEPTION_HANDLER": "metrics.api.protocol.errors.handle",
    "STRICT_JSON": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "kpiplatform",
    "DESCRIPTION": "From a model's predictions to the KPI its manager steers by and the revenue executives plan on.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",  # whose schemas are JSON Schema, by which the tests check each answer
    "POSTPROCESSING_HOOKS": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- work ------------------------------------------------------------------------------------------------------------

# The work table is the truth and the broker carries hints, so every choice here is about not holding work back.
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A worker that loses the broker ends what it does, and ends: whoever keeps it starts it again, and it waits for the
# broker as it starts. One that connects again by itself may take nothing any more, however much there is.
CELERY_BROKER_CONNECTION_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False  # the dispatcher publishes again by itself
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float] = {
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,  # the default looks for lost messages every 100 s
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.05}
CELERY_TIMEZONE = "UTC"

TRACED = env.receiver("OTEL_EXPORTER_OTLP_ENDPOINT", needs="opentelemetry", extra="otel")
if TRACED:
    MIDDLEWARE.insert(1, "kpiplatform.traces.Traced")

# --- the rest --------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"kpiplatform@{_host.strip('[]')}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"  # of Message-IDs
_mail = env.email("EMAIL_URL", folder=VAR_DIR / "mail")
globals().update(_mail)

LOG_LEVEL, LOG_FORMAT = env.text("LOG_LEVEL", "INFO"), env.choice("LOG_FORMAT", ("line", "json"))
_each = {"level": LOG_LEVEL if LOG_FORMAT == "json" else "WARNING"}  # a line each is too much for a person
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"origins": {"()": "kpiplatform.logs.Origins"}},
    "formatters": {"line": {"()": "kpiplatform.logs.Lines"}, "json": {"()": "kpiplatform.logs.JSONLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["origins"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "kpiplatform.requests": _each,
        "metrics.services.recompute.work": _each,
        "celery": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},  # it tells every request
        "kombu": {"level": "ERROR"},  # it warns that memory:// names no host
    },
}
