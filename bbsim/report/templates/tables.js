"use strict";
// Sorting and searching of tables, searching of assumptions, and everything opened for paper.
(function () {
  var plain = bbsim.plain;

  document.querySelectorAll("table.sortable").forEach(function (table) {
    var heads = table.querySelectorAll("thead th"), body = table.tBodies[0];
    heads.forEach(function (head, column) {
      head.querySelector("button").addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.prototype.slice.call(body.rows);
        var keys = rows.map(function (row) { return row.cells[column].getAttribute("data-key"); });
        var numbers = keys.every(function (key) { return key !== "" && isFinite(Number(key)); });
        var order = rows.map(function (_, i) { return i; }).sort(function (a, b) {
          var by = numbers ? Number(keys[a]) - Number(keys[b]) : keys[a].localeCompare(keys[b]);
          return (down ? -by : by) || a - b;
        });
        order.forEach(function (i) { body.appendChild(rows[i]); });
      });
    });
  });

  document.querySelectorAll("input[data-filters]").forEach(function (input) {
    var rows = document.getElementById(input.getAttribute("data-filters")).tBodies[0].rows;
    input.addEventListener("input", function () {
      var wanted = plain(input.value.trim());
      Array.prototype.forEach.call(rows, function (row) { row.hidden = bbsim.searchable(row.textContent).indexOf(wanted) < 0; });
    });
  });

  // A page without a list of assumptions ends here.
  if (!document.getElementById("assume-filter")) { return; }
  var groups = document.querySelectorAll("#assumption-groups details");
  var search = document.getElementById("assume-filter"), all = document.getElementById("open-all");
  search.addEventListener("input", function () {
    var wanted = plain(search.value.trim());
    groups.forEach(function (group) {
      var any = false;
      group.querySelectorAll(".assumption").forEach(function (row) {
        row.hidden = bbsim.searchable(row.getAttribute("data-text")).indexOf(wanted) < 0;
        any = any || !row.hidden;
      });
      group.hidden = !any;
      group.open = any && wanted !== "";
    });
  });
  all.addEventListener("click", function () {
    var open = all.getAttribute("aria-expanded") !== "true";
    groups.forEach(function (group) { group.open = open; });
    all.setAttribute("aria-expanded", String(open));
    all.textContent = open ? "Close all" : "Open all";
  });

  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.filter.call(groups, function (group) { return !group.open; });
    opened.forEach(function (group) { group.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (group) { group.open = false; }); });
})();
