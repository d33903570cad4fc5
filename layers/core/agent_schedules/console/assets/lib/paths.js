// The paths of things in the API.

/** @param {string} id */
export const agentPath = (id) => `/api/v1/agents/${encodeURIComponent(id)}`;

/** @param {{ agent_id: string, id: string }} schedule */
export const schedulePath = ({ agent_id, id }) => `${agentPath(agent_id)}/schedules/${encodeURIComponent(id)}`;

/** @param {{ agent_id: string, id: string }} run */
export const runPath = ({ agent_id, id }) => `${agentPath(agent_id)}/runs/${encodeURIComponent(id)}`;
