// What a TypeScript program does with windmill-client and flows: run, wait, links of approvals.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_PATH}/../index.js`);
const wmill = require("windmill-client");

const told = {};
told.run = await wmill.runFlow("u/admin/greet", { name: "bob" });
const id = await wmill.runFlowAsync("u/admin/ask", {});
told.id = id;
let status;
do {
  const job = await wmill.JobService.getJob({ workspace: "main", id });
  status = job.flow_status.modules[1];
} while (status.type !== "WaitingForEvents");
const urls = await wmill.JobService.getResumeUrls({ workspace: "main", id: status.job, resumeId: 12, approver: "bob" });
told.urls = Object.keys(urls).sort();
const answer = await fetch(urls.resume, { method: "POST", body: "{}" });
told.status = answer.status;
told.again = (await fetch(urls.resume, { method: "POST", body: "{}" })).status;
told.result = await wmill.waitJob(id);
const flow = await wmill.FlowService.getFlowByPath({ workspace: "main", path: "u/admin/greet" });
told.summary = flow.summary;
told.paths = (await wmill.FlowService.listFlows({ workspace: "main" })).map(flow => flow.path).sort();
told.versions = (await wmill.FlowService.getFlowHistory({ workspace: "main", path: "u/admin/greet" })).length;
console.log(JSON.stringify(told));
