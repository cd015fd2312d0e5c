from pathlib import Path

import pandas as pd

from backend.settings import settings

DATABASE = "postgresql://intelligence:vR8nq2Lx5KdW@db.intelligence.internal:5432/customers"


def latest_snapshot() -> pd.DataFrame:
    folders = sorted(Path(settings.snapshot_dir).glob("snapshot_date=*"))
    if not folders:
        raise FileNotFoundError(settings.snapshot_dir)
    return pd.read_parquet(folders[-1] / "customers.parquet")


def write_scores(scores: pd.DataFrame, name: str) -> Path:
    target = Path(settings.snapshot_dir) / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    scores.to_parquet(target)
    return target
