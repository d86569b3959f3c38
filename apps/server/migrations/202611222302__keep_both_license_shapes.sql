-- phase: expand
-- reviewed: the triggers fill columns of the row at hand, reading at most one row by key; they write no other row, wait for nobody, and refuse nothing

-- Both shapes of a component say the same until the contract of this release. Who writes the texts gets the reference: null when
-- their statement is not stored yet, since storing it here would make imports wait for each other, and deadlock; the backfill
-- stores it. Who writes the reference gets the texts.
create function component_license_from_texts() returns trigger language plpgsql as $$
begin
  if new.license is null and new.license_expression is null and new.license_url is null then
    new.license_id := 0;
  else
    new.license_id := (select l.id from component_license l
      where l.key = component_license_key(new.license, new.license_expression, new.license_url));
  end if;
  return new;
end $$;

create function component_texts_from_license() returns trigger language plpgsql as $$
begin
  select l.name, l.expression, l.url into new.license, new.license_expression, new.license_url
    from component_license l where l.id = new.license_id;
  return new;
end $$;

create trigger component_license_of_new_texts before insert on component for each row
  when (new.license_id is null)
  execute function component_license_from_texts();
create trigger component_texts_of_new_license before insert on component for each row
  when (new.license_id is not null)
  execute function component_texts_from_license();
create trigger component_license_of_changed_texts before update on component for each row
  when (new.license_id is not distinct from old.license_id
    and (new.license is distinct from old.license or new.license_expression is distinct from old.license_expression
      or new.license_url is distinct from old.license_url))
  execute function component_license_from_texts();
create trigger component_texts_of_changed_license before update on component for each row
  when (new.license_id is distinct from old.license_id and new.license_id is not null)
  execute function component_texts_from_license();
