// Behind an @ in a comment the members who may be mentioned are offered: arrows choose, Enter or Tab takes, Escape leaves.
// Without script the username is typed.
(function () {
  "use strict";
  var box = null, field = null, at = 0, chosen = 0;

  function close() {
    if (!box) return;
    box.remove();
    box = null;
    field.removeAttribute("aria-controls");
    field.removeAttribute("aria-activedescendant");
  }

  // What is typed behind the last @ before the caret, or null.
  function typed(area) {
    var before = area.value.slice(0, area.selectionStart), found = /(^|[^\w@.+-])@([\w.@+-]*)$/.exec(before);
    if (!found) return null;
    at = before.length - found[2].length;
    return found[2].toLowerCase();
  }

  function mark(to) {
    var lines = box.children;
    chosen = (to + lines.length) % lines.length;
    Array.from(lines).forEach(function (line, place) { line.setAttribute("aria-selected", String(place === chosen)); });
    field.setAttribute("aria-activedescendant", lines[chosen].id);
    lines[chosen].scrollIntoView({ block: "nearest" });
  }

  function take(place) {
    var name = box.children[place].textContent, end = field.selectionStart;
    field.setRangeText(name + " ", at, end, "end");
    close();
    field.focus();
  }

  function offer(area) {
    var word = typed(area), card = area.closest("[data-people]");
    field = area;
    if (word === null || !card) return close();
    var names = card.dataset.people.split(" ").filter(function (name) {
      return name && name.toLowerCase().indexOf(word) === 0;
    }).slice(0, 8);
    close();
    if (!names.length) return;
    box = document.createElement("ul");
    box.className = "members";
    box.id = "members-of-" + area.id;
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", "Members");
    names.forEach(function (name, place) {
      var line = document.createElement("li");
      line.id = box.id + "-" + place;
      line.setAttribute("role", "option");
      line.textContent = name;
      line.addEventListener("mousedown", function (event) { event.preventDefault(); take(place); });
      box.appendChild(line);
    });
    area.after(box);
    area.setAttribute("aria-controls", box.id);
    area.setAttribute("aria-autocomplete", "list");
    mark(0);
  }

  document.addEventListener("input", function (event) {
    if (event.target.matches("[data-mentions]")) offer(event.target);
  });
  document.addEventListener("keydown", function (event) {
    if (!box || event.target !== field) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(chosen + (event.key === "ArrowDown" ? 1 : -1));
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("focusout", function (event) { if (event.target === field) close(); });
})();
