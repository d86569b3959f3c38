/** Of the page of a time line; light and dark as the reader's system is. */
export const STYLE = `
:root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5c6675; --line: #e2e6ec;
  --old: #5b7db1; --new: #2a9d76; --bad: #cf3b3b; --lead: #e0a100; --migration: #7b5cc4; --finalize: #0f766e; --p95: #c2682a; --p50: #3566b8; }
@media (prefers-color-scheme: dark) { :root { --back: #12161c; --card: #1a2029; --ink: #e6eaf0; --soft: #9aa5b4; --line: #2b333f;
  --old: #5d83bd; --new: #2fae83; --bad: #e56060; --lead: #e8b42c; --migration: #9a80de; --finalize: #2dd4bf; --p95: #e08b4f; --p50: #6f9be6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 28px 24px 48px; }
header { display: flex; align-items: center; gap: 14px; flex-wrap: wrap; }
h1 { font-size: 22px; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 12px; text-transform: uppercase; letter-spacing: 0.06em; color: var(--soft); margin: 0 0 10px; font-weight: 600; }
.verdict { padding: 3px 12px; border-radius: 99px; color: #fff; font-weight: 600; }
.pass { background: var(--new); } .fail { background: var(--bad); }
.meta { color: var(--soft); margin: 4px 0 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin-bottom: 16px; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 12px 16px; } .tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; font-weight: 600; }
.tile span { color: var(--soft); font-size: 12px; } .tile.bad b { color: var(--bad); }
section { padding: 16px 20px; margin-bottom: 16px; overflow-x: auto; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 16px; } .pair section { margin: 0; } .pair { margin-bottom: 16px; }
svg { display: block; width: 100%; min-width: 760px; height: auto; font: 11px system-ui, sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; } .tick { fill: var(--soft); text-anchor: middle; }
.lane, .value { fill: var(--ink); text-anchor: end; } .value, .axis { fill: var(--soft); } .axis { text-anchor: middle; }
.on-bar { fill: #fff; text-anchor: middle; font-weight: 600; pointer-events: none; }
rect.old { fill: var(--old); } rect.new { fill: var(--new); } rect.starting { opacity: 0.32; } rect.draining { opacity: 0.6; } .leg { opacity: 0.85; }
.lead { fill: var(--lead); } .cross { stroke: var(--bad); stroke-width: 3; fill: none; stroke-linecap: round; }
.mark rect, .mark circle { fill: var(--soft); } .mark text { fill: #fff; text-anchor: middle; font-size: 10px; font-weight: 600; }
.mark rect { opacity: 0.45; } .mark.fault rect, .mark.fault circle { fill: var(--bad); }
.mark.migration rect, .mark.migration circle { fill: var(--migration); }
.mark.finalize rect, .mark.finalize circle, .mark.rollback rect, .mark.rollback circle { fill: var(--finalize); }
.shade { fill: var(--bad); opacity: 0.16; } .good { fill: var(--p50); opacity: 0.75; } .failed { fill: var(--bad); }
path.p50, path.p95 { fill: none; stroke-width: 1.6; stroke-linejoin: round; } path.p50 { stroke: var(--p50); } path.p95 { stroke: var(--p95); }
.told { fill: transparent; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--soft); font-size: 12px; margin-top: 8px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -2px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; } td, th { padding: 4px 10px 4px 0; text-align: left; vertical-align: top; }
tr + tr td { border-top: 1px solid var(--line); } td.n { color: var(--soft); text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; width: 1%; }
td.kind { color: var(--soft); white-space: nowrap; width: 1%; } .problem { color: var(--bad); overflow-wrap: anywhere; }
pre { margin: 0; font: 12px/1.55 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
`;
