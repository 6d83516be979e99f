(() => {
  Math.random = () => 0; // the shortest pauses: the page loads its first snapshot before it says that the line is lost
  window.states = [];
  addEventListener("DOMContentLoaded", () => {
    const connection = document.getElementById("connection");
    const note = () => window.states.push(connection.dataset.state);
    new MutationObserver(note).observe(connection, { attributes: true, attributeFilter: ["data-state"] });
  });
})()
