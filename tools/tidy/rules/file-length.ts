import { error, isTest, type Problem, sourcesOf, type TidyRule } from "../repository.ts";

const linesMax = 400;
const linesComfortableMax = 300;

/** A file tells one story: over 300 lines it asks to be split, over 400 it must be. Tests are asked, not forced. */
export const fileLength: TidyRule = {
  name: "file-length",
  check(repository) {
    return sourcesOf(repository).flatMap((path): Problem[] => {
      const lines = repository.read(path).trimEnd().split("\n").length;
      if (lines <= linesComfortableMax) return [];
      const message = `${lines} lines; which two things are they? (over ${linesComfortableMax} is a lot, over ${linesMax} is refused)`;
      return lines > linesMax && !isTest(path) ? [error(path, message)] : [{ path, message, level: "warning" }];
    });
  },
};
