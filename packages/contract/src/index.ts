export { type Operation, V1_OPERATIONS, V2_OPERATIONS } from "./operations.ts";
export { isPermission, PERMISSIONS, type Permission } from "./permissions.ts";
export { PROBLEMS, type ProblemCode, type ProblemDetails, problemOf } from "./problems.ts";
