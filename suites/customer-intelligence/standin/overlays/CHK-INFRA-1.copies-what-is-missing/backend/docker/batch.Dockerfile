# syntax=docker/dockerfile:1
# Batch scoring; --model says which.
ARG PYTHON=3.11-slim
FROM python:${PYTHON}

WORKDIR /srv
COPY backend/jobs/requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY backend/ ./backend/

RUN useradd --uid 10001 --no-create-home service
USER service

ENTRYPOINT ["python", "-m", "backend.jobs.batch"]
CMD ["--model", "churn"]
