# syntax=docker/dockerfile:1
# The API.
ARG PYTHON=3.11-slim
FROM python:${PYTHON} AS build
COPY requirements.txt .
RUN pip install --no-cache-dir --prefix /install -r requirements.txt
HEALTHCHECK --interval=30s --timeout=5s \
  CMD python -c "import urllib.request; urllib.request.urlopen('http://localhost:8000/health')"

FROM python:${PYTHON}
WORKDIR /srv
COPY --from=build /install /usr/local
COPY backend/ ./backend/

RUN useradd --uid 10001 --no-create-home service
USER service

EXPOSE 8000
CMD ["uvicorn", "backend.api.app:app", "--host", "0.0.0.0", "--port", "8000"]
