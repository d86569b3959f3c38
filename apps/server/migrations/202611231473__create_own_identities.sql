-- phase: expand
-- Owner: features/components. Components that share their identity with no other project. Imports find them by the key of the identity
-- they would have otherwise.
create table component_own_identity (
  project_id int not null,
  identity_id int not null,
  shared_key uuid not null,
  primary key (project_id, identity_id),
  unique (project_id, shared_key),
  foreign key (project_id, identity_id) references component on delete cascade on update cascade
);
