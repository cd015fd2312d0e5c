# syntax=docker/dockerfile:1
# Metrics of the snapshots.
ARG PYTHON=3.11-slim
FROM python:${PYTHON} AS build
RUN useradd --uid 10001 --no-create-home service
USER service

FROM python:${PYTHON}
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY backend/ ./backend/

EXPOSE 9090
CMD ["python", "-m", "backend.jobs.monitoring"]
