// Why a time made no run, in words.

/** @type {Record<string, string>} */
const WORDS = {
  late: "It was too late to run.",
  excluded: "Its date is excluded.",
  skip_requested: "It was asked to be skipped.",
  overlap: "Another run of the schedule was open.",
  schedule_paused: "It was due when the pause came.",
  paused: "It fell into a pause.",
  schedule_updated: "Only the timing before an update had it.",
  schedule_deleted: "It was due when the schedule was deleted.",
  agent_deleted: "It was due when the agent was deleted.",
  not_scheduled: "The schedule did not exist then, or had another timing.",
};

/** @param {string | null} reason */
export const reasonWords = (reason) => (reason === null ? "" : WORDS[reason] ?? reason.replaceAll("_", " "));
