# syntax=docker/dockerfile:1
# Batch scoring; --model says which.
ARG PYTHON=3.11-slim
FROM python AS build
COPY requirements.txt .
RUN pip install --no-cache-dir --prefix /install -r requirements.txt

FROM python:${PYTHON}
WORKDIR /srv
COPY --from=build /install /usr/local
COPY backend/ ./backend/

RUN useradd --uid 10001 --no-create-home service
USER service

ENTRYPOINT ["python", "-m", "backend.jobs.batch"]
CMD ["--model", "churn"]
