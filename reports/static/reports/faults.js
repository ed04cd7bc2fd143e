// What was refused: the first field at fault has the focus, else the words that say what is wrong. A field whose value
// was changed since is at fault no more, until the server says so again.
(function () {
  "use strict";

  function focusFault(place) {
    var fields = place.querySelectorAll("[aria-invalid=true], .wrong :is(input, select, textarea)");
    var field = Array.from(fields).find(function (one) { return one.type !== "hidden" && one.getClientRects().length; });
    var words = place.querySelector(".banner.bad[role=alert]");
    if (!field && words) words.tabIndex = -1;
    if (field || words) (field || words).focus();
  }
  function inFront() { return document.querySelector("dialog[open]") || document.querySelector("main"); }
  // A part that answers a form that was sent; one that answers typing leaves the focus where somebody types.
  document.addEventListener("htmx:afterSettle", function (event) {
    var asked = event.detail.requestConfig, by = asked && asked.triggeringEvent;
    var sent = by && asked.verb !== "get" && (by.type === "submit" || by.type === "click");
    if (sent) focusFault(inFront());
  });

  function mend(event) {
    var field = event.target.closest(".formfield.wrong");
    if (!field) return;
    field.classList.remove("wrong");
    field.querySelectorAll("[aria-invalid]").forEach(function (one) { one.removeAttribute("aria-invalid"); });
    // Emptied, not removed: a part that checks while one types may say here what is wrong with the new value.
    field.querySelectorAll(".error").forEach(function (words) { words.replaceChildren(); });
    var form = field.closest("form"), told = form && form.querySelector("[data-faults]");
    if (!told) return;
    var left = form.querySelectorAll(".formfield.wrong").length;
    told.hidden = !left;
    told.querySelector("span").textContent = left === 1 ? "One field needs" : left + " fields need";
  }
  document.addEventListener("input", mend);
  document.addEventListener("change", mend);

  focusFault(inFront());
})();
