-- phase: expand
-- reviewed: the trigger moves the few decisions about the one component that becomes another identity, under its project's lock; imports never set that column
-- Owner: features/findings. Decisions stay with a component that becomes another identity. Its name lets it run before the check of the
-- reference from finding_analysis, which refused the change until now.
create function carry_finding_analyses() returns trigger language plpgsql as $$
begin
  update finding_analysis set identity_id = new.identity_id
  where project_id = old.project_id and identity_id = old.identity_id;
  return null;
end $$;
create trigger "A_carry_finding_analyses" after update of identity_id on component
  for each row when (old.identity_id <> new.identity_id) execute function carry_finding_analyses();
