-- phase: expand
-- Analyses: least recently looked at first. Retention: inactive versions of a name, newest last. Unused tags: whether a
-- collection refers to one.

create index concurrently if not exists project_least_recently_analysed
  on project (coalesce(greatest(last_vulnerability_analysis, last_analysis_attempt), '-infinity'), id)
  where inactive_since is null and collection_logic is null;

create index concurrently if not exists project_inactive on project (name, inactive_since, id) where inactive_since is not null;

create index concurrently if not exists project_collection_tag on project (collection_tag_id) where collection_tag_id is not null;
