// What a TypeScript script does with windmill-client: runs, results, variables, resources, state.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_PATH}/../index.js`);
const wmill = require("windmill-client");

const told = {};
told.sync = await wmill.runScript("u/admin/add", null, { a: 2, b: 3 });
const id = await wmill.runScriptAsync("u/admin/add", null, { a: 20, b: 3 });
told.id = id;
told.waited = await wmill.waitJob(id);
told.result = await wmill.JobService.getCompletedJobResult({ workspace: "main", id });
told.maybe = await wmill.JobService.getCompletedJobResultMaybe({ workspace: "main", id });
told.root = (await wmill.getRootJobId(id)) === id;
try {
  await wmill.runScript("u/admin/broken", null, {});
} catch (error) {
  told.failure = String(error.message ?? error);
}
await wmill.setVariable("u/admin/from_node", "one");
await wmill.setVariable("u/admin/from_node", "two");
told.variable = await wmill.getVariable("u/admin/from_node");
await wmill.setResource({ n: 1 }, "u/admin/node_thing", "any");
await wmill.setResource({ n: 2 }, "u/admin/node_thing", "any");
told.resource = await wmill.getResource("u/admin/node_thing");
told.noState = (await wmill.getState("u/admin/node_state")) ?? null;
await wmill.setState({ seen: 3 }, "u/admin/node_state");
told.state = await wmill.getState("u/admin/node_state");
told.job = (await wmill.JobService.getJob({ workspace: "main", id })).type;
told.list = (await wmill.JobService.listJobs({ workspace: "main", perPage: 5 })).length;
told.whoami = (await wmill.UserService.globalWhoami()).email;
told.email = await wmill.usernameToEmail("admin");
console.log(JSON.stringify(told));
