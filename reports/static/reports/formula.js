// Writing a formula: names go in by a click, and are offered, with what they are, for the word before the cursor.
(function () {
  "use strict";
  var fields = Array.from(document.querySelectorAll("[data-completes]"));
  if (!fields.length) return;
  var MOST = 8;
  var last = fields[0];

  function offers(field) {
    return Array.from(document.querySelectorAll("#" + field.dataset.completes + " [data-inserts]"));
  }
  function word(field) {
    return (/[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]*)?$/.exec(field.value.slice(0, field.selectionStart)) || [""])[0];
  }
  function insert(field, text, from) {
    field.focus();
    field.setRangeText(text, from, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function span(kind, text) {
    var made = document.createElement("span");
    made.className = kind;
    made.textContent = text;
    return made;
  }

  function complete(field) {
    var list = document.createElement("ul");
    var at = -1;
    list.className = "offers";
    list.id = field.id + "-offers";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Names");
    list.hidden = true;
    field.after(list);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-expanded", "false");

    function close() {
      list.hidden = true;
      at = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    }
    function take(item) {
      insert(field, item.dataset.takes, field.selectionStart - word(field).length);
      close();
    }
    function mark(place) {
      at = place;
      Array.from(list.children).forEach(function (item, number) {
        item.setAttribute("aria-selected", String(number === at));
      });
      field.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
    function option(one, number) {
      var item = document.createElement("li");
      item.id = list.id + "-" + number;
      item.dataset.takes = one.dataset.inserts;
      item.setAttribute("role", "option");
      item.append(span("mono", one.dataset.inserts.replace(/\($/, "")));
      if (one.dataset.is) item.append(" ", span("small muted", [one.dataset.is, one.dataset.unit].filter(Boolean).join(", ")));
      return item;
    }
    function offer() {
      var start = word(field).toLowerCase();
      var found = start ? offers(field).filter(function (one) {
        var name = one.dataset.inserts.replace(/\($/, "").toLowerCase();
        return name.startsWith(start) && name !== start;
      }).slice(0, MOST) : [];
      list.replaceChildren.apply(list, found.map(option));
      if (!found.length) { close(); return; }
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      mark(0);
    }

    field.addEventListener("focus", function () { last = field; });
    field.addEventListener("input", function (event) { if (event.isTrusted) offer(); });
    field.addEventListener("blur", close);
    field.addEventListener("keydown", function (event) {
      if (list.hidden) return;
      var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) mark((at + step + list.children.length) % list.children.length);
      else if (event.key === "Tab" || event.key === "Enter") take(list.children[at]);
      else if (event.key === "Escape") { close(); event.stopPropagation(); }
      else return;
      event.preventDefault();
    });
    list.addEventListener("mousedown", function (event) {
      event.preventDefault(); // the focus stays in the field
      var item = event.target.closest("li");
      if (item) take(item);
    });
  }

  fields.forEach(complete);
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-inserts]");
    if (button) insert(last, button.dataset.inserts, last.selectionStart);
  });
})();
