// Writing a formula: names go in by a click, and are offered for the word before the cursor.
(function () {
  "use strict";
  var field = document.querySelector("[data-completes]");
  if (!field) return;
  var MOST = 6;
  var list = document.createElement("ul");
  list.className = "offers";
  list.id = field.id + "-offers";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Names");
  list.hidden = true;
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  var at = -1;

  function names() {
    return Array.from(document.querySelectorAll("#" + field.dataset.completes + " [data-inserts]"), function (one) {
      return one.dataset.inserts;
    });
  }
  function word() {
    return /[A-Za-z_][A-Za-z0-9_]*$/.exec(field.value.slice(0, field.selectionStart)) || [""];
  }
  function insert(text, from) {
    field.focus();
    field.setRangeText(text, from, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }
  function take(text) { insert(text, field.selectionStart - word()[0].length); }
  function close() {
    list.hidden = true;
    at = -1;
    field.removeAttribute("aria-activedescendant");
  }
  function mark(place) {
    at = place;
    Array.from(list.children).forEach(function (item, number) {
      item.setAttribute("aria-selected", String(number === at));
    });
    field.setAttribute("aria-activedescendant", list.children[at].id);
  }
  function offer() {
    var start = word()[0].toLowerCase();
    var found = start ? names().filter(function (name) {
      return name.toLowerCase().startsWith(start) && name.toLowerCase() !== start;
    }).slice(0, MOST) : [];
    list.replaceChildren.apply(list, found.map(function (name, number) {
      var item = document.createElement("li");
      item.id = list.id + "-" + number;
      item.setAttribute("role", "option");
      item.textContent = name;
      return item;
    }));
    if (!found.length) { close(); return; }
    list.hidden = false;
    mark(0);
  }

  field.addEventListener("input", function (event) { if (event.isTrusted) offer(); });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", function (event) {
    if (list.hidden) return;
    var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark((at + step + list.children.length) % list.children.length);
    else if (event.key === "Tab" || event.key === "Enter") take(list.children[at].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", function (event) {
    event.preventDefault(); // the focus stays in the field
    var item = event.target.closest("li");
    if (item) take(item.textContent);
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-inserts]");
    if (button) insert(button.dataset.inserts, field.selectionStart);
  });
})();
