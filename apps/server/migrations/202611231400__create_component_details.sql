-- phase: expand
-- reviewed: the one INSERT calls the function made above it, which computes and does nothing else
-- Owner: features/components. What BOMs say of components beyond identity and licence (hashes, references, suppliers, texts): each
-- distinct content once, referred to by its components.

-- Key of a content: the first 128 bit of sha256 over its text, in which members are in one order and distinct, as jsonb has it.
create function component_detail_key(content jsonb) returns uuid
language plpgsql immutable parallel safe as $$
begin
  return encode(substr(sha256(convert_to(coalesce(content, '{}')::text, 'UTF8')), 1, 16), 'hex')::uuid;
end $$;

create table component_detail (
  id int generated always as identity primary key,
  key uuid not null unique,
  content jsonb not null,
  orphaned_since timestamptz
);
create index component_detail_orphaned on component_detail (orphaned_since) where orphaned_since is not null;
create index component_detail_hashes on component_detail using gin ((content -> 'hashes') jsonb_path_ops) where content ? 'hashes';

-- The content of components of which nothing more is said. It is never removed.
insert into component_detail (id, key, content) overriding system value values (0, component_detail_key('{}'), '{}');
