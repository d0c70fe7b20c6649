document.addEventListener("keydown", (event) => {
  const target = event.target;
  const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  const isMenuOpen = document.querySelector(".v-overlay--active .v-list");
  if (isTyping || isMenuOpen || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[npvtr12345?]$/.test(event.key)) window.trame.trigger("press", [event.key]);
});
