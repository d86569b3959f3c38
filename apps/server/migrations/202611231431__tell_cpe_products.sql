-- phase: expand

-- The product of a CPE name (2.3 or the URI of 2.2) reduced to its ASCII letters and digits in lower case; null for what is neither. Says
-- what cpeProductKey in packages/matching says; quoted characters and %xx are punctuation and go. Indexed: never changed.
create function cpe_product_key(cpe text) returns text
language sql immutable strict parallel safe
return lower(regexp_replace(
  coalesce(
    substring(cpe collate "C" from '^[cC][pP][eE]:2[.]3:[^:]*:(?:[^:\\]|\\.)*:((?:[^:\\]|\\.)*)'),
    regexp_replace(substring(cpe collate "C" from '^[cC][pP][eE]:/[^:]*:[^:]*:([^:]*)'), '%[0-9a-fA-F][0-9a-fA-F]', '', 'g')
  ),
  '[^A-Za-z0-9]', '', 'g'
));
