"use strict";
const search = document.getElementById("search");
const items = [...document.querySelectorAll("#objects li[data-text]")];
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of items) {
    item.hidden = !words.every((word) => item.dataset.text.includes(word));
    shown += !item.hidden;
  }
  document.getElementById("none").hidden = shown > 0 || items.length === 0;
}
search.addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
  if (event.key === "Escape" && document.activeElement === search) {
    search.value = "";
    filter();
    search.blur();
  }
});
