// A schedule's life through the client that openapi-typescript and openapi-fetch make of the document. It prints what
// it saw, for tests/clients. `tsc` holds it to the generated types, and Node.js runs it as it is.
import createClient from "openapi-fetch";
import type { paths } from "./schema.d.ts";

declare const process: { argv: string[] };
const [baseUrl, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

function there<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const agent = there(
  await client.POST("/api/v1/agents", {
    body: {
      name: "hello", model: "echo", tools: [], parallel_tool_calls: true, fallback_models: [], metadata: { team: "news" },
    },
  }),
);
const changed = there(
  await client.POST("/api/v1/agents/{agent_id}", {
    params: { path: { agent_id: agent.id } },
    body: { tool_choice: { type: "auto" } },
  }),
);
const at = { agent_id: agent.id };
const schedule = there(
  await client.POST("/api/v1/agents/{agent_id}/schedules", {
    params: { path: at },
    body: { schedule: { type: "cron", cron_expression: "30 9 * * 1-5", timezone: "Europe/Lisbon" }, input: "hello" },
  }),
);
const listed = there(
  await client.GET("/api/v1/agents/{agent_id}/schedules", { params: { path: at, query: { limit: 5, order: "asc" } } }),
);
const one = { path: { ...at, schedule_id: schedule.id } };
const paused = there(await client.POST("/api/v1/agents/{agent_id}/schedules/{schedule_id}/pause", { params: one }));
const deleted = there(await client.DELETE("/api/v1/agents/{agent_id}/schedules/{schedule_id}", { params: one }));
const refused = await client.GET("/api/v1/agents/{agent_id}", { params: { path: { agent_id: "none" } } });
console.log(
  JSON.stringify({
    version: changed.version,
    created: schedule.status,
    listed: listed.data.map((item) => item.id === schedule.id),
    paused: paused.status,
    deleted: deleted.deleted,
    refused: [refused.response.status, refused.error?.error.message],
  }),
);
