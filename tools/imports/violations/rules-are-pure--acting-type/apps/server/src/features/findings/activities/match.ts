export type Found = { id: string };
