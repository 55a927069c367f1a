"use strict";
// What all parts share: the data, the chosen time, and elements made from text alone.
var bbsim = (function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var listeners = [];
  var last = data.map.ends.length;
  var at = data.at === undefined ? last : data.at;

  function element(tag, className, text) {
    var made = document.createElement(tag);
    if (className) { made.className = className; }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  // First day (as a number since the start) that the position no longer shows.
  function until(position) { return position === 0 ? 1 : data.map.ends[position - 1]; }

  function choose(position) {
    position = Math.max(0, Math.min(last, position));
    if (position === at) { return; }
    at = position;
    tell();
  }

  function tell() { listeners.forEach(function (listener) { listener(at); }); }

  function dateOf(day) {
    var when = new Date(data.map.start + "T00:00:00Z");
    when.setUTCDate(when.getUTCDate() + day);
    return when.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  }

  function grouped(number) { return Math.round(number).toString().replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f"); }

  function nearestPosition(share) {
    var day = share * data.map.ends[last - 1], best = 0;
    for (var k = 1; k <= last; k++) {
      if (Math.abs(until(k) - day) < Math.abs((best ? until(best) : 0) - day)) { best = k; }
    }
    return best;
  }

  // A name as people type it: no marks, no special letters; the schwa is written e or a.
  function plain(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/ı/g, "i");
  }
  function searchable(text) {
    var bare = plain(text);
    return bare.replace(/ə/g, "e") + " " + bare.replace(/ə/g, "a");
  }

  return {
    plain: function (text) { return plain(text).replace(/ə/g, "e"); }, searchable: searchable,
    data: data, element: element, until: until, choose: choose, tell: tell, dateOf: dateOf, grouped: grouped,
    nearestPosition: nearestPosition, last: last,
    at: function () { return at; },
    share: function (position) { return position === 0 ? 0 : data.map.ends[position - 1] / data.map.ends[last - 1]; },
    listen: function (listener) { listeners.push(listener); }
  };
})();

(function () {
  var range = document.getElementById("time"), label = document.getElementById("time-label");
  var play = document.getElementById("play"), timer = null;
  range.max = bbsim.last;

  function stop() {
    window.clearInterval(timer);
    timer = null;
    play.textContent = "▶";
    play.setAttribute("aria-label", "Play");
  }

  function start() {
    if (bbsim.at() === bbsim.last) { bbsim.choose(0); }
    play.textContent = "❚❚";
    play.setAttribute("aria-label", "Pause");
    timer = window.setInterval(function () {
      if (bbsim.at() === bbsim.last) { stop(); } else { bbsim.choose(bbsim.at() + 1); }
    }, Math.max(120, Math.min(700, 18000 / bbsim.last)));
  }

  play.addEventListener("click", function () { if (timer) { stop(); } else { start(); } });
  document.getElementById("back").addEventListener("click", function () { stop(); bbsim.choose(bbsim.at() - 1); });
  document.getElementById("forth").addEventListener("click", function () { stop(); bbsim.choose(bbsim.at() + 1); });
  range.addEventListener("input", function () { stop(); bbsim.choose(Number(range.value)); });
  bbsim.listen(function (at) {
    var text = at === 0 ? "first day" : bbsim.data.map.labels[at];
    range.value = at;
    range.setAttribute("aria-valuetext", text);
    label.textContent = text;
  });
  window.addEventListener("load", bbsim.tell);
})();
