from app.core.logging import get_logger
from app.engine.baselines import known_metric
from app.engine.loop_runner import run_loop

logger = get_logger(__name__)


def run_insights(user_id: int, history: dict[str, list[float]]) -> dict:
    unknown = sorted(key for key in history if not known_metric(key))
    if unknown:
        logger.info("metrics without definition are left out: %s", ", ".join(unknown))
    insights = run_loop(user_id, {key: values for key, values in history.items() if key not in unknown})
    return {"created": len(insights), "insights": insights}
