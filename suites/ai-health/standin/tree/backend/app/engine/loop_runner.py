from app.core.logging import get_logger
from app.core.metrics import METRICS
from app.engine.baselines import BaselineUnavailable, baseline_of

logger = get_logger(__name__)

CHANGE_AT = 1.5


def run_loop(user_id: int, history: dict[str, list[float]]) -> list[dict]:
    insights = []
    for key in METRICS:
        values = history.get(key, [])
        try:
            centre, spread = baseline_of(values)
        except BaselineUnavailable as problem:
            logger.warning("no baseline of %s for user %s: %s", key, user_id, problem)
            continue
        latest = values[-1]
        distance = (latest - centre) / spread if spread else 0.0
        if abs(distance) >= CHANGE_AT:
            insights.append({"metric_key": key, "value": latest, "distance": round(distance, 2)})
    return insights
