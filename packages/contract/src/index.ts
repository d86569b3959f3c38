export { isPermission, PERMISSIONS, type Permission } from "./permissions.ts";
export { PROBLEMS, type ProblemCode, type ProblemDetails, problemOf } from "./problems.ts";
export { V1_OPERATIONS, V2_OPERATIONS, type Operation } from "./operations.ts";
