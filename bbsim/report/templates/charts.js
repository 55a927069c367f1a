"use strict";
// One cursor through all charts: it follows the chosen time, and a click into a chart chooses it.
(function () {
  var figures = Array.prototype.map.call(document.querySelectorAll("figure.chart[data-chart]"), function (figure) {
    return {
      texts: bbsim.data.charts[figure.getAttribute("data-chart")],
      frame: figure.querySelector(".frame"),
      cursor: figure.querySelector(".cursor"),
      at: figure.querySelector(".at"),
      outputs: figure.querySelectorAll("output")
    };
  });
  figures.forEach(function (figure) {
    function point(event) {
      var box = figure.frame.getBoundingClientRect();
      bbsim.choose(bbsim.nearestPosition((event.clientX - box.left) / box.width));
    }
    figure.frame.addEventListener("click", point);
    figure.frame.addEventListener("pointermove", function (event) {
      if (event.pointerType === "mouse" && event.buttons === 1) { point(event); }
    });
  });
  bbsim.listen(function (at) {
    var label = at === 0 ? "on the first day" : "in " + bbsim.data.map.labels[at];
    figures.forEach(function (figure) {
      figure.cursor.style.left = 100 * bbsim.share(at) + "%";
      figure.at.textContent = label;
      figure.outputs.forEach(function (output, i) { output.textContent = at === 0 ? "" : figure.texts[i][at - 1]; });
    });
  });
})();
