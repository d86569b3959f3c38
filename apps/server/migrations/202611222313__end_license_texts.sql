-- phase: contract
-- contract-of: 0.2.0

drop trigger component_license_of_new_texts on component;
drop trigger component_texts_of_new_license on component;
drop trigger component_license_of_changed_texts on component;
drop trigger component_texts_of_changed_license on component;
drop function component_license_from_texts();
drop function component_texts_from_license();
-- squawk-ignore ban-drop-column
alter table component drop column license, drop column license_expression, drop column license_url;
