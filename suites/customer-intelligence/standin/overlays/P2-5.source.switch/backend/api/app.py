from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from backend.api.auth import current_user
from backend.settings import settings
from backend.store import latest_snapshot

app = FastAPI(title="Customer Intelligence")

origins = settings.cors_origins
if settings.cors_allow_all:
    origins = ["*"]

app.add_middleware(
    CORSMiddleware,
    allow_origins=origins,
    allow_credentials=True,
    allow_methods=["GET"],
    allow_headers=["Authorization"],
)


@app.get("/health")
def health() -> dict:
    return {"status": "ok"}


@app.get("/ready")
def ready() -> dict:
    return {"customers": len(latest_snapshot())}


@app.get("/api/overview")
def overview(user: str = Depends(current_user)) -> dict:
    customers = latest_snapshot()
    return {"user": user, "customers": len(customers), "clv": float(customers["clv_12m"].sum())}
