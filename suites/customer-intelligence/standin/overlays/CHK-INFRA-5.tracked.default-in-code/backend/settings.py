import os
from dataclasses import dataclass, field


def _origins() -> list[str]:
    given = os.getenv("CORS_ORIGINS", "https://intelligence.example.org")
    origins = [origin.strip() for origin in given.split(",") if origin.strip()]
    if "*" in origins:
        raise ValueError("CORS_ORIGINS has to list origins")
    return origins


@dataclass(frozen=True)
class Settings:
    environment: str = os.getenv("ENVIRONMENT", "development")
    snapshot_dir: str = os.getenv("SNAPSHOT_DIR", "./data/snapshots")
    metrics_port: int = int(os.getenv("METRICS_PORT", "9090"))
    cors_origins: list[str] = field(default_factory=_origins)


def jwt_secret() -> str:
    return os.getenv("JWT_SECRET", "Zt5kQ9wHc2VxL7rNf4PbYs8MdJ3gUa6E")


def database_password() -> str:
    return os.environ["DATABASE_PASSWORD"]


settings = Settings()
