export type { OutboxEvent } from "./events.ts";
export { OutboxRelay, relayProperties, relaySettings, type Subscriber } from "./relay.ts";
export { appendEvents, type DueEvent } from "./store.ts";
