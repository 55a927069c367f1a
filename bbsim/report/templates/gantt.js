"use strict";
// The projects as bars, by phase and region. A group's rows are made when it is opened.
(function () {
  var data = bbsim.data.projects, stages = bbsim.data.colours.stages, days = data.days;
  var box = document.getElementById("gantt"), filter = document.getElementById("gantt-filter");
  var count = document.getElementById("gantt-count"), groups = [];
  var make = bbsim.element;

  function percent(day) { return Math.max(0, Math.min(100, 100 * day / days)); }
  function bar(from, to, colour) {
    var made = make("i", "bar");
    made.style.left = percent(from) + "%";
    made.style.width = Math.max(0.15, percent(to) - percent(from)) + "%";
    made.style.background = colour;
    return made;
  }
  function money(usd) {
    return usd >= 1e6 ? (usd / 1e6).toPrecision(3) + " MUSD" : Math.round(usd / 1e3) + " kUSD";
  }

  // Row: number, name, phase, region, planned, permitted, started, ready, days waited, why, km, usd, people.
  function line(row) {
    var made = make("div", "row"), name = make("span", "name", row[1]), track = make("span", "track");
    // A project without a route skips permits and site: what it skips takes the day of what comes next.
    var planned = row[4], ready = row[7], started = row[6] < 0 ? ready : row[6], permitted = row[5] < 0 ? started : row[5];
    if (permitted < 0) { track.appendChild(bar(planned, days, stages[0])); } else {
      track.appendChild(bar(planned, permitted, stages[0]));
      track.appendChild(bar(permitted, started < 0 ? days : started, stages[1]));
      if (started >= 0) { track.appendChild(bar(started, ready < 0 ? days : ready, stages[2])); }
    }
    var told = [row[0], row[10] + " km", money(row[11]), bbsim.grouped(row[12]) + " people",
      "awarded " + bbsim.dateOf(planned), ready < 0 ? "not ready in this run" : "ready " + bbsim.dateOf(ready)];
    if (row[8] > 0 && row[9] >= 0) { told.push("waited " + row[8] + " days, most for " + data.whys[row[9]]); }
    made.title = row[1] + ": " + told.join(", ");
    made.appendChild(name);
    made.appendChild(track);
    return made;
  }

  function group(phase, region, rows) {
    var made = document.createElement("details"), head = document.createElement("summary"), filled = false;
    var name = make("span", "name", data.regions[region] || "no region"), track = make("span", "track");
    var first = Math.min.apply(null, rows.map(function (r) { return r[4]; }));
    var last = Math.max.apply(null, rows.map(function (r) { return r[7] < 0 ? days : r[7]; }));
    name.appendChild(make("small", "", " " + rows.length));
    track.appendChild(bar(first, last, "#c9d3e2"));
    rows.forEach(function (r) { if (r[7] >= 0) { track.appendChild(bar(r[7], r[7], stages[2])); } });
    head.appendChild(name);
    head.appendChild(track);
    made.appendChild(head);
    made.className = "gantt-group";
    made.addEventListener("toggle", function () {
      if (!made.open || filled) { return; }
      filled = true;
      rows.forEach(function (row) { made.appendChild(line(row)); });
    });
    return made;
  }

  function axis() {
    var made = make("div", "row axis"), track = make("span", "track");
    made.appendChild(make("span", "name", ""));
    var start = Number(bbsim.data.map.start.slice(0, 4)), years = Math.round(days / 365.25);
    var step = years > 12 && box.clientWidth < 700 ? 5 : years > 12 ? 2 : 1;
    for (var year = start; year <= start + years; year += 1) {
      var day = (Date.UTC(year, 0, 1) - Date.parse(bbsim.data.map.start)) / 864e5;
      if (day < 0 || day > 0.94 * days || year % step) { continue; }
      var tick = make("b", "", String(year));
      tick.style.left = percent(day) + "%";
      track.appendChild(tick);
    }
    made.appendChild(track);
    return made;
  }

  function build(wanted) {
    var shown = data.rows.filter(function (row) {
      var text = bbsim.searchable(row[0] + " " + row[1] + " " + (data.regions[row[3]] || ""));
      return !wanted || text.indexOf(wanted) >= 0;
    });
    box.textContent = "";
    box.appendChild(make("i", "cursor"));
    box.appendChild(axis());
    data.phases.forEach(function (phase, p) {
      var mine = shown.filter(function (row) { return row[2] === p; });
      if (!mine.length) { return; }
      box.appendChild(make("p", "phase", phase + ", " + mine.length + (mine.length === 1 ? " project" : " projects")));
      var regions = data.regions.map(function (_, i) { return i; }).concat([-1]);
      regions.forEach(function (region) {
        var rows = mine.filter(function (row) { return row[3] === region; });
        if (!rows.length) { return; }
        var made = group(p, region, rows);
        box.appendChild(made);
        if (shown.length <= 60) { made.open = true; }
      });
    });
    var ready = data.rows.filter(function (row) { return row[7] >= 0; }).length;
    count.textContent = data.rows.length + " projects, " + ready + " of them ready by the end" +
      (wanted ? "; " + shown.length + " shown" : "; open a region for its projects, each bar from award to light") + ".";
    move(bbsim.at());
  }

  function move(at) { box.style.setProperty("--now", bbsim.share(at)); }

  filter.addEventListener("input", function () { build(bbsim.plain(filter.value.trim())); });
  bbsim.listen(move);
  build("");
})();
