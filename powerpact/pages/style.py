"""The style sheet of the page: light and dark, desktop, phone and paper."""

from typing import Final

CSS: Final = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2126; --muted: #5b636d; --rule: #e4e1da; --track: #efece6;
  --own: #f2b632; --neighbour: #0c7c6d; --grid: #a3abb8; --export: #f6dfa8; --solar: #a8500a;
  --flow: #0c7c6d; --bid: #3a5fd0; --ask: #d8861a; --good: #0c6f61; --bad: #b3261e;
  --link: #0b5f54;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #121417; --card: #1a1d22; --ink: #e9e7e2; --muted: #a0a8b2; --rule: #2e333a; --track: #262a31;
    --own: #e3a92b; --neighbour: #27a793; --grid: #69727f; --export: #665427; --solar: #f7b04a;
    --flow: #1c8a79; --bid: #8aa4ff; --ask: #eda04a; --good: #4cc3b0; --bad: #ff8a80;
    --link: #6fd6c5;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main { max-width: 1104px; margin: 0 auto; padding: 56px 32px 72px; }
h1, h2, .lead { font-family: Charter, "Bitstream Charter", "Iowan Old Style", Cambria, Georgia, "DejaVu Serif", serif; }
h1 { font-size: clamp(28px, 5vw, 44px); line-height: 1.12; letter-spacing: -0.015em; margin: 0 0 10px;
  font-weight: 700; text-wrap: balance; }
h2 { font-size: 24px; line-height: 1.25; margin: 0 0 6px; font-weight: 700; }
.eyebrow { color: var(--good); font-weight: 650; font-size: 13px; letter-spacing: .08em;
  text-transform: uppercase; margin: 0 0 10px; }
.when { color: var(--muted); margin: 0; }
section { margin-top: 56px; }
.lead { font-size: 18px; line-height: 1.5; margin: 0 0 20px; max-width: 46em; }
.note { color: var(--muted); font-size: 14px; max-width: 60em; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px;
  margin: 32px 0 0; padding: 0;
  background: var(--rule); border: 1px solid var(--rule); border-radius: 10px; overflow: hidden; }
.facts div { background: var(--card); padding: 16px 18px; }
.facts dt { color: var(--muted); font-size: 13.5px; line-height: 1.35; }
.facts dd { margin: 0 0 4px; font-size: 26px; line-height: 1.15; font-weight: 650; letter-spacing: -0.01em;
  font-variant-numeric: tabular-nums; }
.facts dd small { font-size: 15px; font-weight: 500; color: var(--muted); letter-spacing: 0; }
.facts div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
figure { margin: 0 0 24px; padding: 20px 22px 16px; background: var(--card); border: 1px solid var(--rule);
  border-radius: 10px; }
figcaption { color: var(--muted); font-size: 13.5px; margin-top: 12px; }
svg { display: block; width: 100%; height: auto; overflow: visible; font-size: 12.5px; }
.narrow { display: none; }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 14px; padding: 0; list-style: none;
  font-size: 13.5px; color: var(--muted); }
.key li { display: flex; align-items: center; gap: 7px; }
.key i { width: 14px; height: 12px; border-radius: 3px; display: inline-block; }
.key i.line { height: 3px; width: 18px; border-radius: 2px; }
.key i.dashed { height: 0; width: 18px; border-top: 2px dashed var(--muted); border-radius: 0; }
.key i.dot { width: 10px; height: 10px; border-radius: 50%; }
.key i.frame { border: 1.5px solid var(--neighbour); background: none; }
.k-own { background: var(--own); } .k-neighbour { background: var(--neighbour); }
.k-grid { background: var(--grid); }
.k-export { background: var(--export); } .k-solar { background: var(--solar); }
.k-bid { background: var(--bid); }
.k-ask { background: var(--ask); } .k-ink { background: var(--ink); } .k-muted { background: var(--muted); }
text { fill: var(--ink); font-variant-numeric: tabular-nums; }
.tick, .axis, .total { fill: var(--muted); }
.axis { font-size: 12px; }
.rule { stroke: var(--rule); stroke-width: 1; }
.tick-mark { stroke: var(--muted); stroke-width: 1; }
.zero { stroke: var(--muted); stroke-width: 1; }
.own { fill: var(--own); } .neighbour { fill: var(--neighbour); }
.grid { fill: var(--grid); } .export { fill: var(--export); }
.solar-line { fill: none; stroke: var(--solar); stroke-width: 2.25; stroke-linejoin: round;
  stroke-linecap: round; }
