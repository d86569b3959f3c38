import { object } from "./xml-shapes.ts";

/** A text with its encoding. */
export const attachment = object({
  attributes: { "content-type": "contentType", encoding: "encoding" },
  text: "content",
});
