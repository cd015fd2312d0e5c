from sklearn.linear_model import LogisticRegression

from backend.store import latest_snapshot, write_scores


def main() -> None:
    customers = latest_snapshot()
    features = customers[["recency_days", "total_orders"]]
    model = LogisticRegression().fit(features, customers["churned"])
    write_scores(customers[["customer_id"]].assign(score=model.predict_proba(features)[:, 1]), "training_scores")


if __name__ == "__main__":
    main()
