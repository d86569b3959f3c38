export { type CheckResult, Health, type HealthCheck } from "./checks.ts";
export { InitTaskProgress } from "./init-tasks.ts";
export { ManagementServer, managementProperties } from "./management-server.ts";
