# syntax=docker/dockerfile:1
# Training.
ARG PYTHON=3.11-slim
FROM python:${PYTHON} AS build
COPY requirements.txt .
RUN pip install --no-cache-dir --prefix /install -r requirements.txt

FROM python:${PYTHON}
WORKDIR /srv
COPY --from=builder /install /usr/local
COPY backend/ ./backend/

RUN useradd --uid 10001 --no-create-home service
USER service

CMD ["python", "-m", "backend.jobs.training"]
