-- phase: expand

-- What people say about vulnerabilities of their own (source INTERNAL) and mirrors never write: a subtitle, references as the text
-- they typed, and an OWASP Risk Rating with its three scores. Null everywhere else.
alter table vulnerability
  add column sub_title text,
  add column references_text text,
  add column owasp_vector text,
  add column owasp_likelihood real,
  add column owasp_technical_impact real,
  add column owasp_business_impact real;
