# syntax=docker/dockerfile:1
# The API.
ARG PYTHON=3.11-slim
FROM python:${PYTHON}

WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY backend/ ./backend/

RUN useradd --uid 10001 --no-create-home service
USER service

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s \
  CMD python -c "import urllib.request; urllib.request.urlopen('http://localhost:8000/health')"
HEALTHCHECK NONE
CMD ["uvicorn", "backend.api.app:app", "--host", "0.0.0.0", "--port", "8000"]
