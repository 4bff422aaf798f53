# One image for web server, worker and beat; docker-compose.yml says which is which.
FROM python:3.11-slim

# MALLOC_ARENA_MAX: with one heap for each fetching thread a worker keeps a fifth more memory.
ENV PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    VAR_DIR=/app/var \
    ARCHIVES_DIR=/data/archives \
    SPOOL_DIR=/data/spool \
    ANNOTATIONS_DIR=/data/annotations \
    UPLOADS_DIR=/data/uploads \
    THUMBNAILS_DIR=/data/thumbnails \
    BIND=0.0.0.0 \
    PORT=5020

WORKDIR /app

COPY requirements.txt ./
RUN pip install -r requirements.txt

COPY manage.py ./
COPY launcher ./launcher
COPY config ./config
COPY publishing ./publishing
COPY selections ./selections
COPY selector ./selector
COPY portal ./portal
COPY cvat ./cvat
COPY templates ./templates
COPY static ./static

# Static files belong to the code and are in the image; data is in /data. The keys here are for this
# step only: the real ones come from the environment.
RUN useradd --system --uid 10001 --home-dir /app portal \
    && SECRET_KEY=none FIELD_ENCRYPTION_KEYS=none python manage.py collectstatic --noinput \
    && mkdir -p /data/archives /data/spool /data/annotations /data/thumbnails \
    && chown -R portal /app/var /data

USER portal
VOLUME /data
EXPOSE 5020

HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-m", "launcher.probing"]

CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:5020", "--worker-class", "launcher.web_worker.Worker", \
     "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", \
     "--keep-alive", "75", "--preload", "--no-control-socket", "--access-logfile", "-"]
