# One image; the command says what it is: web, dispatcher or worker (docker-compose.yml).
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY . .
RUN pip install --no-deps --no-build-isolation -e . \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin kpi \
    && install -d -o kpi -g kpi /data

ENV VAR_DIR=/data STATIC_ROOT=/app/static_collected
# The addresses are needed to start and are not used: collecting touches neither database nor broker.
RUN VAR_DIR=/tmp/build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build KPI_URL_BASE=http://localhost \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    python manage.py collectstatic --noinput --verbosity 0 && rm -rf /tmp/build

USER kpi
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "web", "--host", "0.0.0.0", "--port", "8000", "--migrate"]
