// What pages need beside htmx: theme, menu, drawer, dialogs, copy, sliders' words, and telling of
// failed requests.
(function () {
  "use strict";
  var root = document.documentElement;

  function announce(text) {
    var region = document.getElementById("announce");
    if (region) { region.textContent = ""; setTimeout(function () { region.textContent = text; }, 50); }
  }

  // ---- theme: system → light → dark
  var themes = ["system", "light", "dark"];
  function showTheme() {
    var theme = root.dataset.theme || "system";
    document.querySelectorAll("[data-theme-word]").forEach(function (word) {
      word.textContent = theme;
    });
  }
  function nextTheme() {
    var theme = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    try {
      localStorage.setItem("kpi-theme", theme);
    } catch (error) { /* kept for this page only */ }
    showTheme();
    announce("Theme: " + theme);
  }

  // ---- dialogs and the drawer: the browser keeps the focus inside; it returns to what opened them
  var openers = new WeakMap(); // each has its own: one may open before the page has heard that the last one closed
  function open(dialog, from) {
    if (!dialog || dialog.open) return;
    openers.set(dialog, from || document.activeElement);
    dialog.showModal();
    dialog.dispatchEvent(new Event("opened"));
  }
  function closed(event) {
    if (event.target.id === "drawer") { event.target.replaceChildren(); atReceipt(""); }
    if (event.target.id === "ask") event.target.replaceChildren();
    // The browser has mostly done it by now, and a key pressed since may have moved the focus on.
    var at = document.activeElement, opener = openers.get(event.target);
    var lost = !at || at === document.body || event.target.contains(at);
    if (lost && opener && document.contains(opener)) opener.focus();
    openers.delete(event.target);
  }

  // ---- an open receipt is part of the page's address, so that both are sent on together
  var RECEIPT = /^\/receipts\/([0-9a-f]{8,64})\/$/, IN_ADDRESS = /^#receipt-([0-9a-f]{8,64})$/;
  function atReceipt(digest) {
    if (!digest && !IN_ADDRESS.test(location.hash)) return;
    history.replaceState(history.state, "", location.pathname + location.search + (digest ? "#receipt-" + digest : ""));
  }
  function openReceipt() {
    var found = IN_ADDRESS.exec(location.hash), drawer = document.getElementById("drawer");
    if (found && drawer && !drawer.open) htmx.ajax("GET", "/receipts/" + found[1] + "/", { target: "#drawer" });
  }

  function copy(button) {
    var code = button.parentElement.querySelector("code");
    var told = function (word) {
      var before = button.dataset.word || (button.dataset.word = button.textContent);
      button.textContent = word;
      announce(word);
      setTimeout(function () { button.textContent = before; }, 1600);
    };
    if (!navigator.clipboard) { getSelection().selectAllChildren(code); told("Press Ctrl+C"); return; }
    navigator.clipboard.writeText(code.textContent).then(
      function () { told("Copied"); },
      function () { getSelection().selectAllChildren(code); told("Press Ctrl+C"); });
  }

  document.addEventListener("click", function (event) {
    var hit = function (selector) { return event.target.closest(selector); };
    var found;
    if ((found = hit("[data-theme-toggle]"))) nextTheme();
    else if ((found = hit(".menu-toggle"))) {
      var menu = document.getElementById(found.getAttribute("aria-controls"));
      var shown = menu.classList.toggle("open");
      found.setAttribute("aria-expanded", String(shown));
    }
    else if ((found = hit("[data-opens]"))) open(document.getElementById(found.dataset.opens), found);
    else if ((found = hit("[data-close]"))) found.closest("dialog").close();
    else if ((found = hit("[data-dismiss]"))) found.parentElement.remove();
    else if ((found = hit("[data-copy]"))) copy(found);
    else if (hit("[data-print]")) print();
    else if (event.target.tagName === "DIALOG") event.target.close(); // the backdrop
    document.querySelectorAll("details.switcher[open]").forEach(function (details) {
      if (!details.contains(event.target)) details.open = false;
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.switcher[open]").forEach(function (details) {
      details.open = false;
      details.querySelector("summary").focus();
    });
  });

  // A key follows the name it is made from until somebody writes it.
  document.addEventListener("input", function (event) {
    var key = document.querySelector("[data-key-of]");
    if (!key) return;
    if (event.target === key) key.dataset.own = "1";
    else if (event.target.id === key.dataset.keyOf && !key.dataset.own && !key.defaultValue)
      key.value = event.target.value.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
        .replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 60);
  });

  // A slider's words follow the thumb at once; the figures come from the server.
  document.addEventListener("input", function (event) {
    var range = event.target;
    if (range.type !== "range") return;
    var output = range.parentElement.querySelector("output");
    if (!output) return;
    var value = Number(range.value);
    if ("percent" in range.dataset) output.textContent = Number((100 * value).toFixed(1)) + "\u00a0%";
    else output.textContent = value.toLocaleString("en") + (output.dataset.unit ? "\u00a0" + output.dataset.unit : "");
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target.tagName !== "DIALOG") return;
    var asked = event.detail.requestConfig;
    open(event.detail.target, asked && asked.elt);
    var named = asked && RECEIPT.exec(asked.path.split("?")[0]);
    if (named) atReceipt(named[1]);
    var heading = event.detail.target.querySelector("h2");
    if (heading) heading.focus();
  });
  // A session that has ended answers with the sign-in page; it must not land inside this one.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (new URL(event.detail.xhr.responseURL || location.href).pathname === "/sign-in/") {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var status = event.detail.xhr && event.detail.xhr.status;
      var region = document.getElementById("messages");
      // A poll that fails once tries again by itself; it need not be told each time.
      if (!region || event.detail.elt.matches("[data-quiet]") || event.detail.requestConfig && /every /.test(event.detail.elt.getAttribute("hx-trigger") || "")) return;
      var note = document.createElement("p");
      note.className = "message error";
      note.textContent = status ? "That did not work (" + status + "). Try again." : "The server did not answer. Try again.";
      region.replaceChildren(note);
    });
  });

  document.addEventListener("close", closed, true);
  document.querySelectorAll("dialog[data-open]").forEach(function (dialog) { open(dialog); });
  showTheme();
  addEventListener("hashchange", openReceipt);
  openReceipt();
})();
