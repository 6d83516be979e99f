/** The snapshot that the REST interface gives for the page's own address. */
async () => {
  const { code, period, denominator, below } = JSON.parse(document.getElementById("live-data").textContent);
  const query = new URLSearchParams({ period, denominator, below });
  return (await fetch(`../v1/situations/${code}?${query}`)).json();
}
