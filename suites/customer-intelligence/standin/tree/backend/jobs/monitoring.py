import time

from prometheus_client import Gauge, start_http_server

from backend.settings import database_password, settings
from backend.store import latest_snapshot

CUSTOMERS = Gauge("customers", "customers in the latest snapshot")
CONNECTED = Gauge("database_configured", "whether the database's password is there")


def main() -> None:
    start_http_server(settings.metrics_port)
    CONNECTED.set(1 if database_password() else 0)
    while True:
        CUSTOMERS.set(len(latest_snapshot()))
        time.sleep(60)


if __name__ == "__main__":
    main()
