/** Elements that would move or fade. */
() => {
  const moves = ({ transitionProperty, transitionDuration, animationName, scrollBehavior }) =>
    (transitionProperty !== "none" && parseFloat(transitionDuration) > 0) || animationName !== "none" || scrollBehavior === "smooth";
  return [...document.querySelectorAll("*")]
    .filter((element) => moves(getComputedStyle(element)))
    .map((element) => element.outerHTML.slice(0, 100));
}
