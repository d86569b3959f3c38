-- phase: contract
-- contract-of: 0.4.0

drop trigger component_detail_of_new_content on component;
drop trigger component_content_of_new_detail on component;
drop trigger component_detail_of_changed_content on component;
drop trigger component_content_of_changed_detail on component;
drop function component_detail_from_content();
drop function component_content_from_detail();
-- The index of hashes on it, component_hashes, goes with it.
-- squawk-ignore ban-drop-column
alter table component drop column detail;
