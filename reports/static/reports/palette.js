// Jump to anything that has a name: htmx asks for what is found while somebody types; here one moves and opens.
(function () {
  "use strict";
  var dialog = document.getElementById("palette");
  if (!dialog) return;
  var form = dialog.querySelector("form");
  var field = form.querySelector("input");
  var found = document.getElementById("palette-found");
  var said = dialog.querySelector(".said");
  var SLOW = 400, MOST_PLACES = 5;
  var waiting = 0, at = -1, answered = null, entered = null;

  // ---- the last places of this tab, by the names of their pages
  var shelf = "kpi-places:" + found.dataset.person;
  var here = { name: document.title.replace(/ · [^·]*$/, ""), url: location.pathname + location.search };
  function places() {
    try { return JSON.parse(sessionStorage.getItem(shelf)) || []; } catch (error) { return []; }
  }
  function others() { return places().filter(function (place) { return place.url !== here.url; }); }
  function remember() {
    if (location.pathname === form.getAttribute("action") || document.querySelector("main [data-refused]")) return;
    var kept = [here].concat(others()).slice(0, MOST_PLACES + 1);
    try { sessionStorage.setItem(shelf, JSON.stringify(kept)); } catch (error) { /* none are offered */ }
  }
  function element(name, attributes, text) {
    var made = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    made.textContent = text;
    return made;
  }
  function offerPlaces(list) {
    var last = others().slice(0, MOST_PLACES);
    if (!last.length) return;
    var group = element("div", { role: "group", "aria-labelledby": "palette-places" }, "");
    group.append(element("h2", { role: "presentation", id: "palette-places" }, "Last places"));
    last.forEach(function (place) {
      group.append(element("a", { role: "option", "aria-selected": "false", tabindex: "-1", href: place.url }, place.name));
    });
    list.prepend(group);
    list.hidden = false;
  }

  // ---- moving
  function options() { return Array.from(found.querySelectorAll("[role=option]")); }
  function mark(place) {
    var all = options();
    at = all.length ? (place + all.length) % all.length : -1;
    all.forEach(function (option, number) { option.setAttribute("aria-selected", String(number === at)); });
    if (at < 0) { field.removeAttribute("aria-activedescendant"); return; }
    field.setAttribute("aria-activedescendant", all[at].id);
    // the first one shows the head of its group too
    (at ? all[at] : found.firstElementChild).scrollIntoView({ block: "nearest" });
  }
  function receipt(option) {
    dialog.close();
    htmx.ajax("GET", option.dataset.receipt, { target: "#drawer", source: document.querySelector("[data-opens=palette]") });
  }
  field.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    var all = options();
    var to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined && all.length) mark(to);
    else if (event.key === "Enter") {
      entered = { receipt: event.ctrlKey || event.metaKey };
      enter();
    }
    else return;
    event.preventDefault();
  });
  /* What is entered before its words were answered is done when they are: never what other words found. */
  function enter() {
    var option = options()[at], how = entered;
    if (!how || answered !== field.value) return;
    entered = null;
    if (!option) return;
    if (how.receipt && option.dataset.receipt) receipt(option);
    else option.click();
  }
  field.addEventListener("input", function () { entered = null; });
  found.addEventListener("pointermove", function (event) {
    var option = event.target.closest("[role=option]");
    if (option && options()[at] !== option) mark(options().indexOf(option));
  });
  found.addEventListener("click", function (event) {
    var option = event.target.closest("[role=option]");
    // an address on this page loads nothing, so that the palette would stay
    if (option && option.href.split("#")[0] === location.href.split("#")[0]) dialog.close();
  });

  // ---- what was found
  function say(words, seen) {
    said.classList.toggle("sr", Boolean(seen)); // what one sees need not be read
    said.textContent = words;
  }
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target !== found) return;
    var list = found.querySelector("[role=listbox]"), words = field.value.trim();
    if (!list) return;
    list.id = "palette-list";
    if (!words) offerPlaces(list);
    options().forEach(function (option, number) { option.id = "palette-option-" + number; });
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-expanded", String(!list.hidden));
    say(words ? list.dataset.count + " found" : "", true);
    found.scrollTop = 0;
    mark(0);
    answered = event.detail.requestConfig.formData.get("q");
    enter();
  });
  form.addEventListener("htmx:beforeRequest", function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () { say("Still looking"); }, SLOW);
  });
  form.addEventListener("htmx:afterRequest", function () { clearTimeout(waiting); });
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    form.addEventListener(name, function () {
      say("The search did not answer. What stands here was found before.");
    });
  });
  dialog.addEventListener("opened", function () { field.select(); });
  remember();
})();
