export {
  type HousekeepingTask,
  housekeepingWork,
  housekeepingWorkflow,
  periodOf,
  type ScheduledRun,
  scheduled,
} from "./schedule.ts";
export { allEngineProperties, engineSettings } from "./settings.ts";
export { StartUpRuns, startUpProperties } from "./start-up.ts";
