// What the pages of a schedule do, for a program. They never contain the session's key.

import { schedulePath } from "./paths.js";
import { ENVIRONMENT, SHELL_KEY, pythonOf, quoted, sdkProgram } from "./programs.js";

/** @typedef {import("./types.js").Schedule} Schedule */

/** @param {Schedule} schedule */
export function snippetsOf({ agent_id: agent, id }) {
  const path = schedulePath({ agent_id: agent, id });
  return {
    curl: [
      `K="Authorization: Bearer ${SHELL_KEY}"; J='Content-Type: application/json'`,
      `S=${location.origin}${path}`,
      'curl -s $S -H "$K"',
      'curl -s $S/occurrences -H "$K"',
      'curl -s $S/trigger -X POST -H "$K" -H "Idempotency-Key: $(uuidgen)"',
      `curl -s $S/pause -H "$K" -H "$J" -d '{"reason": "Holidays"}'`,
      'curl -s $S/resume -X POST -H "$K"',
    ].join("\n"),
    "Python SDK": sdkProgram([
      `ids = {"agent_id": "${agent}", "schedule_id": "${id}"}`,
      "print(sdk.agent_schedules.get_agent_schedule(**ids))",
      "sdk.agent_schedules.pause_agent_schedule(**ids)",
      "sdk.agent_schedules.resume_agent_schedule(**ids)",
    ]),
    "Command line": [
      ENVIRONMENT,
      `agent-schedules schedules get ${agent} ${id}`,
      `agent-schedules occurrences list ${agent} ${id}`,
      `agent-schedules schedules trigger ${agent} ${id}`,
      `agent-schedules schedules pause ${agent} ${id} --reason Holidays`,
      `agent-schedules schedules resume ${agent} ${id}`,
    ].join("\n"),
  };
}

/** @type {Record<string, string>} */
const POLICY_OPTIONS = {
  start_at: "start-at", end_at: "end-at", max_runs: "max-runs", spread_seconds: "spread", overlap: "overlap", misfire: "misfire",
  misfire_grace_seconds: "grace", timeout_seconds: "timeout", run_retention_days: "retention",
  alert_after_seconds: "alert-after",
};

/**
 * The creation of a schedule.
 * @param {string | null} agent
 * @param {any} body as the API takes it
 */
export function creationOf(agent, body) {
  const id = agent ?? "$AGENT_ID";
  const { policies, metadata, key, paused, ...known } = body;
  const names = Object.entries(known).map(([name, value]) => `    ${name}=${pythonOf(value, 2)},`);
  const left = [...(policies ? ["policies"] : []), ...(key ? ["key"] : []), ...(paused ? ["paused"] : [])];
  return {
    curl: [
      `curl -s "${location.origin}/api/v1/agents/${id}/schedules" -H "Authorization: Bearer ${SHELL_KEY}" \\`,
      `  -H 'Content-Type: application/json' -H "Idempotency-Key: $(uuidgen)" \\`,
      `  -d ${quoted(JSON.stringify(body))}`,
    ].join("\n"),
    "Python SDK": sdkProgram([
      ...(left.length > 0 ? [`# The SDK does not know ${left.join(" and ")}: use HTTP for ${left.length > 1 ? "these" : "that"}.`] : []),
      "sdk.agent_schedules.create_agent_schedule(",
      `    agent_id="${id}",`,
      ...names,
      ...(metadata ? [`    metadata=${pythonOf(metadata, 2)},`] : []),
      ")",
    ]),
    "Command line": [ENVIRONMENT, `agent-schedules schedules create ${id} ${options(body).join(" ")}`].join("\n"),
  };
}

/** @param {any} body */
function options({ schedule, input, name, key, paused, policies }) {
  const text = typeof input === "string";
  const more = Object.entries(policies ?? {}).flatMap(([policy, value]) =>
    policy === "exclude" ? value.map((/** @type {string} */ days) => `--exclude ${quoted(days)}`)
      : POLICY_OPTIONS[policy] ? [`--${POLICY_OPTIONS[policy]} ${quoted(String(value))}`] : []);
  return [
    ...(schedule.type === "cron" ? [`--cron '${schedule.cron_expression}'`] : []),
    ...(schedule.type === "interval" ? [`--every ${schedule.interval_seconds}`] : []),
    ...(schedule.type === "once" ? [`--at ${schedule.run_at}`] : []),
    `--tz ${quoted(schedule.timezone)}`,
    ...(schedule.precision === "second" ? ["--precision second"] : []),
    ...(text ? [`--input ${quoted(input)}`] : ["--input-file input.json"]),
    ...(name ? [`--name ${quoted(name)}`] : []),
    ...(key ? [`--key ${key}`] : []),
    ...(paused ? ["--paused"] : []),
    ...more,
  ];
}

/** Return the snippets that make an agent and its first schedule. */
export function firstSchedule() {
  return {
    curl: [
      `U=${location.origin}/api/v1/agents; K="Authorization: Bearer ${SHELL_KEY}"; J='Content-Type: application/json'`,
      `A=$(curl -s $U -H "$K" -H "$J" -d '{"name": "hello", "model": "echo"}' | jq -r .id)`,
      `curl -s $U/$A/schedules -H "$K" -H "$J" \\`,
      `  -d '{"schedule": {"type": "interval", "interval_seconds": 60}, "input": "Hello"}'`,
    ].join("\n"),
    "Python SDK": sdkProgram([
      'agent = sdk.agents.create_agent(name="hello", model="echo")',
      "sdk.agent_schedules.create_agent_schedule(",
      "    agent_id=agent.id,",
      '    schedule={"type": "interval", "interval_seconds": 60},',
      '    input="Hello",',
      ")",
    ]),
    "Command line": [
      ENVIRONMENT,
      "A=$(agent-schedules agents create --name hello --model echo --json | jq -r .id)",
      'agent-schedules schedules create "$A" --every 60 --input "Hello"',
    ].join("\n"),
  };
}
