-- phase: expand
-- Owner: features/components. What depends on what in a project, by identities of components, as its last BOM says.

-- Only components that depend on something. depends_on is sorted and distinct; what it names may be gone from the project by now.
create table component_graph (
  project_id int not null,
  identity_id int not null,
  depends_on int[] not null,
  primary key (project_id, identity_id),
  foreign key (project_id, identity_id) references component on delete cascade
);

-- direct: what the project itself depends on. complete: false when the BOM does not say that. digest: over the whole graph, so
-- that an equal one is not written again. inventory_digest: project.bom_digest at the time; a release that knows nothing of graphs
-- replaces inventories without them, so a graph of another inventory is not shown.
create table project_graph (
  project_id int primary key references project on delete cascade,
  direct int[] not null,
  complete boolean not null,
  edges int not null,
  digest bytea not null,
  inventory_digest bytea not null
);
