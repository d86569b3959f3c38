export {
  type HousekeepingTask,
  housekeepingWork,
  housekeepingWorkflow,
  type ScheduledRun,
  scheduled,
} from "./schedule.ts";
export { allEngineProperties, engineSettings } from "./settings.ts";
