"""All settings. Every value that may differ between installations comes from the environment.

Two set-ups, one code path. Embedded: neither REDIS_URL nor DATABASE_URL is set; SQLite and a
private broker on a unix socket are used. Production: both are set, and nothing embedded starts.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config.sockets import broker_socket, cache_url
from config.version import VERSION

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

# --- set-up ------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
REDIS_URL = env.str("REDIS_URL", default="")
EMBEDDED = not REDIS_URL
# SQLite supports several processes on one machine, but not several machines.
PRODUCTION = bool(env.str("DATABASE_URL", default="")) and not EMBEDDED


def required(name: str) -> str:
    """The value of a variable that must be set; `manage.py setup` writes those of .env."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Run `make run`, which generates it, or `python manage.py setup`; "
            "in production set it in the environment."
        )
    return value


SECRET_KEY = required("SECRET_KEY")
# Fernet keys: the first encrypts, all decrypt, so that keys can be rotated.
FIELD_ENCRYPTION_KEYS = [key for key in required("FIELD_ENCRYPTION_KEYS").split(",") if key]

# --- web ---------------------------------------------------------------------------------------

# Address, processes and threads of the web server that `manage.py serve` starts.
BIND = env.str("BIND", default="127.0.0.1")
PORT = env.int("PORT", default=5020)
WEB_PROCESSES = env.int("WEB_PROCESSES", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=16)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "config.apps.CollectedFilesConfig",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config.apps.SignInsConfig",
    "django_htmx",
    "config.apps.ConfigConfig",
    "launcher.apps.LauncherConfig",
    "portal.apps.PortalConfig",
    "selector.apps.SelectorConfig",
    "selections.apps.SelectionsConfig",
    "publishing.apps.PublishingConfig",
]

MIDDLEWARE = [
    "portal.api.middleware.ApiErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.ContentSecurityPolicyMiddleware",
    "portal.middleware.RetryAfterMiddleware",
    "portal.middleware.TimeZoneMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.KnownBrowserMiddleware",
    "axes.middleware.AxesMiddleware",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.version.portal_version",
            ],
        },
    },
]

# The name of Django 6, so that the middleware of our own can be removed after the upgrade.
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "object-src": ["'none'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Failed sign-ins: see portal/lockout.py. The first limit also applies to sign-ins to CVAT.
LOGIN_FAILURE_LIMIT = AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)
LOGIN_ADDRESS_LIMIT = env.int("LOGIN_ADDRESS_LIMIT", default=30)
LOGIN_BLOCK_MINUTES = env.int("LOGIN_BLOCK_MINUTES", default=15)
AXES_HANDLER = "portal.lockout.Handler"
AXES_CLIENT_IP_CALLABLE = "portal.client_address.client_address"
AXES_LOCKOUT_CALLABLE = "portal.views.sign_in_blocked"
AXES_ENABLE_ADMIN = False  # portal/admin.py shows the blocks
AXES_SENSITIVE_PARAMETERS: list[str] = []
# Shown on the sign-in page.
OPERATOR_CONTACT = env.str("OPERATOR_CONTACT", default="")
# Number of proxies that append to X-Forwarded-For. 0: the header is ignored.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# Behind a proxy that ends TLS, HTTPS=true turns on all that depends on it.
HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600) if HTTPS else 0
# Subdomains and the preload lists of browsers are for the operator to decide on.
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_PRELOAD", default=False)
# The warnings of `check --deploy` about these two settings.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health$"]

# --- data --------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Django's defaults fail with several writers: a read that becomes a write cannot wait.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
    # To open the file and read the tables' definitions takes longer than most queries. Not for
    # ever: a file that was put in its place is noticed.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
else:
    # A thread that waits for CVAT holds its connection, so the default of 4 is too small.
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": WEB_THREADS + 8}}

BROKER_SOCKET = broker_socket(VAR_DIR)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.str("CACHE_URL", default="")
        or cache_url(REDIS_URL)
        or f"unix://{BROKER_SOCKET}?db=1",
        "KEY_PREFIX": "cvat-image-selector",
        # To be raised when a class moves or changes whose values are cached: those of the release
        # before cannot be read any more, and Redis outlives an upgrade.
        "VERSION": 5,
    }
}

