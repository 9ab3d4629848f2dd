def main(items: list[dict], limit: float = 100.0):
    """Adds up what an order costs, and says whether somebody has to approve it."""
    for item in items:
        if item.get("count", 1) < 1 or item.get("price", 0) < 0:
            raise ValueError(f"{item.get('name', 'an item')}: count starts at 1, and a price is not negative")
    total = round(sum(item["price"] * item.get("count", 1) for item in items), 2)
    return {"total": total, "needs_approval": total > limit}
