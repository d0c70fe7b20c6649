document.addEventListener("keydown", (event) => {
  const target = event.target;
  const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  const isMenuOpen = document.querySelector(".v-overlay--active .v-list");
  if (isTyping || isMenuOpen || event.metaKey || event.altKey) return;
  if (event.ctrlKey && !/^[zy]$/.test(event.key)) return;
  if (!/^([npvtrzybe12345?[\]]|Escape)$/.test(event.key)) return;
  window.trame.trigger("press", [event.key]);
});

window.addEventListener("beforeunload", (event) => {
  if (window.trame?.state?.state?.flr__is_dirty) event.preventDefault();
});
