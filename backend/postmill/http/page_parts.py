"""The child that reads tables, which results and files share."""

from postmill.http.context import Part
from postmill.result_pages.pages import ResultPages

# Starts nothing before the first page is asked for.
PAGES = Part(lambda context: ResultPages(context.settings, context.objects), ResultPages.close)
