// The values behind a chart: shown at the pointer and by the arrow keys, and taken away as CSV.
// A drawing tells in data-at where each row of its table stands, as "row x y" in the units of its view box.
(function () {
  "use strict";
  var drawings = "figure.chart svg[data-at]";
  var FORMULA = /^[=+\-@\t\r]/;

  function places(svg) {
    return svg.dataset.at.split("; ").map(function (text) {
      var part = text.split(" ").map(Number);
      return { row: part[0], x: part[1], y: part[2] };
    });
  }
  /* Along a line of values the nearest across counts; in a cloud of dots the nearest. */
  function nearest(svg, x, y) {
    var all = places(svg);
    var along = all.every(function (place, at) { return !at || place.x > all[at - 1].x; });
    var away = function (place) { return Math.pow(place.x - x, 2) + (along ? 0 : Math.pow(place.y - y, 2)); };
    return all.reduce(function (best, place) { return away(place) < away(best) ? place : best; });
  }
  function scale(svg) { return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width; }

  // ---- the readout: one a page, moved to the chart at hand
  var readout = document.createElement("div"), dot = document.createElement("span");
  readout.className = "readout";
  dot.className = "at";
  readout.setAttribute("aria-hidden", "true");
  var shown = null;

  function words(svg, row) {
    var table = svg.closest("figure").querySelector(".behind table");
    var heads = table.tHead.rows[0].cells;
    return Array.from(table.tBodies[0].rows[row].cells).map(function (cell, at) {
      return { head: heads[at].textContent, text: cell.textContent, known: Boolean(cell.querySelector("data")) };
    }).filter(function (cell) { return cell.known; });
  }
  function line(cell, first) {
    var made = document.createElement("p"), value = document.createElement("b");
    value.textContent = cell.text;
    if (!first || /^[\d\u2212]/.test(cell.text)) made.append(cell.head + " ");
    made.append(value);
    return made;
  }
  function show(svg, place, aloud) {
    var figure = svg.closest("figure"), by = scale(svg), cells = words(svg, place.row);
    shown = { svg: svg, place: place };
    readout.replaceChildren.apply(readout, cells.map(function (cell, at) { return line(cell, !at); }));
    figure.append(dot, readout);
    var x = place.x * by;
    var y = place.y * by + svg.getBoundingClientRect().top - figure.getBoundingClientRect().top;
    dot.style.left = x + "px";
    dot.style.top = y + "px";
    var width = readout.offsetWidth, room = figure.clientWidth;
    // beside the dot, or under it where neither side has room
    var right = x + 12 + width <= room, left = x - 12 - width >= 0;
    readout.style.left = (right ? x + 12 : left ? x - 12 - width : Math.max(0, Math.min(room - width, x - width / 2))) + "px";
    readout.style.top = (right || left ? Math.max(0, y - readout.offsetHeight / 2) : y + 12) + "px";
    if (!aloud) return;
    document.getElementById("announce").textContent = cells.map(function (cell) { return cell.head + " " + cell.text; }).join(", ");
  }
  function hide() {
    dot.remove();
    readout.remove();
    shown = null;
  }
  function step(svg, key) {
    var all = places(svg);
    var at = shown && shown.svg === svg ? all.findIndex(function (place) { return place.row === shown.place.row; }) : -1;
    var to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? all.length - 1 : at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key];
    if (to === undefined) return false;
    show(svg, all[Math.max(0, Math.min(all.length - 1, to))], true);
    return true;
  }

  document.addEventListener("pointermove", function (event) {
    var svg = event.target.closest(drawings);
    if (!svg) {
      if (shown && document.activeElement !== shown.svg) hide();
      return;
    }
    var box = svg.getBoundingClientRect(), by = scale(svg);
    show(svg, nearest(svg, (event.clientX - box.left) / by, (event.clientY - box.top) / by));
  });
  document.addEventListener("pointerdown", function (event) { // a finger does not hover
    var svg = event.target.closest(drawings);
    if (!svg || event.pointerType === "mouse") return;
    var box = svg.getBoundingClientRect(), by = scale(svg);
    show(svg, nearest(svg, (event.clientX - box.left) / by, (event.clientY - box.top) / by));
  });
  document.addEventListener("keydown", function (event) {
    var svg = event.target.closest(drawings);
    if (!svg || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && shown) hide();
    else if (!step(svg, event.key)) return;
    event.preventDefault();
  });
  document.addEventListener("focusout", function (event) { if (shown && event.target === shown.svg) hide(); });
  document.addEventListener("htmx:beforeSwap", hide);

  // ---- CSV: every digit, with the heads of the table; what a spreadsheet would take for a formula is kept as words
  function field(text) {
    var safe = FORMULA.test(text) && isNaN(text) ? "'" + text : text;
    return /[",\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  }
  function csv(table) {
    return Array.from(table.rows).map(function (row) {
      return Array.from(row.cells).map(function (cell) {
        var exact = cell.querySelector("data");
        return field(exact ? exact.value : row.parentElement === table.tHead ? cell.textContent : "");
      }).join(",");
    }).join("\r\n") + "\r\n";
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-csv]");
    if (!button) return;
    var card = button.closest("section, .block, main"), title = card && card.querySelector("h1, h2, h3, h4");
    var name = (title ? title.textContent : document.title).trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60);
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + csv(button.parentElement.querySelector("table"))], { type: "text/csv" }));
    link.download = name.replace(/^-|-$/g, "") + ".csv";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  });
})();
