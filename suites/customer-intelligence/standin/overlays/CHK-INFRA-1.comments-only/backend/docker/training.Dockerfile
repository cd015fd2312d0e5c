# syntax=docker/dockerfile:1

# Training.
#
# FROM python:3.11-slim
# COPY requirements.txt .
# CMD ["python", "-m", "backend.jobs.training"]

