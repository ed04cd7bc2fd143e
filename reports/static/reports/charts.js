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
  function showNearest(svg, event) {
    var drawn = svg.getBoundingClientRect(), by = drawn.width / svg.viewBox.baseVal.width;
    show(svg, nearest(svg, (event.clientX - drawn.left) / by, (event.clientY - drawn.top) / by));
  }

  // ---- the readout: one a page, drawn into the chart at hand, so that it needs no style of its own
  var WIDE = 230, GAP = 12;
  var readout = null, dot = null, frame = null, box = document.createElement("div");
  function made(svg, name) { return document.createElementNS(svg.namespaceURI, name); }
  function makeReadout(svg) {
    readout = made(svg, "g");
    dot = made(svg, "circle");
    frame = made(svg, "foreignObject");
    readout.setAttribute("class", "readout");
    readout.setAttribute("aria-hidden", "true");
    dot.setAttribute("r", "5");
    frame.setAttribute("height", "1");
    frame.append(box);
    readout.append(dot, frame);
  }
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
    var cells = words(svg, place.row), room = svg.viewBox.baseVal.width, width = Math.min(WIDE, room);
    shown = { svg: svg, place: place };
    if (!readout) makeReadout(svg);
    box.replaceChildren.apply(box, cells.map(function (cell, at) { return line(cell, !at); }));
    dot.setAttribute("cx", place.x);
    dot.setAttribute("cy", place.y);
    // beside the dot, or under it where neither side has room
    var right = place.x + GAP + width <= room, left = place.x - GAP - width >= 0;
    box.className = right || !left ? "" : "left";
    frame.setAttribute("width", width);
    frame.setAttribute("x", right ? place.x + GAP : left ? place.x - GAP - width : Math.max(0, Math.min(room - width, place.x - width / 2)));
    svg.append(readout);
    frame.setAttribute("y", right || left ? Math.max(0, place.y - box.offsetHeight / 2) : place.y + GAP);
    if (!aloud) return;
    document.getElementById("announce").textContent = cells.map(function (cell) { return cell.head + " " + cell.text; }).join(", ");
  }
  function hide() {
    if (readout) readout.remove();
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
    showNearest(svg, event);
  });
  document.addEventListener("pointerdown", function (event) { // a finger does not hover
    var svg = event.target.closest(drawings);
    if (!svg || event.pointerType === "mouse") return;
    showNearest(svg, event);
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
