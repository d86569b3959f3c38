/** Something that happened, told upwards: written in the transaction of the change itself. */
export interface OutboxEvent {
  /** Derived from run and step where there is one, so that a repeated step tells once. */
  eventId: string;
  /** e.g. `BOM_PROCESSED`; the names of notification groups where such exist. */
  type: string;
  /** UUID of the project or other thing it is about. */
  subject?: string;
  payload: Record<string, unknown>;
}
