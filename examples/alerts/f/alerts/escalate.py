"""Format a batch of alerts by calling another script, and report the worst first."""

from concurrent.futures import ThreadPoolExecutor

import wmill
from f.alerts.severity import LEVELS


def main(alerts: list[dict] = [{"service": "billing", "score": 80, "text": "queue is growing"}]):
    def formatted(alert: dict) -> dict:
        return wmill.run_script_by_path("f/alerts/format_alert", args=alert)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(formatted, alerts))
    return sorted(done, key=lambda alert: LEVELS.index(alert["level"]), reverse=True)
