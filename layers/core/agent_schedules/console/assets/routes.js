// Which page is at which address. The first pattern that matches is taken.

import { AgentPage } from "./pages/agent.js";
import { AgentNew } from "./pages/agent_new.js";
import { Agents } from "./pages/agents.js";
import { Calendar } from "./pages/calendar.js";
import { Lost } from "./pages/lost.js";
import { Overview } from "./pages/overview.js";
import { Reference } from "./pages/reference.js";
import { RunPage } from "./pages/run.js";
import { SchedulePage } from "./pages/schedule.js";
import { EditSchedule } from "./pages/schedule_edit.js";
import { NewSchedule } from "./pages/schedule_new.js";
import { Schedules } from "./pages/schedules.js";
import { Settings } from "./pages/settings.js";
import { WebhookPage } from "./pages/webhook.js";
import { WebhookNew } from "./pages/webhook_new.js";
import { Webhooks } from "./pages/webhooks.js";

/**
 * By pattern: the component of the page. It gets the parts of the path as its properties: `:agent_id` as `agent_id`.
 * @type {[pattern: string, page: (props: any) => unknown][]}
 */
export const ROUTES = [
  ["/console", Overview],
  ["/console/schedules", Schedules],
  ["/console/schedules/new", NewSchedule],
  ["/console/agents/:agent_id/schedules/:schedule_id", SchedulePage],
  ["/console/agents/:agent_id/schedules/:schedule_id/edit", EditSchedule],
  ["/console/calendar", Calendar],
  ["/console/agents/:agent_id/runs/:run_id", RunPage],
  ["/console/agents", Agents],
  ["/console/agents/new", AgentNew],
  ["/console/agents/:agent_id", AgentPage],
  ["/console/webhooks", Webhooks],
  ["/console/webhooks/new", WebhookNew],
  ["/console/webhooks/:webhook_id", WebhookPage],
  ["/console/settings", Settings],
  ["/docs", Reference],
];

export const NOWHERE = Lost;
