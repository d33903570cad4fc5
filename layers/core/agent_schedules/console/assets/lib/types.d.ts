// The API's own types, from docs/openapi.json: `make check-console` makes `api-types` of it.
import type { components } from "api-types";

type Schemas = components["schemas"];

export type Whoami = Schemas["WhoamiView"];
export type Schedule = Schemas["ScheduleView"];
export type FoundSchedule = Schemas["FoundScheduleView"];
export type Timing = Schedule["schedule"];
export type Agent = Schemas["AgentView"];
export type AgentVersion = Schemas["AgentVersionView"];
export type ApiKey = Schemas["ApiKeyView"];
export type Webhook = Schemas["WebhookView"];
export type Delivery = Schemas["DeliveryView"];
export type EventType = NonNullable<Schemas["CreateWebhookBody"]["events"]>[number];
export type Run = Schemas["AgentRunView"];
export type RunSummary = Schemas["RunSummaryView"];
export type Occurrence = Schemas["OccurrenceOutcomeView"];
export type Upcoming = Schemas["UpcomingView"];
export type Preview = Schemas["PreviewView"];
export type BackfillPlan = Schemas["BackfillView"];
export type Problem = Schemas["ProblemView"];
export type Summary = Schemas["SummaryView"];
export type Job = Schemas["JobView"];
export type Limits = Schemas["LimitsView"];

export interface List<T> {
  data: T[];
  has_more: boolean;
  next_cursor?: string | null;
}