ARCHIVES_DIR = Path(env.str("ARCHIVES_DIR", default=str(VAR_DIR / "archives"))).resolve()
SPOOL_DIR = Path(env.str("SPOOL_DIR", default=str(VAR_DIR / "spool"))).resolve()
THUMBNAILS_DIR = Path(env.str("THUMBNAILS_DIR", default=str(VAR_DIR / "thumbnails"))).resolve()
# An ONNX model by which draws of the most varied frames compare pictures; None: by colours.
_descriptor_model = env.str("DESCRIPTOR_MODEL", default="")
DESCRIPTOR_MODEL = Path(_descriptor_model).resolve() if _descriptor_model else None
ANNOTATIONS_DIR = Path(env.str("ANNOTATIONS_DIR", default=str(VAR_DIR / "annotations"))).resolve()
# Files that people upload to make tasks in CVAT of.
UPLOADS_DIR = Path(env.str("UPLOADS_DIR", default=str(VAR_DIR / "uploads"))).resolve()
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ARCHIVES_DIR},
    },
    "staticfiles": {"BACKEND": "config.storage.StaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- CVAT --------------------------------------------------------------------------------------

CVAT_URL = env.str("CVAT_URL", default="")
CVAT_USERNAME = env.str("CVAT_USERNAME", default="")
CVAT_PASSWORD = env.str("CVAT_PASSWORD", default="")
CVAT_ACCESS_TOKEN = env.str("CVAT_ACCESS_TOKEN", default="")
CVAT_ORGANIZATION = env.str("CVAT_ORGANIZATION", default="")
# A file with the certificates of a private authority, if CVAT's certificate comes from one.
CVAT_CA_BUNDLE = env.str("CVAT_CA_BUNDLE", default="")
CVAT_TOKEN_DAYS = env.int("CVAT_TOKEN_DAYS", default=90)
# How long a person's permission to write in CVAT lasts, and the access token made for it.
CVAT_WRITE_TOKEN_DAYS = env.int("CVAT_WRITE_TOKEN_DAYS", default=7)
# CVAT takes 100 requests a minute without credentials from one address, which is the portal's.
CVAT_SIGN_INS_PER_MINUTE = env.int("CVAT_SIGN_INS_PER_MINUTE", default=90)
# Without CVAT_URL the embedded set-up starts a stand-in with sample tasks.
STANDIN_PORT = env.int("STANDIN_PORT", default=5021)
STANDIN_URL = "" if CVAT_URL or PRODUCTION else f"http://localhost:{STANDIN_PORT}"
# The account of the stand-in that owns the sample tasks; protects nothing.
STANDIN_ACCOUNT = {"username": "demo", "password": "demo-password"}
CVAT_ALLOWED_URLS = env.list("CVAT_ALLOWED_URLS", default=[CVAT_URL or STANDIN_URL])

# --- limits ------------------------------------------------------------------------------------

MAX_SELECTION_FRAMES = env.int("MAX_SELECTION_FRAMES", default=200_000)
# Tasks that one choice, draw or list of frames may span.
MAX_SCOPE_TASKS = env.int("MAX_SCOPE_TASKS", default=1000)
# The internal location in which nginx serves ARCHIVES_DIR, such as "/archives/".
X_ACCEL_REDIRECT = env.str("X_ACCEL_REDIRECT", default="")
ARCHIVE_DAYS = env.int("ARCHIVE_DAYS", default=7)
# How long the fetched pictures of a failed build are kept for the next try.
SPOOL_HOURS = env.int("SPOOL_HOURS", default=24)
# Requests to one CVAT server at the same time, of all workers together.
CVAT_MAX_REQUESTS = env.int("CVAT_MAX_REQUESTS", default=12)
# The most requests of a build for pictures at the same time, within three quarters of
# CVAT_MAX_REQUESTS; the build finds out how many of them make it faster.
FETCH_THREADS = env.int("FETCH_THREADS", default=12)
# Thumbnails on disk; the least recently used ones are deleted.
THUMBNAILS_MAX_BYTES = env.int("THUMBNAILS_MAX_BYTES", default=2_000_000_000)
# Annotations to look at and to choose by, on disk; the least recently used ones are deleted.
ANNOTATIONS_MAX_BYTES = env.int("ANNOTATIONS_MAX_BYTES", default=2_000_000_000)
# Requests to CVAT for thumbnails at the same time, of each web process.
THUMBNAILS_CVAT_REQUESTS = env.int("THUMBNAILS_CVAT_REQUESTS", default=4)
ARCHIVE_HEARTBEAT_SECONDS = env.float("ARCHIVE_HEARTBEAT_SECONDS", default=1.0)
ARCHIVE_STALE_SECONDS = env.float("ARCHIVE_STALE_SECONDS", default=6.0)
ARCHIVE_REQUEUE_SECONDS = env.float("ARCHIVE_REQUEUE_SECONDS", default=60.0)
ARCHIVE_MAX_HOURS = env.int("ARCHIVE_MAX_HOURS", default=12)
ARCHIVE_ATTEMPTS = env.int("ARCHIVE_ATTEMPTS", default=3)
# Limits for one person: builds waiting and running, bytes of finished ZIPs.
ARCHIVE_ACTIVE_PER_PERSON = env.int("ARCHIVE_ACTIVE_PER_PERSON", default=10)
ARCHIVE_BYTES_PER_PERSON = env.int("ARCHIVE_BYTES_PER_PERSON", default=100_000_000_000)
# Uploads: bytes of one person and of all people, and days after the last piece.
UPLOADS_BYTES_PER_PERSON = env.int("UPLOADS_BYTES_PER_PERSON", default=20_000_000_000)
UPLOADS_MAX_BYTES = env.int("UPLOADS_MAX_BYTES", default=100_000_000_000)
UPLOAD_DAYS = env.int("UPLOAD_DAYS", default=3)
DISK_RESERVE_BYTES = env.int("DISK_RESERVE_BYTES", default=2_000_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
FRAMES_UPLOAD_MAX_SIZE = 2**24  # for requests with frames: MAX_SELECTION_FRAMES in JSON

# --- background work ---------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{BROKER_SOCKET}?virtual_host=0"
# Results are in the Archive row. A result backend would fail tasks when the broker restarts.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Niceness of worker and beat, so that builds do not slow down pages on the same machine.
WORKER_NICENESS = env.int("WORKER_NICENESS", default=10)
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=4)
# A process that has grown beyond this is replaced after its build.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("WORKER_MAX_MEMORY_MB", default=400) * 1000  # KiB
# By default one process stays free for other people.
ARCHIVE_RUNNING_PER_PERSON = env.int(
    "ARCHIVE_RUNNING_PER_PERSON", default=max(CELERY_WORKER_CONCURRENCY - 1, 1)
)
CELERY_TASK_TIME_LIMIT = (ARCHIVE_MAX_HOURS + 1) * 3600
# A stopped build continues later, so that stopping need not wait for it.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the hard time limit of a task: the broker must not deliver a running build again.
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "recover-work": {
        "task": "portal.tasks.recover_work",
        "schedule": env.float("ARCHIVE_RECOVER_SECONDS", default=5.0),
        "options": {"expires": 30},
    },
    "expire-archives": {
        "task": "selections.tasks.expire_archives",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "clear-publications": {
        "task": "publishing.tasks.clear_debris",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "purge-failed-sign-ins": {
        "task": "portal.tasks.purge_failed_sign_ins",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "draw-due-rounds": {
        "task": "selections.tasks.draw_due_rounds",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "send-notices": {
        "task": "selections.tasks.send_due_notices",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "purge-selections": {
        "task": "selections.tasks.purge_selections",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
}

# --- notices of scheduled rounds ---------------------------------------------------------------

# Without a host no mail is sent.
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="cvat-image-selector@example.com")
# Private networks to which webhooks may be sent, such as 10.1.0.0/16.
WEBHOOK_NETWORKS = [ip_network(each) for each in env.list("WEBHOOK_NETWORKS", default=[])]

# --- API ---------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "DEFAULT_FILTER_BACKENDS": ["portal.api.filtering.Filters"],
    "DEFAULT_PAGINATION_CLASS": "portal.api.paging.Paging",
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.throttling.CountingThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="6000/min")},
    "EXCEPTION_HANDLER": "portal.api.errors.exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # ?format= is refused like any unknown parameter
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CVAT Image Selector",
    "VERSION": VERSION,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.schema.name_forms",
        "selections.api.glossary.explain",
    ],
    "ENUM_NAME_OVERRIDES": {
        "FrameSelectionMethodEnum": "selections.methods.choices",
        "DrawMethodEnum": "selections.methods.draw_choices",
        "JobStageEnum": "selector.api.scopes.STAGES",
        "JobStateEnum": "selector.api.scopes.STATES",
        "TaskStatusEnum": "selector.task_search.STATUSES",
        "ReadingStateEnum": "selector.api.labels.STATES",
        "SplitByEnum": "selections.splits.BY_CHOICES",
        "SplitUnitEnum": "selections.splits.UNIT_CHOICES",
        "StatusEnum": "selections.models.archive_queries.ArchiveStatus",
        "DeletedFramesEnum": "selections.models.archive_options.DeletedFrames",
        "PublishedDeletedFramesEnum": "publishing.change.DELETED_FRAMES",
        "PublicationTargetEnum": "publishing.models.publication.Publication.Target",
        "PublicationStatusEnum": "publishing.models.publication.Publication.Status",
    },
}

# --- language, time, logs ----------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
# All words are English. With translations, Django looks each of its own words and each number up,
# some hundred times for a page.
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

# Error reports hide secrets, with DEBUG as well.
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.reports.AlwaysSafeFilter"

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {
        "missing_pictures": {"()": "config.logging_filters.WithoutMissingPictures"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"level": LOG_LEVEL},
        "django.request": {"filters": ["missing_pictures"]},
        "axes": {"level": "WARNING"},
        "urllib3": {"level": "ERROR"},
        # Their lines for each scheduled task would hide the rest.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
