package main

// pageText is the page of blame. It needs nothing but itself, and the script
// only to sort: without it the heads of the columns are plain text.
const pageText = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{.Policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Who wrote {{.File}}</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1>Who wrote <bdi>{{.File}}</bdi></h1>
<p class="summary">{{.Fields}} {{if eq .Fields 1}}field{{else}}fields{{end}}{{if .Pointer}} at or below <bdi class="code" dir="ltr">{{.Pointer}}</bdi>{{end}}, {{if .Refused}}<strong>{{.Refused}} refused {{if eq .Refused 1}}write{{else}}writes{{end}}</strong>{{else}}no refused writes{{end}}. Values are not shown. Times are UTC.</p>
{{- if .Rows}}
<p class="status" role="status" id="status"></p>
<table role="table" aria-label="Who wrote which field">
<thead role="rowgroup"><tr role="row">
{{- range .Columns}}
<th role="columnheader" scope="col" data-column="{{.Key}}" aria-sort="{{or .Sorted "none"}}"><button type="button" disabled>{{.Name}}<span class="arrow" aria-hidden="true"></span></button></th>
{{- end}}
</tr></thead>
<tbody role="rowgroup">
{{- range .Rows}}
<tr role="row"{{if .Refused}} class="refused"{{end}}>
<th role="rowheader" scope="row" data-column="field" data-key="{{.Field}}"><bdi class="code" dir="ltr">{{if .Field}}{{.Field}}{{else}}the root{{end}}</bdi>
{{- if .Refused}} <span class="badge alarm">refused</span>{{end}}
{{- if .Secret}} <span class="badge">secret</span>{{end}}
{{- if .Members}}<ul aria-label="members">{{range .Members}}<li><bdi class="code" dir="ltr">{{.}}</bdi></li>{{end}}</ul>{{end -}}
</th>
{{- range .Cells}}
<td role="cell" data-column="{{.Key}}" data-key="{{.Order}}"><span class="label" aria-hidden="true">{{.Name}}</span> <span class="value">{{if .Time}}<time datetime="{{.Time}}">{{.Text}}</time>{{else}}<bdi>{{.Text}}</bdi>{{end}}</span></td>
{{- end}}
<td role="cell" data-column="note" data-key="{{.Note}}"{{if not .Note}} class="empty"{{end}}><span class="label" aria-hidden="true">Note</span> <span class="value">{{.Note}}</span></td>
</tr>
{{- end}}
</tbody>
</table>
{{- end}}
<details>
<summary>What the words mean</summary>
<dl>
<dt>save</dt><dd>by a program that uses cfgmerge</dd>
<dt>edit</dt><dd>by an editor, or another program that keeps the history</dd>
<dt>rewrite</dt><dd>by a program that drops the history, such as an old version</dd>
<dt>import</dt><dd>the field was there before the history</dd>
<dt>merge, repair, restore</dt><dd>by the command of that name</dd>
<dt>refused</dt><dd>the write would have put back an old value, and did not</dd>
<dt>external</dt><dd>a program that knows nothing of cfgmerge: the process is the one that noticed, and the time is when it did</dd>
<dt>was</dt><dd>a digest of the value that the write replaced: equal digests, equal values</dd>
<dt>–</dt><dd>not known</dd>
</dl>
</details>
</main>
<script>{{.Script}}</script>
</body>
</html>
`

// pageStyle makes a card of each row where a table has no room.
const pageStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --paper: #ffffff; --band: #f3f5f7; --line: #d0d7de; --alarm: #8a2c0d; --focus: #0a58ca; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --dim: #a3adb8; --paper: #14171a; --band: #1e2327; --line: #3a424a; --alarm: #ffb595; --focus: #7ab4ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 90rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
h1, td, th, p, li, dd { overflow-wrap: anywhere; }
.summary { margin: 0 0 .75rem; }
.status { margin: 0; min-height: 1.45em; color: var(--dim); }
.code { font-family: ui-monospace, monospace; font-size: .93em; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
[data-column=when] { width: 11.5em; }
[data-column=how], [data-column=by], [data-column=host] { width: 7.5em; }
[data-column=process] { width: 12em; }
[data-column=was] { width: 5em; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
thead th { padding: 0; background: var(--band); border-bottom: 2px solid var(--line); }
tbody th { font-weight: 600; }
tbody ul { margin: .2rem 0 0; padding-left: 1.1rem; font-weight: 400; color: var(--dim); }
time { font-variant-numeric: tabular-nums; }
button { font: inherit; font-weight: 600; width: 100%; min-height: 2.6rem; text-align: left; color: var(--ink); background: none; border: 0; padding: .3rem .6rem; white-space: nowrap; }
button:enabled { cursor: pointer; }
button:enabled:hover { text-decoration: underline; }
button:focus-visible, summary:focus-visible { outline: 3px solid var(--focus); outline-offset: -3px; }
.arrow { display: inline-block; width: 1em; padding-left: .3em; }
[aria-sort=ascending] .arrow::before { content: "\25B2"; }
[aria-sort=descending] .arrow::before { content: "\25BC"; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: .3rem; padding: 0 .35rem; font-size: .8rem; font-weight: 600; white-space: nowrap; color: var(--dim); }
.badge.alarm { color: var(--alarm); border-width: 2px; }
.refused th { border-left: 4px double var(--alarm); }
.label { display: none; }
details { margin-top: 1.5rem; }
summary { cursor: pointer; padding: .6rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .25rem 0; }
dt { font-weight: 600; }
dd { margin: 0; }
@media (max-width: 72rem) {
  [data-column] { width: auto !important; }
  table, thead, tbody, tbody tr, tbody th, td { display: block; }
  thead tr { display: flex; flex-wrap: wrap; gap: .3rem; margin-bottom: .75rem; }
  thead th { border: 1px solid var(--line); border-radius: .3rem; }
  button { min-height: 2.75rem; }
  button:disabled { min-height: 0; }
  .arrow { width: auto; padding-left: 0; }
  [aria-sort=ascending] .arrow, [aria-sort=descending] .arrow { padding-left: .3em; }
  tbody tr { border: 1px solid var(--line); border-radius: .4rem; margin-bottom: .75rem; padding: .25rem 0; }
  tbody tr.refused { border: 4px double var(--alarm); }
  .refused th { border-left: 0; }
  tbody th { border-bottom: 1px solid var(--line); background: var(--band); }
  td { border: 0; padding: .2rem .6rem; display: grid; grid-template-columns: 5rem minmax(0, 1fr); }
  td.empty { display: none; }
  .label { display: block; color: var(--dim); }
}
@media (max-width: 30rem) {
  dl { display: block; }
  dd { margin: 0 0 .5rem 1rem; }
}
@media print { details, .status { display: none; } }
`

// pageScript sorts by the column whose head is pressed, and back to front if it
// is pressed again. Rows that are equal keep their order.
const pageScript = `
(function () {
  "use strict";
  var body = document.querySelector("tbody");
  if (!body) { return; }
  var heads = Array.from(document.querySelectorAll("thead th"));
  function key(row, column) {
    return row.querySelector('[data-column="' + column + '"]').getAttribute("data-key");
  }
  function sort(head) {
    var column = head.getAttribute("data-column");
    var first = column === "when" ? "descending" : "ascending";
    var other = first === "ascending" ? "descending" : "ascending";
    var order = head.getAttribute("aria-sort") === first ? other : first;
    var sign = order === "ascending" ? 1 : -1;
    var rows = Array.from(body.rows);
    rows.sort(function (x, y) {
      var a = key(x, column), b = key(y, column);
      var none = (a === "\u2013" || a === "" ? 1 : 0) - (b === "\u2013" || b === "" ? 1 : 0);
      return none || (a < b ? -sign : a > b ? sign : 0);
    });
    rows.forEach(function (row) { body.appendChild(row); });
    heads.forEach(function (h) { h.setAttribute("aria-sort", h === head ? order : "none"); });
    document.getElementById("status").textContent = "Sorted by " + head.textContent.toLowerCase() + ", " + order + ".";
  }
  heads.forEach(function (head) {
    var button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", function () { sort(head); });
  });
})();
`
