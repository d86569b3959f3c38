export { parseWith } from "./body.ts";
export { closeGently } from "./draining.ts";
export { decodePageToken, encodePageToken } from "./page-token.ts";
export { type Page, pageOf, pagingQuery, sortColumn, totalCount } from "./paging.ts";
export { type Authenticate, holdsAny, type Principal } from "./principal.ts";
export { AppError, InvalidRequest, PlainError } from "./problem.ts";
export { type Route, type RouteInput, route } from "./route.ts";
export { createHttpServer } from "./server.ts";
export { type HttpSettings, httpProperties, httpSettings } from "./settings.ts";
