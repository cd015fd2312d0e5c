# syntax=docker/dockerfile:1
# Training.
ARG PYTHON=3.11-slim
FROM python:${PYTHON}

WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY backend/__init__.py ./backend/
COPY backend/jobs/ ./backend/jobs/

RUN useradd --uid 10001 --no-create-home service
USER service

CMD ["python", "-m", "backend.jobs.training"]
