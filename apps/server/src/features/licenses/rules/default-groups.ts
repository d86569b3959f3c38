/** A licence group of a new installation. */
export interface DefaultGroup {
  name: string;
  /** How much its licences weigh when risk is judged: 0 nothing, 10 most. */
  riskWeight: number;
  licenseIds: readonly string[];
}

/** Groups that policies of a new installation can start from; what is in them is for people to change. */
export const DEFAULT_GROUPS: readonly DefaultGroup[] = [
  group(
    "Permissive",
    0,
    `
    0BSD AFL-3.0 Apache-1.1 Apache-2.0 Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent
    BSD-3-Clause BSD-3-Clause-Clear BSD-3-Clause-LBNL BSD-4-Clause BSL-1.0 CC-BY-3.0 CC-BY-4.0 CC0-1.0 curl ECL-2.0
    FTL HPND ICU IJG ISC Libpng libtiff MIT MIT-0 MS-PL MulanPSL-2.0 NCSA OpenSSL PHP-3.01 PostgreSQL PSF-2.0
    Python-2.0 Ruby TCL Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 Vim W3C WTFPL X11 Zend-2.0 Zlib ZPL-2.1`,
  ),
  group(
    "Weak Copyleft",
    3,
    `
    APSL-2.0 Artistic-1.0 CDDL-1.0 CDDL-1.1 CECILL-C CPL-1.0 EPL-1.0 EPL-2.0 ErlPL-1.1
    GPL-2.0-with-classpath-exception GPL-3.0-with-GCC-exception IPL-1.0 LGPL-2.0 LGPL-2.0+ LGPL-2.0-only
    LGPL-2.0-or-later LGPL-2.1 LGPL-2.1+ LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0 LGPL-3.0+ LGPL-3.0-only
    LGPL-3.0-or-later MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-RL NPL-1.1 OFL-1.0 OFL-1.1 SPL-1.0
    wxWindows`,
  ),
  group(
    "Copyleft",
    8,
    `
    AGPL-1.0 AGPL-1.0-only AGPL-1.0-or-later AGPL-3.0 AGPL-3.0-only AGPL-3.0-or-later CC-BY-SA-3.0 CC-BY-SA-4.0
    CECILL-2.0 CECILL-2.1 CPAL-1.0 EUPL-1.1 EUPL-1.2 GFDL-1.1-only GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later
    GFDL-1.3-only GFDL-1.3-or-later GPL-1.0 GPL-1.0+ GPL-1.0-only GPL-1.0-or-later GPL-2.0 GPL-2.0+ GPL-2.0-only
    GPL-2.0-or-later GPL-3.0 GPL-3.0+ GPL-3.0-only GPL-3.0-or-later ODbL-1.0 OSL-2.1 OSL-3.0 QPL-1.0 RPL-1.5
    Sleepycat SSPL-1.0`,
  ),
  group(
    "Non-Commercial",
    10,
    `
    Aladdin CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-1.0 CC-BY-NC-ND-2.0
    CC-BY-NC-ND-2.5 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-1.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0
    CC-BY-NC-SA-4.0 PolyForm-Noncommercial-1.0.0`,
  ),
];

function group(name: string, riskWeight: number, licenseIds: string): DefaultGroup {
  return { name, riskWeight, licenseIds: licenseIds.trim().split(/\s+/) };
}
