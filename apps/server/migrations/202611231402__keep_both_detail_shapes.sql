-- phase: expand
-- reviewed: the triggers fill columns of the row at hand, reading at most one row by key; they write no other row, wait for nobody, and refuse nothing

-- Both shapes of a component say the same until the contract of this release. Who writes the content gets the reference: null when
-- that content is not stored yet, since storing it here would make imports wait for each other, and deadlock; the backfill
-- stores it. Who writes the reference gets the content.
create function component_detail_from_content() returns trigger language plpgsql as $$
begin
  new.detail_id := (select d.id from component_detail d where d.key = component_detail_key(new.detail));
  return new;
end $$;

create function component_content_from_detail() returns trigger language plpgsql as $$
begin
  select d.content into new.detail from component_detail d where d.id = new.detail_id;
  return new;
end $$;

create trigger component_detail_of_new_content before insert on component for each row
  when (new.detail_id is null)
  execute function component_detail_from_content();
create trigger component_content_of_new_detail before insert on component for each row
  when (new.detail_id is not null)
  execute function component_content_from_detail();
create trigger component_detail_of_changed_content before update on component for each row
  when (new.detail_id is not distinct from old.detail_id and new.detail is distinct from old.detail)
  execute function component_detail_from_content();
create trigger component_content_of_changed_detail before update on component for each row
  when (new.detail_id is distinct from old.detail_id and new.detail_id is not null)
  execute function component_content_from_detail();
