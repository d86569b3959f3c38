import { property } from "../platform/config/index.ts";

export const backupProperties = {
  directory: property.string("dt.backup.directory", {
    default: "${dt.data-directory}/backups",
    meaning: "where `evertrack backup` puts backups and looks for them; not the disk of the database",
  }),
  programs: property.string("dt.backup.postgresql-directory", {
    meaning: "directory of pg_dump and pg_restore; unset = the usual places, and the PATH",
  }),
};
