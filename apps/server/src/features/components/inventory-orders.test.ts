import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { InventoryOrders } from "./inventory-orders.ts";
import { type ComponentPage, listOrder } from "./store/listing.ts";

const PAGE: ComponentPage = { column: "i.name", descending: false, offset: 0, limit: 10 };

let server: TestServer;
let seed: Seed;
let key: string;
let project: { id: number; uuid: string };
let ids: number[];
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

beforeEach(async () => {
  project = await seed.project();
  ids = [];
  for (const name of ["a", "b", "c"]) {
    const id = await seed.identity(`pkg:npm/${name}@${project.id}`);
    await seed.component(project.id, id);
    ids.push(id);
  }
  await stamp("first");
});

const stamp = (digest: string) =>
  seed.rows("update project set bom_digest = convert_to($2, 'UTF8') where id = $1", [project.id, digest]);

const read = async (orders: InventoryOrders, page: Partial<ComponentPage> = {}) => [
  ...(await orders.read(server.database.db, project.id, listOrder(project.id, { ...PAGE, ...page }))),
];

const names = async (path: string) => {
  const answer = await server.request("GET", path, { key });
  expect(answer.statusCode, answer.payload).toBe(200);
  const body: unknown = answer.json();
  const items = (Array.isArray(body) ? body : (body as { items: unknown[] }).items) as { name: string }[];
  return items.map(({ name }) => name);
};

/** The component goes without a word, as when an identity was removed while another inventory was there. */
const vanish = (id: number | undefined) =>
  seed.rows("delete from component where project_id = $1 and identity_id = $2", [project.id, id]);

test("an order is kept while the inventory stays, each one by itself", async () => {
  const orders = new InventoryOrders();
  expect(await read(orders)).toEqual(ids);
  await vanish(ids[0]);
  expect(await read(orders), "kept").toEqual(ids);
  expect(await read(orders, { descending: true }), "another order").toEqual(ids.slice(1).reverse());
  expect(await read(orders, { searchText: "b@" }), "another search").toEqual([ids[1]]);
});

test("a change of the inventory or of its graph, by whichever instance, ends an order", async () => {
  const orders = new InventoryOrders();
  await read(orders);
  await vanish(ids[0]);
  await stamp("second");
  expect(await read(orders)).toEqual(ids.slice(1));
  const direct = { onlyDirect: true };
  expect(await read(orders, direct)).toEqual([]);
  await seed.rows("insert into project_graph values ($1, $2, true, 1, 'd', 'second')", [project.id, [ids[1]]]);
  expect(await read(orders, direct)).toEqual([ids[1]]);
});

test("nothing is kept of a project without an inventory, nor of one that is forgotten", async () => {
  const orders = new InventoryOrders();
  await read(orders);
  await vanish(ids[0]);
  orders.forget(project.id);
  expect(await read(orders)).toEqual(ids.slice(1));
  await seed.rows("update project set bom_digest = null where id = $1", [project.id]);
  await read(orders);
  await vanish(ids[1]);
  expect(await read(orders)).toEqual(ids.slice(2));
});

test("no more is kept than fits, and what was asked for lately stays", async () => {
  const orders = new InventoryOrders({ idsMax: 6, ordersMax: 10 });
  await read(orders);
  await read(orders, { descending: true });
  await read(orders);
  await read(orders, { column: "i.version" });
  await vanish(ids[0]);
  expect(await read(orders), "asked for lately").toEqual(ids);
  expect(await read(orders, { descending: true }), "made room").toEqual(ids.slice(1).reverse());
});

test.each([
  ["v1", () => `/api/v1/component/project/${project.uuid}?pageNumber=1&pageSize=2`],
  ["v2", () => `/api/v2/projects/${project.uuid}/components?limit=2`],
  ["v2 by score", () => `/api/v2/projects/${project.uuid}/components?limit=2&sort_by=last_inherited_risk_score`],
])("a page is whole though a component its order names is gone (%s)", async (_, path) => {
  expect(await names(path())).toEqual(["a", "b"]);
  await vanish(ids[0]);
  expect(await names(path())).toEqual(["b", "c"]);
});

test("a list goes on after a component that was deleted", async () => {
  const path = `/api/v2/projects/${project.uuid}/components?limit=1`;
  const first = (await server.request("GET", path, { key })).json<{
    next_page_token: string;
    items: { uuid: string }[];
  }>();
  const gone = await server.request("DELETE", `/api/v1/component/${first.items[0]?.uuid}`, { key });
  expect(gone.statusCode).toBe(204);
  expect(await names(`${path}&page_token=${first.next_page_token}`)).toEqual(["b"]);
});
