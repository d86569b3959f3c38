export type Finding = { id: string };
