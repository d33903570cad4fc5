// Create a schedule.

import { html, useMemo } from "../lib/h.js";
import { useAgentList } from "../lib/names.js";
import { useQuery } from "../lib/router.js";
import { emptyForm } from "../lib/schedule_form.js";
import { allows } from "../lib/session.js";
import { OWN_ZONE } from "../lib/time.js";
import { ReadsOnly } from "../parts/empty.js";
import { NEW_AGENT } from "../parts/form_agent.js";
import { Loaded } from "../parts/loaded.js";
import { Page } from "../parts/page.js";
import { ScheduleForm } from "../parts/schedule_form.js";

/** @typedef {import("../lib/types.js").Agent} Agent */

export function NewSchedule() {
  const [query] = useQuery();
  const list = useAgentList();
  const agents = list.data;
  const initial = useMemo(() => {
    const agent = query.agent || (agents?.length === 1 ? agents[0].id : "");
    return { ...emptyForm({ agent, zone: OWN_ZONE }), newAgent: agents?.length === 0 && !agent ? NEW_AGENT : null };
  }, [agents === undefined]);
  return html`<${Page} title="New schedule" kicker=${html`<a href="/console/schedules">Schedules</a>`}>
    ${!allows("write") ? html`<${ReadsOnly} to="create a schedule" />`
      : html`<${Loaded} of=${list}>${(/** @type {Agent[]} */ found) => html`<${ScheduleForm} initial=${initial} agents=${found} />`}<//>`}
  <//>`;
}
