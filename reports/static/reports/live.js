// What fills itself: parts that are asked for when the page has loaded, or every so often until they are whole.
// Nobody asked for their swaps, so these wait while somebody presses or writes, and what is under the pointer stays
// there. And what has been filled tells something new, so whatever else on the page speaks of it, marked data-live
// under an id of its own, is renewed from the page as it is served now.
(function () {
  "use strict";
  var PRESSABLE = "a[href], button, input, select, textarea, summary, label";
  var RESTING = 700; // ms after which a pointer that does not move is not about to press
  var AGAIN = 150;
  var pressed = false, over = null, movedAt = 0;

  // ---- what a person is doing
  function press() { pressed = true; }
  function release(event) {
    setTimeout(function () { pressed = false; }, 0); // the click comes after it
    if (event.pointerType && event.pointerType !== "mouse") over = null;
  }
  addEventListener("pointerdown", press, true);
  ["pointerup", "pointercancel", "blur"].forEach(function (name) { addEventListener(name, release, true); });
  addEventListener("keydown", function (event) { if (event.key === " " || event.key === "Enter") press(); }, true);
  addEventListener("keyup", release, true);
  addEventListener("pointermove", function (event) {
    movedAt = event.timeStamp;
    over = event.target.closest ? event.target.closest(PRESSABLE) : null;
  }, true);

  function written(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") {
      var first = Array.from(field.options).findIndex(function (one) { return one.defaultSelected; });
      return field.selectedIndex !== Math.max(first, 0);
    }
    return field.type !== "hidden" && field.value !== field.defaultValue;
  }
  function inHand(part) {
    var aimed = over && part.contains(over) && performance.now() - movedAt < RESTING;
    if (pressed || aimed || part.querySelector("dialog[open]")) return true;
    return Array.from(part.querySelectorAll("form :is(textarea, select, input:not([type=range]))")).some(written);
  }

  // ---- a swap that nobody asked for leaves the focus, what was opened, moved sliders and the place under the pointer
  function like(element) {
    var name = element.id || element.getAttribute("name") || element.getAttribute("href") || element.textContent.trim();
    return element.tagName + " " + name;
  }
  function among(part, selector, wanted) {
    return Array.from(part.querySelectorAll(selector)).find(function (one) { return like(one) === wanted; });
  }
  function holding(parts) {
    var at = document.activeElement, within = parts.find(function (part) { return part.contains(at) && part !== at; });
    var still = over && document.contains(over) ? over : at !== document.body ? at : null;
    var top = still && still.getBoundingClientRect().top;
    var seen = still && top >= 0 && top < innerHeight;
    var opened = [], moved = [];
    parts.forEach(function (part) {
      part.querySelectorAll("details[open] > summary").forEach(function (one) { opened.push([part.id, like(one)]); });
      part.querySelectorAll("input[type=range]").forEach(function (one) {
        if (written(one)) moved.push([part.id, like(one), one.value]);
      });
    });
    var focused = within && at && [within.id, like(at)];
    return function () {
      var now = function (id) { return document.getElementById(id); };
      opened.forEach(function (one) {
        var summary = now(one[0]) && among(now(one[0]), "summary", one[1]);
        if (summary) summary.parentElement.open = true;
      });
      moved.forEach(function (one) {
        var slider = now(one[0]) && among(now(one[0]), "input[type=range]", one[1]);
        if (!slider || slider.value === one[2]) return;
        slider.value = one[2];
        slider.dispatchEvent(new Event("input", { bubbles: true })); // what it moves is asked of the new figures
      });
      if (focused && document.activeElement === document.body) {
        var same = now(focused[0]) && among(now(focused[0]), PRESSABLE + ", [tabindex]", focused[1]);
        if (same) same.focus({ preventScroll: true });
      }
      if (seen && document.contains(still)) scrollBy({ top: still.getBoundingClientRect().top - top, behavior: "instant" });
    };
  }

  // ---- the page as it was served: of each part that is renewed, the last that the server said of it
  function said(part) {
    var copy = part.cloneNode(true);
    copy.querySelectorAll("[name=csrfmiddlewaretoken]").forEach(function (token) { token.remove(); });
    return copy.outerHTML;
  }
  var served = {};
  function keep(page) {
    page.querySelectorAll("[data-live]").forEach(function (part) { served[part.id] = said(part); });
  }
  keep(document);

  // A part that was asked for once, data-again its address, says nothing new by itself: it is asked for with the rest.
  function askAgain() {
    document.querySelectorAll("[data-again]").forEach(function (part) {
      if (inHand(part)) { setTimeout(askAgain, RESTING); return; }
      var settle = holding([part]);
      htmx.ajax("GET", part.dataset.again, { target: part, swap: "outerHTML" }).then(settle);
    });
  }

  function put(page) {
    var late = false, news = false;
    document.querySelectorAll("[data-live]").forEach(function (part) {
      var fresh = page.getElementById(part.id);
      if (!fresh || said(fresh) === served[part.id]) return;
      if (inHand(part)) { late = true; return; }
      var settle = holding([part]);
      served[part.id] = said(fresh);
      part.replaceWith(document.adoptNode(fresh));
      news = true;
      htmx.process(fresh);
      settle();
    });
    var told = page.getElementById("messages"), region = document.getElementById("messages");
    if (told && region) region.append.apply(region, Array.from(told.children)); // they are told once
    if (news) askAgain();
    if (late) setTimeout(renew, RESTING);
  }
  var asking = false, asked = false;
  function ask(now) {
    asking = now;
    var main = document.getElementById("main");
    if (now) main.setAttribute("aria-busy", "true"); else main.removeAttribute("aria-busy");
  }
  function renew() {
    if (asking) { asked = true; return; }
    ask(true);
    fetch(location.pathname + location.search, { headers: { Accept: "text/html" } }).then(function (answer) {
      if (new URL(answer.url).pathname !== location.pathname) { location.reload(); return ""; } // signed out
      return answer.ok ? answer.text() : "";
    }).then(function (text) {
      if (text) put(new DOMParser().parseFromString(text, "text/html"));
    }).catch(function () { /* the next part that is filled asks again */ }).then(function () {
      ask(false);
      if (asked) { asked = false; renew(); }
    });
  }

  // ---- the answers of parts that fill themselves
  function asks(element, how) { return how.test(element.getAttribute("hx-trigger") || ""); }
  function polls(element) { return asks(element, /\bevery\b/); }
  function byItself(config) { return config && !config.triggeringEvent && asks(config.elt, /\b(load|every)\b/); }
  function places(detail) {
    // Whoever loads the page again takes all of it.
    if (detail.xhr.getResponseHeader("HX-Refresh")) return [document.body];
    var found = [detail.target], text = detail.xhr.responseText;
    if (text.includes("hx-swap-oob")) {
      new DOMParser().parseFromString(text, "text/html").querySelectorAll("[hx-swap-oob][id]").forEach(function (one) {
        var here = document.getElementById(one.id);
        if (here) found.push(here);
      });
    }
    return found;
  }
  var heard = {}, settles = new WeakMap();
  document.addEventListener("htmx:beforeOnLoad", function (event) {
    var detail = event.detail, by = detail.requestConfig;
    if (!byItself(by) || !document.contains(detail.target)) return;
    var into = places(detail);
    if (!into.some(inHand)) { settles.set(detail.xhr, holding(into)); return; }
    event.preventDefault();
    if (polls(by.elt)) return; // asks again by itself
    var wait = setInterval(function () {
      if (into.some(inHand)) return;
      clearInterval(wait);
      if (document.contains(by.elt)) htmx.ajax("GET", by.path, { source: by.elt });
    }, AGAIN);
  });
  document.addEventListener("htmx:afterOnLoad", function (event) {
    var detail = event.detail, by = detail.requestConfig, settle = settles.get(detail.xhr);
    if (!settle) return; // not by itself, or left for later
    settles.delete(detail.xhr);
    settle();
    if (detail.xhr.status !== 200 || !document.querySelector("[data-live]")) return;
    var text = detail.xhr.responseText.replace(/name="csrfmiddlewaretoken" value="\w+"/g, "");
    var place = detail.target.id || by.path, news = polls(by.elt) && heard[place] !== text;
    heard[place] = text;
    // A part that came once may know more than the page that it came to: what waits there is looked for again.
    var now = document.getElementById(detail.target.id), filling = now && polls(now);
    if (news || document.querySelector("[data-waits]") && !filling) renew();
  });
})();
