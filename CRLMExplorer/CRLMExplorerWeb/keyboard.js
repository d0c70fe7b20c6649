const isOurs = (event) => {
  const target = event.target;
  const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  const isMenuOpen = document.querySelector(".v-overlay--active .v-list");
  if (isTyping || isMenuOpen || event.metaKey || event.altKey) return false;
  if (event.ctrlKey && !/^[zy]$/.test(event.key)) return false;
  return /^([npvtrzybexc12345?[\]]|Escape)$/.test(event.key);
};

// Before the views get them: there, some of these keys do other things in Slicer.
for (const kind of ["keydown", "keypress", "keyup"]) {
  document.addEventListener(kind, (event) => {
    if (!isOurs(event)) return;
    event.stopImmediatePropagation();
    if (kind === "keydown") window.trame.trigger("press", [event.key]);
  }, true);
}

window.addEventListener("beforeunload", (event) => {
  if (window.trame?.state?.state?.flr__is_dirty) event.preventDefault();
});
