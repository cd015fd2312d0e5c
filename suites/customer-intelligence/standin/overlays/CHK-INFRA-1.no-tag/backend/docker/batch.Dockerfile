# syntax=docker/dockerfile:1
# Batch scoring; --model says which.
FROM registry.example.org:5000/python

WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY backend/ ./backend/

RUN useradd --uid 10001 --no-create-home service
USER service

ENTRYPOINT ["python", "-m", "backend.jobs.batch"]
CMD ["--model", "churn"]