.retail-line, .feed-in-line { fill: none; stroke: var(--muted); stroke-width: 1.75; }
.feed-in-line { stroke-dasharray: 5 4; }
.bid { fill: var(--bid); fill-opacity: .8; } .ask { fill: var(--ask); fill-opacity: .8; }
line.price { stroke: var(--ink); stroke-width: 2; }
circle.price { fill: var(--ink); stroke: var(--card); stroke-width: 1.25; }
.delivered { fill: var(--neighbour); } .promised { fill: none; stroke: var(--neighbour); stroke-width: 1.5; }
.flow { fill: var(--flow); } .empty { fill: var(--track); fill-opacity: .55; }
.cell { font-size: 11.5px; }
.gain { fill: var(--good); } .loss { fill: var(--bad); }
.track { fill: var(--track); } .gauge { fill: var(--neighbour); } .loss-gauge { fill: var(--grid); }
.scroll { overflow-x: auto; margin: 0 0 16px; border: 1px solid var(--rule); border-radius: 10px;
  background: var(--card); }
.hint { display: none; color: var(--muted); font-size: 13.5px; margin: 0 0 8px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 22px 0 0; padding: 0; list-style: none;
  font-size: 14.5px; }
a { color: var(--link); text-underline-offset: 3px; text-decoration-thickness: 1px; }
.reasons { margin: 0 0 16px; padding-left: 20px; max-width: 60em; } .reasons li { margin: 4px 0; }
.files { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 20px 0 0; padding: 0; list-style: none; }
.files small { color: var(--muted); }
td.hash { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 11.5px; }
tr:target td { background: var(--track); }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 13px; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
th, td { padding: 6px 8px; text-align: right; white-space: nowrap; border-top: 1px solid var(--rule); }
thead th { border-top: 0; vertical-align: bottom; font-weight: 650; padding-top: 10px; }
thead th small { display: block; color: var(--muted); font-weight: 400; font-size: 12px; }
th.l, td.l { text-align: left; } td.w { white-space: normal; min-width: 14em; overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-left: 14px; } th:last-child, td:last-child { padding-right: 14px; }
tbody tr.quiet { color: var(--muted); }
tfoot td { font-weight: 650; border-top: 2px solid var(--rule); }
td.gain, .holds { color: var(--good); } td.loss, .broken { color: var(--bad); }
.holds, .broken { font-weight: 650; }
@media (max-width: 720px) {
  main { padding: 32px 16px 48px; }
  section { margin-top: 44px; }
  .wide { display: none; } .narrow { display: block; }
  .facts { grid-template-columns: 1fr 1fr; } .facts div:last-child:nth-child(odd) { grid-column: span 2; }
  th:first-child, td:first-child { position: sticky; left: 0; background: var(--card); }
  figure { padding: 16px 14px 12px; }
  .hint { display: block; }
  .holds-cards { border: 0; border-radius: 0; background: none; overflow: visible; }
  .cards thead { display: none; }
  .cards, .cards tbody, .cards tfoot, .cards tr, .cards td { display: block; width: 100%; }
  .cards tr { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; margin: 0 0 10px;
    padding: 6px 0; }
  .cards td, .cards td:first-child, .cards td:last-child { position: static; display: flex; border: 0;
    justify-content: space-between; gap: 16px; padding: 3px 14px; background: none; white-space: normal;
    text-align: right; }
  .cards td::before { content: attr(data-label); color: var(--muted); text-align: left; flex: 0 0 auto; }
  .cards td:first-child { font-weight: 650; }
}
@media print {
  body { background: #fff; font-size: 11pt; }
  main { max-width: none; padding: 0; }
  section { margin-top: 28px; }
  figure, .facts, tr { break-inside: avoid; }
  h2, .lead { break-after: avoid; break-inside: avoid; }
  tfoot { display: table-row-group; }
  .scroll { overflow: visible; border: 0; }
  table { font-size: 8.5pt; } th, td { padding: 3px 6px; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""
