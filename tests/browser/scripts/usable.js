/** When (milliseconds) the page's script had taken over and a frame was painted: filters, sorting, live numbers work. */
() =>
  new Promise((resolve) => {
    const look = () => {
      if (document.querySelector("#filters.live")) requestAnimationFrame(() => resolve(performance.now()));
      else setTimeout(look, 10);
    };
    look();
  })
