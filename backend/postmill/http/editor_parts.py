"""What the areas that help editors share."""

from postmill.http.context import Part
from postmill.language_help.servers import LanguageHelp

LANGUAGE_HELP = Part(
    lambda context: LanguageHelp(context.pool, context.launcher, context.waiters, context.settings),
    LanguageHelp.close,
)
