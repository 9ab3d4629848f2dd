"""Queries in the editor know the tables of the database that they ask."""

import contextlib

import pytest
from platform_process import Platform, eventually
from playwright.sync_api import TimeoutError
from sql_database import sql_database

from browser.conftest import Watched
from browser.test_ui import write_code


def test_tables_and_columns_of_the_database_are_completed(
    admin: Watched, platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with sql_database(tmp_path_factory.mktemp("completed")) as value:
        resource = {"path": "u/admin/shop", "resource_type": "postgresql", "value": value, "description": ""}
        platform.post("resources/create", resource)
        make = '-- database u/admin/shop\nCREATE TABLE invoices (id int, due_date date, "Net" numeric);'
        platform.post("jobs/run_wait_result/preview", {"content": make, "language": "postgresql", "args": {}})
        platform.deploy("u/admin/asks", "SELECT 1", "postgresql")
        page = admin.open("/w/main/edit/u/admin/asks")
        write_code(page, "-- database u/admin/shop\nSELECT i. FROM invoices i WHERE ")
        suggestions = page.locator(".suggest-widget")

        def offers(typed: str, *labels: str) -> None:
            def offered() -> bool:
                page.keyboard.press("Escape")
                page.keyboard.press("Control+Space")
                with contextlib.suppress(TimeoutError):
                    suggestions.get_by_text(labels[0], exact=True).first.wait_for(timeout=3_000)
                return all(suggestions.get_by_text(label, exact=True).first.is_visible() for label in labels)

            page.keyboard.type(typed)
            eventually(offered)

        offers("i.d", "due_date")
        page.keyboard.press("Enter")
        offers(" > now() AND inv", "invoices")
        page.keyboard.press("Escape")
        lines = page.locator(".view-lines")
        assert "i.due_date" in lines.inner_text().replace("\u00a0", " ")
