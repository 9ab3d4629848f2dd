import wmill


def main(total: float, items: list[dict]):
    """Asks whoever the links are sent to. What it returns is shown on the page of the approval."""
    names = ", ".join(item["name"] for item in items)
    return {
        "description": f"An order of {total:.2f} for {names}. Approve it?",
        "default_args": {"comment": ""},
        **wmill.get_resume_urls(),
    }
