-- phase: expand
-- Owner: features/vulnerabilities. How likely a CVE is to be exploited within 30 days (EPSS of FIRST), as published last.

-- Most rows change every day. Half of each page stays free for that: the new row finds room beside the old one, so that neither
-- the index nor the table grows with the days.
create table epss_score (
  cve text collate "C" primary key,
  score real not null,
  percentile real not null
) with (fillfactor = 50);
