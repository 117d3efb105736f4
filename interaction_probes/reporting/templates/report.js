"use strict";

// Sorting: a click on a heading sorts by its column, a second one turns the order round.
function sortBy(heading) {
  const row = heading.parentElement;
  const column = [...row.children].indexOf(heading);
  const body = heading.closest("table").tBodies[0];
  const key = (line) => line.children[column].dataset.sort;
  const lines = [...body.rows];
  const numeric = lines.every((line) => key(line) === "" || !Number.isNaN(Number(key(line))));
  const before = heading.getAttribute("aria-sort");
  // Numbers start with the largest, words with the first.
  const first = numeric ? "descending" : "ascending";
  const other = numeric ? "ascending" : "descending";
  const order = before === first ? other : first;
  const sign = order === "ascending" ? 1 : -1;
  lines.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === "" || y === "") return (x === "") - (y === ""); // what is missing comes last
    return sign * (numeric ? Number(x) - Number(y) : x.localeCompare(y));
  });
  body.append(...lines);
  for (const each of row.children) each.setAttribute("aria-sort", each === heading ? order : "none");
}

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sortBy(button.parentElement));
}

// Filter: rows of other methods are hidden, their marks in figures faded.
const boxes = [...document.querySelectorAll("#filter input")];

function filter() {
  const kept = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  for (const line of document.querySelectorAll("tr[data-method]")) {
    line.hidden = !kept.has(line.dataset.method);
  }
  const known = new Set(boxes.map((box) => box.value));
  for (const mark of document.querySelectorAll(".mark")) {
    const method = mark.dataset.method;
    mark.classList.toggle("faded", known.has(method) && !kept.has(method));
  }
  const shown = document.getElementById("shown");
  shown.textContent = kept.size === boxes.length ? "" : `${kept.size} of ${boxes.length} shown`;
}

for (const box of boxes) box.addEventListener("change", filter);
document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("all").addEventListener("click", () => {
  for (const box of boxes) box.checked = true;
  filter();
});

// Values on hovering: at once and where the pointer is, in place of the browser's slow title.
const tip = document.getElementById("tip");
for (const mark of document.querySelectorAll(".mark[data-value]")) {
  mark.querySelector("title").remove();
}

document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest?.(".mark[data-value]:not(.faded)");
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.dataset.value;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(8, Math.min(event.clientX + 12, room))}px`;
  tip.style.top = `${event.clientY + 16}px`;
});

filter(); // a reloaded page keeps the boxes as they were
