// The keys of every page: Ctrl K anywhere, single keys where nobody types, unless they are turned off.
// A page with keys of its own hears the event "key" (detail: the key) first, and prevents what it has done.
(function () {
  "use strict";
  var KEYS = "kpi-keys";
  var NOT_TYPED_IN = "[type=checkbox], [type=radio], [type=range], [type=button], [type=submit], [type=file]";
  var memory = "";

  function off() {
    try { return localStorage.getItem(KEYS) === "off"; } catch (error) { return memory === "off"; }
  }
  function turn() {
    memory = off() ? "" : "off";
    try { localStorage.setItem(KEYS, memory); } catch (error) { /* for this page only */ }
    show();
  }
  function show() {
    document.querySelectorAll("[data-keys]").forEach(function (button) {
      button.textContent = off() ? "Turn single keys on" : "Turn single keys off";
    });
  }
  function open(id) {
    var button = document.querySelector("[data-opens=" + id + "]");
    if (button) button.click();
  }
  function typedIn(place) {
    // A dialog that has just closed holds the focus until the page is drawn again: nobody types there.
    if (place.closest("dialog:not([open])")) return false;
    return place.closest("select, textarea, dialog, [contenteditable]") || place.matches("input") && !place.matches(NOT_TYPED_IN);
  }

  var acts = { "/": "palette", "?": "keys" };
  document.addEventListener("keydown", function (event) {
    if (event.isComposing || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "k" || event.shiftKey || !document.getElementById("palette")) return;
      event.preventDefault();
      open("palette");
      return;
    }
    if (off() || typedIn(event.target)) return;
    var own = new CustomEvent("key", { bubbles: true, cancelable: true, detail: event.key });
    if (event.target.dispatchEvent(own) && !acts[event.key]) return;
    event.preventDefault();
    if (!own.defaultPrevented) open(acts[event.key]);
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-keys]")) turn();
  });
  show();
})();
