// Loaded before the first paint, so that a chosen theme never flashes. "system" is the absence of a choice.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    // This device's choice holds until the account's changes.
    var account = root.dataset.accountTheme || "";
    if (localStorage.getItem("kpi-theme-account") !== account) {
      localStorage.setItem("kpi-theme-account", account);
      localStorage.removeItem("kpi-theme");
    }
    var theme = localStorage.getItem("kpi-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (theme === "system") delete root.dataset.theme;
  } catch (error) { /* storage may be forbidden; the system's theme then holds */ }
})();
