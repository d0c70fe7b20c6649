document.addEventListener("keydown", (event) => {
  const target = event.target;
  const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (/^[npvtr12345?]$/.test(event.key)) window.trame.trigger("press", [event.key]);
});
