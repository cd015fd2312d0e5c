from statistics import mean, pstdev

from app.core.metrics import METRICS


class BaselineUnavailable(Exception):
    pass


def baseline_of(values: list[float]) -> tuple[float, float]:
    if len(values) < 5:
        raise BaselineUnavailable(f"{len(values)} values are too few")
    return mean(values), pstdev(values)


def known_metric(key: str) -> bool:
    return key in METRICS
