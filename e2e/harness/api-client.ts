import { until } from "./until.ts";

/** A minimal client of the REST API, as a CI script would be one. */
export class ApiClient {
  readonly url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, apiKey?: string) {
    this.url = url;
    this.#headers = apiKey === undefined ? {} : { "X-Api-Key": apiKey };
  }

  /** What identifies this client, for requests that are sent by other means. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** The same key at another address. */
  at(url: string): ApiClient {
    return new ApiClient(url, this.#headers["X-Api-Key"]);
  }

  /** Answers of any status; `json` is undefined where the body is not JSON. */
  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isRaw =
      body instanceof FormData || body instanceof URLSearchParams || typeof body === "string" || body === undefined;
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.#headers, ...(isRaw ? {} : { "Content-Type": "application/json" }), ...headers },
      ...(body === undefined
        ? {}
        : { body: isRaw ? (body as string | FormData | URLSearchParams) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: tryJson(text) };
  }

  /** As request; throws unless the status is 2xx. */
  async expect<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const answer = await this.request(method, path, body, headers);
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`);
    return answer.json as T;
  }

  /** Uploads a BOM with autoCreate; the answer's token. */
  async upload(
    bom: Uint8Array | string,
    project: { name: string; version: string },
    headers: Record<string, string> = {},
  ) {
    const form = new FormData();
    form.set("projectName", project.name);
    form.set("projectVersion", project.version);
    form.set("autoCreate", "true");
    form.set("bom", new Blob([typeof bom === "string" ? bom : Buffer.from(bom)]), "bom.json");
    return this.expect<{ token: string; projectUuid: string }>("POST", "/api/v1/bom", form, headers);
  }

  /** Resolves when everything that follows from an upload has ended. */
  async processed(token: string, timeoutMs = 180_000): Promise<void> {
    await until(`token ${token} ends`, timeoutMs, async () => {
      const { processing } = await this.expect<{ processing: boolean }>("GET", `/api/v1/event/token/${token}`);
      return !processing;
    });
  }

  /** Every item of a paginated v1 list. */
  async listAll<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    for (let page = 1; page <= 10_000; page++) {
      const separator = path.includes("?") ? "&" : "?";
      const part = await this.expect<T[]>("GET", `${path}${separator}pageNumber=${page}&pageSize=500`);
      items.push(...part);
      if (part.length < 500) break;
    }
    return items;
  }
}

/** First login of a fresh installation: changes admin's password and makes a key of the team Administrators. */
export async function administratorOf(url: string): Promise<ApiClient> {
  const anonymous = new ApiClient(url);
  const password = `e2e-${crypto.randomUUID()}`;
  const change = { username: "admin", password: "admin", newPassword: password, confirmPassword: password };
  await anonymous.expect("POST", "/api/v1/user/forceChangePassword", new URLSearchParams(change));
  const { text: token } = await anonymous.request(
    "POST",
    "/api/v1/user/login",
    new URLSearchParams({ username: "admin", password }),
  );
  const bearer = { Authorization: `Bearer ${token}` };
  const teams = await anonymous.expect<{ uuid: string; name: string }[]>("GET", "/api/v1/team", undefined, bearer);
  const administrators = teams.find(({ name }) => name === "Administrators");
  const { key } = await anonymous.expect<{ key: string }>(
    "PUT",
    `/api/v1/team/${administrators?.uuid}/key`,
    undefined,
    bearer,
  );
  return new ApiClient(url, key);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
