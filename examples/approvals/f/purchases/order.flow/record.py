def main(total: float, approvers: list[str], answer: dict | None):
    """What was decided, as a table."""
    comment = (answer or {}).get("comment", "")
    return [{"total": total, "approved_by": ", ".join(approvers) or "nobody", "comment": comment}]
