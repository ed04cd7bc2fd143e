// The runs table: which runs are chosen, kept while one pages, and the keys.
(function () {
  "use strict";
  var form = document.getElementById("picked");
  if (!form) return;
  var most = Number(form.dataset.most);
  var place = "kpi-picked:" + form.dataset.product;
  var memory = {};

  function kept(storage, name) {
    try { return storage.getItem(name); } catch (error) { return memory[name]; }
  }
  function keep(storage, name, value) {
    memory[name] = value;
    try { storage.setItem(name, value); } catch (error) { /* for this page only */ }
  }
  function say(text) {
    var region = document.getElementById("announce");
    region.textContent = "";
    setTimeout(function () { region.textContent = text; }, 50);
  }

  // ---- choosing: the keys of the chosen runs live in this tab; those on other pages are sent as hidden fields
  function chosen() { return (kept(sessionStorage, place) || "").split(",").filter(Boolean); }
  function boxes() { return Array.from(document.querySelectorAll("#runs tbody input[name=run]")); }
  function show() {
    var list = chosen(), here = boxes();
    var elsewhere = list.filter(function (key) { return !here.some(function (box) { return box.value === key; }); });
    here.forEach(function (box) {
      box.checked = list.includes(box.value);
      box.closest("tr").classList.toggle("picked", box.checked);
    });
    form.querySelectorAll("input[type=hidden]").forEach(function (field) { field.remove(); });
    elsewhere.forEach(function (key) {
      var field = document.createElement("input");
      field.type = "hidden"; field.name = "run"; field.value = key;
      form.append(field);
    });
    var many = list.length;
    var words = many === 1 ? "1 run chosen; choose another to compare" : many + " runs chosen";
    if (elsewhere.length) words += elsewhere.length === many ? ", not on this page" : ", " + elsewhere.length + " not on this page";
    form.querySelector("p").textContent = words + ".";
    form.classList.toggle("on", many > 0);
    form.querySelector("[data-unpick]").hidden = !many;
    var button = form.querySelector("button.primary");
    button.disabled = many < 2;
    button.textContent = many < 2 ? "Compare" : "Compare " + many + " runs";
  }
  function pick(key, on) {
    var list = chosen().filter(function (one) { return one !== key; });
    if (on && list.length >= most) say("At most " + most + " runs are compared at once.");
    else if (on) list.push(key);
    keep(sessionStorage, place, list.join(","));
    show();
  }
  document.addEventListener("change", function (event) {
    if (event.target.matches("#runs tbody input[name=run]")) pick(event.target.value, event.target.checked);
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-unpick]")) { keep(sessionStorage, place, ""); show(); }
  });

  // ---- keys: reports/keys.js hears them
  function rows() { return Array.from(document.querySelectorAll("#runs tbody tr")); }
  function current() { return document.activeElement && document.activeElement.closest("#runs tbody tr"); }
  function move(step) {
    var all = rows(), at = all.indexOf(current() || all.find(function (row) { return row.dataset.run === last; }));
    var next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))];
    if (next) next.focus();
  }
  function toggle() {
    var box = current() && current().querySelector("input[name=run]");
    if (box) pick(box.value, !box.checked);
  }
  function follow(selector) {
    var link = document.querySelector(selector);
    if (link) link.click();
  }
  var acts = {
    "j": function () { move(1); },
    "k": function () { move(-1); },
    "x": toggle,
    "c": function () { if (chosen().length > 1) form.requestSubmit(); else say("Choose two or more runs first."); },
    "n": function () { follow("#runs .pagination a[rel=next]"); },
    "p": function () { follow("#runs .pagination a[rel=prev]"); },
    "/": function () { var field = document.getElementById("q"); field.focus(); field.select(); }
  };
  var inRow = {
    "ArrowDown": acts.j, "ArrowUp": acts.k, " ": toggle,
    "Enter": function () { current().querySelector("th a").click(); }
  };
  document.addEventListener("key", function (event) {
    var act = acts[event.detail] || event.target.matches("#runs tbody tr") && inRow[event.detail];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // ---- the table is replaced by filters, sorting and while runs are computed: the row at hand stays at hand
  var last = "", held = false;
  document.addEventListener("focusin", function () { if (current()) last = current().dataset.run; });
  document.addEventListener("htmx:beforeSwap", function () {
    var row = document.activeElement;
    held = Boolean(row && row.matches("#runs tbody tr"));
  });
  document.addEventListener("htmx:afterSettle", function () {
    show();
    var row = held && rows().find(function (one) { return one.dataset.run === last; });
    if (row) row.focus({ preventScroll: true });
  });
  window.addEventListener("pageshow", show); // back from a page: the browser's own memory of the boxes is not ours
  show();
})();
