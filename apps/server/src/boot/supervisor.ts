/**
 * The talk with `evertrack up`, which may start an instance beside another one on the same sockets, over the channel that
 * Node gives to child processes:
 *
 *   → ready              this instance answers requests, and health
 *   ← keep               it stays, even if its supervisor ends
 *   ← replaced           others answer at its ports now: leave health to them, drain, end
 *   channel closes       before `keep`: the supervisor was killed while it still tried this instance; drain, end
 */
import { z } from "zod";

/** Set by the supervisor; a channel of somebody else means nothing. */
const SUPERVISED_ENV = "EVERTRACK_SUPERVISED";

const messageSchema = z.object({ evertrack: z.enum(["keep", "replaced"]) });

/** What the supervisor can bring about. */
export interface SupervisorOrders {
  /** Others answer at this instance's ports. */
  onReplaced(): void;
  /** Nobody supervises this instance, and nobody decided that it stays. */
  onAbandoned(): void;
}

/** Listens to the supervisor, if there is one; the returned function tells it that this instance is ready. */
export function heedSupervisor(environment: NodeJS.ProcessEnv, orders: SupervisorOrders): () => void {
  if (environment[SUPERVISED_ENV] === undefined || process.channel === undefined) return () => undefined;
  let kept = false;
  process.on("message", (message) => {
    const order = messageSchema.safeParse(message).data?.evertrack;
    if (order === "keep") kept = true;
    if (order === "replaced") orders.onReplaced();
  });
  process.once("disconnect", () => {
    if (!kept) orders.onAbandoned();
  });
  // The talk alone does not keep the process.
  process.channel.unref();
  return () => {
    // A supervisor that is gone was noticed above.
    process.send?.({ evertrack: "ready" }, () => undefined);
  };
}
