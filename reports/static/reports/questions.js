// The keys of a question: a button that names its key is pressed by it.
(function () {
  "use strict";
  document.addEventListener("key", function (event) {
    var button = document.querySelector("[data-key='" + CSS.escape(event.detail.toLowerCase()) + "']");
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();
