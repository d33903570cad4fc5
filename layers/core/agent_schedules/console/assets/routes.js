// Which page is at which address. The first pattern that matches is taken.

import { Calendar } from "./pages/calendar.js";
import { Lost } from "./pages/lost.js";
import { Overview } from "./pages/overview.js";
import { RunPage } from "./pages/run.js";
import { SchedulePage } from "./pages/schedule.js";
import { EditSchedule } from "./pages/schedule_edit.js";
import { NewSchedule } from "./pages/schedule_new.js";
import { Schedules } from "./pages/schedules.js";
import { Soon } from "./pages/soon.js";

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
  ["/console/agents", Soon],
  ["/console/agents/:agent_id", Soon],
  ["/console/webhooks", Soon],
  ["/console/webhooks/:webhook_id", Soon],
  ["/console/settings", Soon],
  ["/docs", Soon],
];

export const NOWHERE = Lost;
