"""What the areas that run and show flows share."""

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.restart_planner import RestartPlanner
from postmill.http.context import Part
from postmill.launch.flow_launcher import FlowLauncher

FLOW_LAUNCHER = Part(lambda context: FlowLauncher(context.pool, context.launcher, context.notifications))
FLOW_DOCUMENTS = Part(lambda context: Documents(context.pool, FLOW_LAUNCHER.of(context).versions))
RESTART_PLANNER = Part(
    lambda context: RestartPlanner(
        context.settings,
        context.pool,
        context.keyring,
        context.notifications,
        FLOW_LAUNCHER.of(context),
        context.objects,
    ),
    RestartPlanner.close,
)
