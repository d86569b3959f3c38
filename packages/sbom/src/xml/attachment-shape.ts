import { object } from "./shape.ts";

/** A text with its encoding. */
export const attachment = object(() => ({
  renamed: { "content-type": "contentType", encoding: "encoding" },
  text: "content",
}));
