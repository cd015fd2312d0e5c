import argparse

from backend.store import latest_snapshot, write_scores


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["churn", "clv"], required=True)
    model = parser.parse_args().model
    customers = latest_snapshot()
    scores = customers[["customer_id"]].assign(score=customers["recency_days"].rank(pct=True))
    write_scores(scores, f"scores_{model}")


if __name__ == "__main__":
    main()
