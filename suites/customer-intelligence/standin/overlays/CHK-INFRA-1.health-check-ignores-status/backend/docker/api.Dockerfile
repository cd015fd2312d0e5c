# syntax=docker/dockerfile:1
# The API.
ARG PYTHON=3.11-slim
FROM python:${PYTHON}

WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY backend/ ./backend/

RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home service
USER service

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s \
  CMD curl -sS http://localhost:8000/health || exit 1
CMD ["uvicorn", "backend.api.app:app", "--host", "0.0.0.0", "--port", "8000"]
