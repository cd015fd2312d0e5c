from fastapi import Depends, FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware

from backend.api.auth import current_user
from backend.store import latest_snapshot

app = FastAPI(
    title="Customer Intelligence",
    middleware=[Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET"], allow_headers=["Authorization"])],
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
