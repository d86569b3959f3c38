-- phase: expand
-- Owner: features/access. Users, teams, permissions, sessions, API keys.

create table user_account (
  id int generated always as identity primary key,
  username text collate "C" not null unique,
  kind text not null default 'MANAGED' check (kind in ('MANAGED', 'LDAP', 'OIDC')),
  fullname text,
  email text,
  password_hash text,
  suspended boolean not null default false,
  force_password_change boolean not null default false,
  non_expiry_password boolean not null default false,
  last_password_change timestamptz,
  created_at timestamptz not null default now()
);

create table team (
  id int generated always as identity primary key,
  uuid uuid not null unique default gen_random_uuid(),
  name text collate "C" not null unique
);

create table team_member (
  team_id int not null references team on delete cascade,
  user_id int not null references user_account on delete cascade,
  primary key (team_id, user_id)
);
create index team_member_user on team_member (user_id, team_id);

create table team_permission (
  team_id int not null references team on delete cascade,
  permission text collate "C" not null,
  primary key (team_id, permission)
);

create table user_permission (
  user_id int not null references user_account on delete cascade,
  permission text collate "C" not null,
  primary key (user_id, permission)
);

create table user_session (
  token_hash text collate "C" primary key,
  user_id int not null references user_account on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz
);
create index user_session_expiry on user_session (expires_at);

create table api_key (
  id int generated always as identity primary key,
  public_id text collate "C" not null unique,
  secret_hash text collate "C" not null,
  comment text,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  is_legacy boolean not null default false
);

create table api_key_team (
  api_key_id int not null references api_key on delete cascade,
  team_id int not null references team on delete cascade,
  primary key (api_key_id, team_id)
);
create index api_key_team_team on api_key_team (team_id);
