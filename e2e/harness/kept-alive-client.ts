import { Agent, request } from "node:http";

const REQUEST_TIMEOUT_MS = 60_000;

/** Status 0: there was no answer, and the text says why. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One connection that is kept alive between requests, as browsers and scripts keep theirs. Sends nothing twice by itself. */
export class KeptAliveClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
  }

  /** Never rejects. */
  ask(method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    return new Promise((resolve) => {
      const sent = request(this.#url + path, {
        method,
        agent: this.#agent,
        headers: { ...this.#headers, ...headers, ...length },
        timeout: REQUEST_TIMEOUT_MS,
      });
      sent.on("response", (answer) => {
        let text = "";
        answer.on("data", (chunk) => (text += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.on("error", (error) => resolve({ status: 0, text: `answer cut: ${error.message}` }));
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
      sent.on("error", (error) => resolve({ status: 0, text: String(error) }));
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
