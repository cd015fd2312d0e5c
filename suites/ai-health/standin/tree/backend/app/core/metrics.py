from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    key: str
    lowest: float
    highest: float


METRICS = {
    metric.key: metric
    for metric in (
        Metric("sleep_duration", 0, 1440),
        Metric("resting_hr", 20, 220),
        Metric("steps", 0, 200_000),
    )
}
