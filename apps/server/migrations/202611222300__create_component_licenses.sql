-- phase: expand
-- reviewed: the one INSERT calls the function made above it, which computes and does nothing else
-- Owner: features/components. What BOMs say of licences: each distinct statement once, referred to by its components.

-- Key of a statement: the first 128 bit of sha256 over its three texts. They are parted by the byte 00, and FF stands for a
-- text that is absent: neither is part of any text in UTF-8, so that different statements have different bytes.
create function component_license_key(name text, expression text, url text) returns uuid
language plpgsql immutable parallel safe as $$
begin
  return encode(substr(sha256(
    coalesce(convert_to(name, 'UTF8'), '\xff') || '\x00'::bytea ||
    coalesce(convert_to(expression, 'UTF8'), '\xff') || '\x00'::bytea ||
    coalesce(convert_to(url, 'UTF8'), '\xff')), 1, 16), 'hex')::uuid;
end $$;

create table component_license (
  id int generated always as identity primary key,
  key uuid not null unique,
  -- A licence by its id or name, an SPDX expression, and where to read more; the texts are as the BOM has them.
  name text,
  expression text,
  url text,
  orphaned_since timestamptz,
  check (key = component_license_key(name, expression, url))
);
create index component_license_orphaned on component_license (orphaned_since) where orphaned_since is not null;

-- The statement of components of which nothing is said. It is never removed.
insert into component_license (id, key) overriding system value values (0, component_license_key(null, null, null));
