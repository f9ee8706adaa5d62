"""How the receipt's page looks: on a screen by day and night, and on paper of any size."""

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --sheet: #ffffff; --text: #1b1f24; --dim: #5a6370; --line: #dde1e6;
  --good: #116b38; --good-soft: #e3f4e9; --warn: #8a4b00; --warn-soft: #fdf0dc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --sheet: #1c2026; --text: #e8ebef; --dim: #9aa4b1; --line: #333a43;
    --good: #6fd39a; --good-soft: #17301f; --warn: #f2b765; --warn-soft: #35270f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 0.9375rem/1.5 system-ui, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", sans-serif;
}
main {
  max-width: 64rem; margin: 2rem auto; padding: 2.5rem; background: var(--sheet);
  border: 1px solid var(--line); border-radius: 12px;
}
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0.25rem 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 0.5rem; break-after: avoid; }
p { margin: 0.5rem 0; }
.kind { margin: 0; color: var(--dim); font-weight: 600; }
.verdict {
  display: flex; gap: 0.75rem; margin: 0 0 1.5rem; padding: 0.75rem 1rem; border-radius: 8px;
  font-weight: 600; break-inside: avoid;
}
.verdict p { margin: 0; font-weight: 400; }
.good { background: var(--good-soft); color: var(--good); }
.warn { background: var(--warn-soft); color: var(--warn); }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2.5rem; margin: 0; }
.facts div {
  padding: 0.4rem 0; border-top: 1px solid var(--line); break-inside: avoid;
  display: grid; grid-template-columns: 7.5rem 1fr; gap: 0.75rem;
}
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
table {
  width: 100%; border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums;
}
.files col.size { width: 6.5rem; }
.files col.state { width: 7.5rem; }
.files col.time { width: 10.5rem; }
.files { table-layout: fixed; }
.notes col.time { width: 10.5rem; }
th {
  text-align: left; font-weight: 600; color: var(--dim); padding: 0.4rem 0.75rem 0.4rem 0;
  border-bottom: 1px solid var(--text); vertical-align: bottom;
}
td {
  padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere;
}
tr { break-inside: avoid; }
td:last-child, th:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
.files .number { padding-right: 1.5rem; }
td.number, td.time { white-space: nowrap; }
.marks { display: block; margin-top: 0.15rem; color: var(--dim); font-size: 0.8rem; }
.marks span { display: block; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; }
.marks code { font-size: 0.95em; }
.dim { color: var(--dim); }
footer {
  break-inside: avoid;
  margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--dim);
  font-size: 0.85rem; overflow-wrap: anywhere;
}
@media screen and (max-width: 44rem) {
  main { margin: 0; padding: 1.25rem; border: 0; border-radius: 0; }
  .facts { grid-template-columns: 1fr; }
  .files, .files tbody, .files tr, .files td { display: block; }
  .files thead { display: none; }
  .files tr { padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  .files td { padding: 0; border: 0; text-align: left; }
  .files td + td { display: inline-block; margin-right: 1.25rem; color: var(--dim); }
}
@page {
  margin: 16mm 15mm 18mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --sheet: #fff; --text: #000; --dim: #333; --line: #bbb;
    --good: #000; --good-soft: #fff; --warn: #000; --warn-soft: #fff;
  }
  html { font-size: 9pt; }
  body { font-size: 1rem; }
  main { max-width: none; margin: 0; padding: 0; border: 0; }
  .verdict { border: 1pt solid #000; }
}
"""
