# One image for every service of docker-compose.yml.
FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 REGROUP_STATE=/var/lib/regroup-dashboard
WORKDIR /srv/regroup
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/base.txt
COPY . .
RUN useradd --system --home-dir "$REGROUP_STATE" regroup \
    && install -d -m 0700 -o regroup -g regroup "$REGROUP_STATE" /var/lib/regroup-anchors \
    && python -m compileall -q .
USER regroup
# Hashed copies of styles and scripts go into the image; the key that signs is given at run time.
RUN REGROUP_SECRET_KEY=only-while-the-image-is-being-built-0 python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8420
CMD ["python", "-m", "uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8420", \
     "--timeout-graceful-shutdown", "3", "--no-server-header", "--lifespan", "off"]
