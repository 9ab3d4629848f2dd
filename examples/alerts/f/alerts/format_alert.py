"""Turn an alert into the message that people read."""

from f.alerts.severity import level


def main(service: str, score: int, text: str = "") -> dict:
    return {"level": level(score), "message": f"[{level(score)}] {service}: {text or 'no details'}"}
