from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from backend.api.auth import current_user
from backend.settings import settings
from backend.store import latest_snapshot

app = FastAPI(title="Customer Intelligence")

app.add_middleware(
    CORSMiddleware,
    allow_origins=settings.cors_origins,
    allow_credentials=True,
    allow_methods=["GET"],
    allow_headers=["Authorization"],
)


partners = FastAPI(title="Partners")
partners.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET"])


@partners.get("/overview")
def partner_overview(user: str = Depends(current_user)) -> dict:
    return {"user": user, "customers": len(latest_snapshot())}


app.mount("/partners", partners)


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
